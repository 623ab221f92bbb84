//! What the OpenAPI document says of many routes alike.
#![expect(dead_code, reason = "these types are only documentation")]

use utoipa::{IntoParams, IntoResponses};

use crate::error::ErrorBody;

/// The first segment of every path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Version {
    /// Any version name
    #[param(example = "v1")]
    v: String,
}

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
    /// The body is over 64 KiB
    #[response(status = 413)]
    TooLarge(ErrorBody),
    /// The body is neither JSON nor a form
    #[response(status = 415)]
    UnsupportedMediaType(ErrorBody),
}

/// What every route that takes an access token may answer.
#[derive(IntoResponses)]
pub(crate) enum TokenRefused {
    /// No token, or it has expired, or its session has ended
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// The token does not verify
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
