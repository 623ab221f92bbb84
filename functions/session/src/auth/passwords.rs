//! A new password in place of a forgotten one: rows 5 and 6.

use axum::extract::State as Shared;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use shared::domain::{EmailAddress, PasswordRule, Realm, UserId};
use shared::error::Error;
use shared::http::{Client, Fault, Fields};
use utoipa::ToSchema;

use super::State;
use crate::DIALECT;
use crate::document::{CallRefused, OutOfService};
use crate::error::{ApiError, ErrorBody};
use crate::extract::BodyFields;

#[derive(ToSchema)]
pub(super) struct ResetPasswordRequest {
    /// The e-mail address
    #[schema(value_type = String, example = "che@example.com")]
    login: EmailAddress,
}

impl ResetPasswordRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let typed = fields.required("login")?;
        Ok(Self {
            login: EmailAddress::parse(typed).map_err(|_| Error::InvalidEmail)?,
        })
    }
}

/// Mail a link to set a new password
///
/// The answer is the same for every address. The link is good for an hour, and replaces an earlier one.
#[utoipa::path(post, path = "/session/reset-password", tag = "auth",
    request_body = ResetPasswordRequest,
    responses((status = 204, description = "No Content"), CallRefused, OutOfService))]
pub(super) async fn reset_password(
    Shared(state): Shared<State>,
    Client(client): Client,
    BodyFields(fields): BodyFields,
) -> Result<StatusCode, ApiError> {
    let request = ResetPasswordRequest::read(&fields)?;
    let realm = Realm::default_realm();
    state
        .recovery
        .mail_reset_link(&realm, DIALECT, &request.login, client)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(ToSchema)]
pub(super) struct ResetRequest {
    /// `uid` of the mailed link
    id: String,
    /// `t` of the mailed link
    #[schema(example = "4ddb9c2e-e6c8-4cab-a46d-d3dd1a7a6a2b")]
    token: String,
    /// At least 8 bytes, at most 1024, not easy to guess
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

impl ResetRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        Ok(Self {
            id: fields.required("id")?.to_owned(),
            token: fields.required("token")?.to_owned(),
            password: fields.required("password")?.into(),
        })
    }
}

/// Set a new password
///
/// With what the link in the mail has. A token works once; a password that is refused leaves it as it is. All sessions of the
/// user end, in every dialect.
#[utoipa::path(post, path = "/session/reset", tag = "auth",
    request_body = ResetRequest,
    responses(
        (status = 204, description = "No Content"),
        (status = 500, body = ErrorBody, description = "Token unknown, used, replaced, expired or of another user"),
        CallRefused, OutOfService,
    ))]
pub(super) async fn reset(
    Shared(state): Shared<State>,
    BodyFields(fields): BodyFields,
) -> Result<StatusCode, ApiError> {
    let request = ResetRequest::read(&fields)?;
    let user = UserId::parse(&request.id).ok_or(Error::InvalidCode)?;
    let typed = request.password.expose_secret();
    state
        .recovery
        .reset_password(user, &request.token, typed, PasswordRule::Plain)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
