//! Request bodies: their size, their type, their fields.

use axum::body::{Body, Bytes};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{Fault, Fields};
use crate::error::Error;

/// The largest body with fields.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The fields of a body: a JSON object or, if `forms` are taken, urlencoded. An empty body has none.
///
/// # Errors
/// [`Fault::BodyTooLarge`]; [`Fault::UnsupportedMediaType`]; [`Error::Malformed`].
pub async fn read_fields(request: Request<Body>, forms: bool) -> Result<Fields, Fault> {
    let (parts, body) = read(request).await?;
    if body.is_empty() {
        return Ok(Fields::default());
    }
    match media_type(&parts.headers).as_deref() {
        Some("application/json") => Ok(Fields::from_json(&body)?),
        Some("application/x-www-form-urlencoded") if forms => Ok(Fields::from_urlencoded(&body)?),
        _ => Err(Fault::UnsupportedMediaType),
    }
}

/// The fields of a body that has to be there, a JSON object.
///
/// # Errors
/// [`Fault::BodyTooLarge`]; [`Fault::UnsupportedMediaType`]; [`Error::Malformed`].
pub async fn read_json(request: Request<Body>) -> Result<Fields, Fault> {
    let (parts, body) = read(request).await?;
    if body.is_empty() {
        return Err(Error::Malformed("a body is required").into());
    }
    match media_type(&parts.headers).as_deref() {
        Some("application/json") => Ok(Fields::from_json(&body)?),
        _ => Err(Fault::UnsupportedMediaType),
    }
}

async fn read(request: Request<Body>) -> Result<(Parts, Bytes), Fault> {
    read_up_to(MAX_BODY_BYTES, request).await
}

pub(super) async fn read_up_to(
    most: usize,
    request: Request<Body>,
) -> Result<(Parts, Bytes), Fault> {
    let (parts, body) = request.into_parts();
    if announced(&parts.headers).is_some_and(|length| length > most) {
        return Err(Fault::BodyTooLarge);
    }
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok((parts, body.to_bytes())),
        Err(fault) if fault.is::<LengthLimitError>() => Err(Fault::BodyTooLarge),
        Err(_) => Err(Error::Malformed("the body ends early").into()),
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The type without its parameters, in lower case.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod properties {
    use axum::body::Body;
    use futures::FutureExt as _;
    use http::Request;
    use proptest::prelude::*;

    use super::{CONTENT_LENGTH, CONTENT_TYPE, Fault, MAX_BODY_BYTES, read_json};

    fn request(length: usize, is_announced: bool) -> Request<Body> {
        let around = r#"{"a":""}"#.len();
        let body = format!(r#"{{"a":"{}"}}"#, "x".repeat(length - around));
        let request = Request::builder().header(CONTENT_TYPE, "application/json");
        let request = if is_announced {
            request.header(CONTENT_LENGTH, length)
        } else {
            request
        };
        request.body(body.into()).expect("a request")
    }

    proptest! {
        #[test]
        fn a_body_is_too_large_from_one_length_on(
            length in MAX_BODY_BYTES - 300..MAX_BODY_BYTES + 300,
            is_announced: bool,
        ) {
            let read = read_json(request(length, is_announced)).now_or_never();
            let read = read.expect("a body that is there");
            prop_assert_eq!(read.is_ok(), length <= MAX_BODY_BYTES);
            prop_assert!(matches!(read, Ok(_) | Err(Fault::BodyTooLarge)));
        }
    }
}
