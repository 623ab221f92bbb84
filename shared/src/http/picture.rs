//! Pictures as bodies: reading an upload, answering with a picture.
//!
//! Neither the type nor the name that an upload claims is read: what it is, its content says.

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use http::{HeaderMap, Request, StatusCode};
use multer::Multipart;

use super::body::{media_type, read_up_to};
use super::{Fault, Fields};
use crate::domain::{MAX_UPLOAD_BYTES, PictureTag, PictureType};
use crate::error::Error;

/// What a form may have around its picture: boundaries, headers of the parts, short fields.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// The bytes of an upload: the body, or the first part with content of a form (`multipart/form-data`, RFC 7578).
///
/// # Errors
/// [`Fault::BodyTooLarge`]; [`Error::Malformed`].
pub async fn read_picture(request: Request<Body>) -> Result<Bytes, Fault> {
    let is_form = media_type(request.headers()).as_deref() == Some("multipart/form-data");
    let picture = if is_form {
        let most = MAX_UPLOAD_BYTES + MAX_FORM_BYTES;
        let (parts, form) = read_up_to(most, request).await?;
        first_part(&parts.headers, form).await?
    } else {
        read_up_to(MAX_UPLOAD_BYTES, request).await?.1
    };
    if picture.is_empty() {
        return Err(Error::Malformed("a picture is required").into());
    }
    if picture.len() > MAX_UPLOAD_BYTES {
        return Err(Fault::BodyTooLarge);
    }
    Ok(picture)
}

/// The fields of a form (`multipart/form-data`, RFC 7578), and the bytes of the part of this name; none if nothing was chosen.
///
/// # Errors
/// [`Fault::BodyTooLarge`]; [`Fault::UnsupportedMediaType`] for anything but such a form; [`Error::Malformed`].
pub async fn read_picture_form(
    request: Request<Body>,
    part: &str,
) -> Result<(Fields, Bytes), Fault> {
    if media_type(request.headers()).as_deref() != Some("multipart/form-data") {
        return Err(Fault::UnsupportedMediaType);
    }
    let most = MAX_UPLOAD_BYTES + MAX_FORM_BYTES;
    let (head, form) = read_up_to(most, request).await?;
    let mut parts = parts_of(&head.headers, form)?;
    let (mut fields, mut picture) = (Vec::new(), Bytes::new());
    while let Some(found) = parts.next_field().await.map_err(malformed)? {
        let name = found.name().unwrap_or_default().to_owned();
        let content = found.bytes().await.map_err(malformed)?;
        if name == part {
            picture = content;
        } else {
            let text = String::from_utf8_lossy(&content).into_owned();
            fields.push((name, text));
        }
    }
    if picture.len() > MAX_UPLOAD_BYTES {
        return Err(Fault::BodyTooLarge);
    }
    Ok((Fields::from_pairs(fields)?, picture))
}

fn malformed(_: multer::Error) -> Error {
    Error::Malformed("the body is not a valid form")
}

fn parts_of(headers: &HeaderMap, form: Bytes) -> Result<Multipart<'static>, Error> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(malformed)?;
    let once = stream::iter([Ok::<_, std::convert::Infallible>(form)]);
    Ok(Multipart::new(once, boundary))
}

/// The first part of a form that has content; nothing if none has.
async fn first_part(headers: &HeaderMap, form: Bytes) -> Result<Bytes, Error> {
    let bytes = form.len();
    let mut parts = parts_of(headers, form)?;
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        let content = part.bytes().await.map_err(malformed)?;
        if !content.is_empty() {
            let around = bytes - content.len();
            let is_short = around <= MAX_FORM_BYTES;
            return is_short
                .then_some(content)
                .ok_or(Error::Malformed("the form holds more than a picture"));
        }
    }
    Ok(Bytes::new())
}

