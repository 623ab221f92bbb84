//! What the OpenAPI document says of many routes alike.
#![expect(dead_code, reason = "these types are only documentation")]

use utoipa::{IntoParams, IntoResponses, ToSchema};

use crate::error::ErrorBody;

/// What the query of every GET says.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct Asked {
    /// The project, a UUID
    #[param(example = "a69a31e9-f2e6-4d5f-b080-6138c6a721b7")]
    project_id: String,
    strategy: StrategyName,
    provider: ProviderWord,
}

/// What the body of every other request says.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Sent<T> {
    /// The project, a UUID
    #[schema(example = "a69a31e9-f2e6-4d5f-b080-6138c6a721b7")]
    project_id: String,
    strategy: StrategyName,
    provider: ProviderWord,
    data: T,
}

/// The same without data.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct SentPlain {
    /// The project, a UUID
    #[schema(example = "a69a31e9-f2e6-4d5f-b080-6138c6a721b7")]
    project_id: String,
    strategy: StrategyName,
    provider: ProviderWord,
}

/// `simplified` for `anonymous` and `noLogin`, else `email`
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) enum StrategyName {
    Email,
    Simplified,
}

/// A provider
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) enum ProviderWord {
    AwsCognito,
    AuthZero,
    Anonymous,
    NoLogin,
    Twitter,
    Google,
    Facebook,
}

/// What every route may answer to its envelope.
#[derive(IntoResponses)]
pub(crate) enum EnvelopeRefused {
    /// A field is missing or not valid (`bad_request`), or the project or the operation lacks the provider (`unsupported_provider`)
    #[response(status = 400)]
    Malformed(ErrorBody),
    /// There is no such project (`unknown_project`), or no such user (`user_not_found`)
    #[response(status = 404)]
    NotFound(ErrorBody),
}

/// What every route that reads a body may answer.
#[derive(IntoResponses)]
pub(crate) enum BodyRefused {
    /// The body is over 64 KiB
    #[response(status = 413)]
    TooLarge(ErrorBody),
    /// The body is not JSON
    #[response(status = 415)]
    UnsupportedMediaType(ErrorBody),
}

/// What every route may answer.
#[derive(IntoResponses)]
pub(crate) enum OutOfService {
    /// Try again later, as `Retry-After` says
    #[response(status = 503)]
    Unavailable(ErrorBody),
}

/// What every route that asks providers may answer.
#[derive(IntoResponses)]
pub(crate) enum ProviderFailed {
    /// Somebody new where registration is closed, an account that is not confirmed, or an address that a token alone does not change
    #[response(status = 403)]
    Closed(ErrorBody),
    /// Too many new users: wait as `Retry-After` says
    #[response(status = 429)]
    TooOften(ErrorBody),
    /// The provider does not answer
    #[response(status = 502)]
    Unavailable(ErrorBody),
}
