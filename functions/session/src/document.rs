//! What the OpenAPI document says of many routes alike.
#![expect(dead_code, reason = "these types are only documentation")]

use utoipa::IntoResponses;

use crate::error::ErrorBody;

/// What every route that changes something may answer.
#[derive(IntoResponses)]
pub(crate) enum CallRefused {
    /// A field is missing or not valid, or the body is not JSON
    #[response(status = 400)]
    Malformed(ErrorBody),
    /// A page of an origin that is not listed asks
    #[response(status = 403)]
    ForeignOrigin(ErrorBody),
    /// The body is over 64 KiB
    #[response(status = 413)]
    TooLarge(ErrorBody),
}

/// What every route may answer.
#[derive(IntoResponses)]
pub(crate) enum OutOfService {
    /// It took too long; try again later, as `Retry-After` says
    #[response(status = 408)]
    TimedOut(ErrorBody),
    /// Try again later, as `Retry-After` says
    #[response(status = 503)]
    Unavailable(ErrorBody),
}
