//! What the OpenAPI document says of POST /oauth2, where one path has many bodies.
#![expect(dead_code, reason = "these types are only documentation")]

use serde::Serialize;
use utoipa::ToSchema;

use super::view::{ForgotPasswordAnswer, MfaChallengeRequest, Requirements, WebTokenResult};
use crate::view::Success;

/// Who signs in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebTokenRequest {
    /// The e-mail address
    #[schema(example = "ann@example.com")]
    user_id: String,
    #[schema(format = Password)]
    password: String,
    /// Sets another password by the way: at least 8 characters, upper and lower case, a digit and one of `#?!@$%^&*-`, none of the
    /// last five
    #[schema(format = Password)]
    new_password: Option<String>,
}

/// The answer to a challenge.
#[derive(Serialize, ToSchema)]
pub(super) struct MfaChallengeResponse {
    #[schema(format = "uuid")]
    uuid: String,
    /// The code that was sent or that the authenticator shows, or a recovery code
    #[schema(example = "123456")]
    answer: String,
}

/// A refresh token to be used up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefreshRequest {
    refresh_token: String,
}

/// What the body may be.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Oauth2Request {
    Token(WebTokenRequest),
    Answer(MfaChallengeResponse),
    Refresh(RefreshRequest),
}

/// What the answer may be.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Oauth2Answer {
    Token(WebTokenResult),
    Challenge(MfaChallengeRequest),
    Requirements(Requirements),
    Forgot(ForgotPasswordAnswer),
    Success(Success),
}