/// An answer with a picture, or 304 where the caller has it (RFC 9110 §13.1.2).
///
/// It may be cached by the caller alone, who has to ask each time whether it is still the same: who may see it, and whether it is
/// there, can change. As a document of its own it can do nothing.
pub fn answer_picture(
    asked: &HeaderMap,
    content_type: PictureType,
    tag: &PictureTag,
    picture: Vec<u8>,
) -> Response {
    let quoted = format!("\"{tag}\"");
    let known = is_known(asked, &quoted);
    let caching = [
        (ETAG, quoted),
        (CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let headers = [
        (CONTENT_TYPE, content_type.as_str()),
        (CONTENT_DISPOSITION, "inline"),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    ];
    (caching, headers, picture).into_response()
}

/// Whether `If-None-Match` names this tag. Weak tags count (RFC 9110 §8.8.3.2).
fn is_known(asked: &HeaderMap, quoted: &str) -> bool {
    let lists = asked.get_all(IF_NONE_MATCH).iter();
    let mut tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == quoted)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use futures::stream;
    use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_NONE_MATCH};
    use http::{HeaderMap, HeaderValue, Request};
    use http_body_util::BodyExt as _;

    use super::{MAX_FORM_BYTES, answer_picture, read_picture};
    use crate::domain::{MAX_UPLOAD_BYTES, PictureTag, PictureType};
    use crate::error::Error;
    use crate::http::Fault;

    const FORM: &str = "multipart/form-data; boundary=b";

    fn part(name: &str, content: &[u8]) -> Vec<u8> {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    }

    fn form(parts: &[Vec<u8>]) -> Vec<u8> {
        [&parts.concat(), b"--b--\r\n".as_slice()].concat()
    }

    async fn read(content_type: &str, body: impl Into<Body>) -> Result<Bytes, Fault> {
        let request = Request::builder().header(CONTENT_TYPE, content_type);
        read_picture(request.body(body.into()).expect("a request")).await
    }

    fn is_malformed(read: &Result<Bytes, Fault>) -> bool {
        matches!(read, Err(Fault::Core(Error::Malformed(_))))
    }

    #[tokio::test]
    async fn an_upload_is_the_body_whatever_type_it_claims() {
        for content_type in ["image/png", "image/svg+xml", "application/json", "?"] {
            let picture = read(content_type, "a picture").await.expect("taken");
            assert_eq!(picture, "a picture", "{content_type}");
        }
    }

    #[tokio::test]
    async fn an_upload_is_the_first_part_of_a_form_that_has_content() {
        let large = vec![7; MAX_UPLOAD_BYTES];
        for (parts, expected) in [
            (vec![part("file", b"a picture")], b"a picture".as_slice()),
            (
                vec![part("x", b""), part("y", b"one"), part("z", b"two")],
                b"one",
            ),
            (vec![part("file", &large)], &large),
        ] {
            let picture = read(FORM, form(&parts)).await.expect("taken");
            assert!(picture == expected, "{}", picture.len());
        }
    }

    #[tokio::test]
    async fn what_holds_no_picture_is_malformed() {
        let whole = form(&[part("file", b"a picture")]);
        let filler = vec![7; MAX_FORM_BYTES];
        for (name, content_type, body) in [
            ("no body", "image/png", Vec::new()),
            ("an empty form", FORM, form(&[])),
            ("empty parts", FORM, form(&[part("x", b""), part("y", b"")])),
            ("no boundary", "multipart/form-data", whole.clone()),
            (
                "another boundary",
                "multipart/form-data; boundary=c",
                whole.clone(),
            ),
            ("half a form", FORM, whole[..whole.len() / 2].to_vec()),
            (
                "much besides",
                FORM,
                form(&[part("x", b"1"), part("y", &filler)]),
            ),
        ] {
            let read = read(content_type, body).await;
            assert!(is_malformed(&read), "{name}: {read:?}");
        }
    }

    #[tokio::test]
    async fn what_is_too_large_is_not_read_to_its_end() {
        let large = vec![7; MAX_UPLOAD_BYTES + 1];
        let form = form(&[part("file", &large)]);
        let endless = || {
            let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![7; 4096]));
            Body::from_stream(chunks)
        };
        let announced = Request::builder().header(CONTENT_LENGTH, MAX_UPLOAD_BYTES + 1);
        let announced = announced.body(Body::empty()).expect("a request");
        for read in [
            read("image/png", large).await,
            read(FORM, form).await,
            read("image/png", endless()).await,
            read(FORM, endless()).await,
            read_picture(announced).await,
        ] {
            assert!(matches!(read, Err(Fault::BodyTooLarge)), "{read:?}");
        }
    }

    #[tokio::test]
    async fn a_picture_is_answered_with_its_own_type_and_can_do_nothing() {
        let tag = PictureTag::from_stored("abc".to_owned());
        let answer = answer_picture(&HeaderMap::new(), PictureType::Png, &tag, vec![1, 2]);
        assert_eq!(answer.status(), 200);
        let expected: HeaderMap = [
            ("etag", "\"abc\""),
            ("cache-control", "private, no-cache"),
            ("content-type", "image/png"),
            ("content-disposition", "inline"),
            ("content-security-policy", "sandbox; default-src 'none'"),
        ]
        .into_iter()
        .map(|(name, value)| {
            (
                name.parse().expect("a name"),
                HeaderValue::from_static(value),
            )
        })
        .collect();
        assert_eq!(*answer.headers(), expected);
        let body = answer.into_body().collect().await.expect("a body");
        assert_eq!(body.to_bytes().as_ref(), [1, 2]);
    }

    #[tokio::test]
    async fn who_has_the_picture_does_not_get_it_again() {
        let tag = PictureTag::from_stored("abc".to_owned());
        for (asked, status) in [
            ("\"abc\"", 304),
            ("W/\"abc\"", 304),
            ("\"x\", \"abc\"", 304),
            ("*", 304),
            ("\"abcd\"", 200),
            ("abc", 200),
            ("", 200),
        ] {
            let asked = HeaderMap::from_iter([(IF_NONE_MATCH, asked.parse().expect("a value"))]);
            let answer = answer_picture(&asked, PictureType::Jpeg, &tag, vec![1]);
            assert_eq!(answer.status(), status, "{asked:?}");
            assert_eq!(answer.headers()["etag"], "\"abc\"");
            assert_eq!(answer.headers()["cache-control"], "private, no-cache");
            let body = answer.into_body().collect().await.expect("a body");
            assert_eq!(body.to_bytes().is_empty(), status == 304, "{asked:?}");
        }
    }
}
