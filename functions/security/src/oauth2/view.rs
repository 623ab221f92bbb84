//! What POST /oauth2 and its neighbours answer, spelled as document 001 spells it.

use std::time::Duration;

use serde::Serialize;
use shared::domain::{AccountOperation, User, UserRole, Whose};
use shared::service::Challenged;
use utoipa::ToSchema;

/// Tokens, and what they are good for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebTokenResult {
    /// A JWT, signed by RS256
    access_token: String,
    /// Good for one use; empty where a token is only looked at
    refresh_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Life of the access token, in seconds
    expires_in: u64,
    /// Told for clients of the document; nothing ends by it
    #[schema(example = 300)]
    idle_timeout: u32,
    /// The e-mail address
    username: String,
    /// When the token was made, in seconds since 1970
    created: i64,
    #[serde(rename = "userMustChangePassword")]
    user_must_change_password: bool,
    #[serde(rename = "errorCode")]
    error_code: u16,
    #[serde(rename = "aclTemplate")]
    acl_template: AclTemplate,
}

/// What the user's role allows with the accounts of others.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "the document's members")]
pub(super) struct AclTemplate {
    read: bool,
    read_write: bool,
    read_write_create: bool,
    delete: bool,
    portal_login: bool,
}

impl WebTokenResult {
    /// Of a user, without a refresh token.
    pub(super) fn of(user: &User, access_token: String, lifetime: Duration, created: i64) -> Self {
        Self {
            access_token,
            refresh_token: String::new(),
            token_type: "Bearer",
            expires_in: lifetime.as_secs(),
            idle_timeout: 300,
            username: user.email.canonical().to_owned(),
            created,
            user_must_change_password: user.must_change_password,
            error_code: 0,
            acl_template: AclTemplate::of(user.user_role),
        }
    }
}

impl WebTokenResult {
    /// The same, with the token that gets the next one.
    pub(super) fn with_refresh_token(self, refresh_token: String) -> Self {
        Self {
            refresh_token,
            ..self
        }
    }
}

impl AclTemplate {
    fn of(role: UserRole) -> Self {
        let may = |operation| {
            let mut roles = UserRole::ALL.into_iter();
            roles.any(|target| role.may(operation, Whose::Other(target)))
        };
        Self {
            read: may(AccountOperation::Read),
            read_write: may(AccountOperation::Modify),
            read_write_create: may(AccountOperation::Create),
            delete: may(AccountOperation::Delete),
            portal_login: true,
        }
    }
}

/// The second factor is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MfaChallengeRequest {
    /// Names the challenge, which waits for five minutes
    #[schema(format = "uuid")]
    uuid: String,
    #[schema(example = "mfa challenge")]
    question: &'static str,
    /// In seconds since 1970
    created: i64,
    #[schema(example = "sms")]
    method: &'static str,
}

impl From<Challenged> for MfaChallengeRequest {
    fn from(challenged: Challenged) -> Self {
        Self {
            uuid: challenged.id.to_string(),
            question: "mfa challenge",
            created: challenged.created_at.as_second(),
            method: challenged.method.as_str(),
        }
    }
}

/// What a password has to be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requirements {
    /// A regular expression
    pub(super) password_pattern: &'static str,
    /// URL of a document; empty if there is none
    pub(super) access_policy: String,
    /// URL of a document; empty if there is none
    pub(super) password_policy: String,
}

/// The answer to whoever forgot a password, whether or not there is an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ForgotPasswordAnswer {
    #[serde(rename = "userMustChangePassword")]
    #[schema(example = true)]
    pub(super) user_must_change_password: bool,
}

/// A seed for an authenticator. Nothing is bound before it has shown a code.
#[derive(Serialize, ToSchema)]
pub(super) struct AuthenticatorView {
    /// Base32, for who types it
    pub(super) secret: String,
    /// The same as `otpauth://totp/…`
    pub(super) uri: String,
    /// The same as a picture, `data:image/png;base64,…`
    pub(super) qr: String,
}

/// Codes that stand in for the authenticator, each once. They are not shown again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoveryCodesView {
    pub(super) recovery_codes: Vec<String>,
}
