//! What the OpenAPI document says of many routes alike.
#![expect(dead_code, reason = "these types are only documentation")]

use utoipa::IntoResponses;

use crate::error::ErrorBody;

/// What every route whose path holds a value may answer.
#[derive(IntoResponses)]
pub(crate) enum PathRefused {
    /// The path is not valid
    #[response(status = 400)]
    BadRequest(ErrorBody),
}

/// What every route that reads a body may answer.
#[derive(IntoResponses)]
pub(crate) enum BodyRefused {
    /// The body is not JSON
    #[response(status = 415)]
    UnsupportedMediaType(ErrorBody),
}

/// What every route that takes an access token may answer.
#[derive(IntoResponses)]
pub(crate) enum TokenRefused {
    /// No token, or it does not verify or its session has ended (8), it has expired (9), or the caller's role does not reach (7)
    #[response(status = 403)]
    Forbidden(ErrorBody),
}

/// What every route that needs the database may answer.
#[derive(IntoResponses)]
pub(crate) enum OutOfService {
    /// Try again later, as `Retry-After` says
    #[response(status = 503)]
    Unavailable(ErrorBody),
}
