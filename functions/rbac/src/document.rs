//! What the OpenAPI document says of many routes alike.
#![expect(dead_code, reason = "these types are only documentation")]

use serde::Serialize;
use utoipa::{IntoParams, IntoResponses, ToSchema};

/// Which part of a list is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Entries on the page, 100 if absent and at most
    #[param(minimum = 1, example = 100)]
    limit: Option<u64>,
    /// Where the page begins, from the header `Link` of the page before
    next: Option<String>,
}

/// What every route whose path holds a value may answer.
#[derive(IntoResponses)]
pub(crate) enum PathRefused {
    /// The path is not valid
    #[response(status = 400, content_type = "application/json")]
    BadRequest(String),
}

/// What every route that reads a body may answer.
#[derive(IntoResponses)]
pub(crate) enum BodyRefused {
    /// The body is over 64 KiB
    #[response(status = 413, content_type = "application/json")]
    TooLarge(String),
    /// The body is not JSON
    #[response(status = 415, content_type = "application/json")]
    UnsupportedMediaType(String),
}

/// What every route that takes an access token may answer.
#[derive(IntoResponses)]
pub(crate) enum TokenRefused {
    /// No token, or it does not verify or has expired, or its session has ended
    #[response(status = 401, content_type = "application/json")]
    Unauthorized(String),
    /// The permission is missing, or the password has to be changed first
    #[response(status = 403, content_type = "application/json")]
    Forbidden(String),
}

/// What every route that needs the database may answer.
#[derive(IntoResponses)]
pub(crate) enum OutOfService {
    /// Try again later, as `Retry-After` says
    #[response(status = 503, content_type = "application/json")]
    Unavailable(String),
}

/// `false`, or what is wrong with the path.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum NotActivated {
    Code(bool),
    Path(String),
}
