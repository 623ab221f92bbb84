//! Changing a password, and getting another one by mail: rows 4 to 6.

use axum::Json;
use axum::extract::State as Shared;
use http::HeaderMap;
use jiff::Timestamp;
use shared::domain::{DeviceId, Password, PasswordRule, ProviderName};
use shared::error::Error;
use shared::http::Client;
use shared::tokens::Subject;
use utoipa::ToSchema;

use super::State;
use crate::DIALECT;
use crate::call::{BodyFields, Call, required_email, token};
use crate::document::{BodyRefused, EnvelopeRefused, OutOfService, Sent};
use crate::error::{ApiError, ErrorBody};
use crate::view::{CHECK_EMAIL, Envelope, LoginData, Nothing, PASSWORD_UPDATED};

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only documentation")]
pub(super) struct ChangePasswordRequest {
    /// At least 8 bytes, at most 1024, not easy to guess
    #[schema(format = Password)]
    password: String,
    #[schema(format = Password)]
    previous_password: String,
}

/// Change the password
///
/// All other sessions end. The one that asks goes on, with another refresh token.
#[utoipa::path(put, path = "/identify/v1/user/change-password", tag = "users", security(("bearer" = [])),
    request_body = Sent<ChangePasswordRequest>,
    responses(
        (status = 200, description = "OK", body = Envelope<LoginData>),
        (status = 401, body = ErrorBody, description = "No good token (`invalid_token`), or a wrong password (`invalid_credentials`)"),
        EnvelopeRefused, BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too many failures: wait as `Retry-After` says"),
    ))]
pub(super) async fn change(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Json<Envelope<LoginData>>, ApiError> {
    let call = Call::read(&state.projects, fields, &[ProviderName::AwsCognito]).await?;
    let participant = state
        .members
        .authorise(&call.project, token(&headers)?)
        .await?;
    let current = participant.current()?;
    let data = call.data()?;
    let new = data.required("password")?;
    let old = Password::parse(data.required("previousPassword")?).ok_or(Error::BadCredentials)?;
    // Signed first: while nothing can be signed, no password changes and no refresh token is void.
    let subject = Subject::of(current.session());
    let signed = state
        .tokens
        .signed(&call.project, current.user(), subject)
        .await?;
    let current = state
        .password_change
        .change_own(&current, &old, new, client)
        .await?;
    let session = current.session();
    let device = session
        .device
        .unwrap_or_else(|| DeviceId::new(&*state.random));
    let now: Timestamp = state.tokens.now();
    let whose = (current.user(), session);
    let told = state
        .tokens
        .login(&call.project, whose, device, now, signed);
    Ok(Envelope::of(PASSWORD_UPDATED, told))
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it is only documentation")]
pub(super) struct ForgotPasswordRequest {
    #[schema(example = "ann@example.com")]
    email: String,
}

/// Have a code mailed by which another password can be set
///
/// The same answer for every address. The code is good for 15 minutes.
#[utoipa::path(put, path = "/identify/v1/user/forgot-password", tag = "users",
    request_body = Sent<ForgotPasswordRequest>,
    responses(
        (status = 200, description = "OK", body = Envelope<Nothing>),
        EnvelopeRefused, BodyRefused, OutOfService,
    ))]
pub(super) async fn forgot(
    Shared(state): Shared<State>,
    Client(client): Client,
    BodyFields(fields): BodyFields,
) -> Result<Json<Envelope<Nothing>>, ApiError> {
    let call = Call::read(&state.projects, fields, &[ProviderName::AwsCognito]).await?;
    let email = required_email(&call.data()?)?;
    let realm = &call.project.realm;
    state
        .recovery
        .mail_reset_code(realm, DIALECT, &email, client)
        .await?;
    Ok(Envelope::plain(CHECK_EMAIL))
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only documentation")]
pub(super) struct ConfirmForgotPasswordRequest {
    #[schema(example = "ann@example.com")]
    email: String,
    /// Six digits
    #[schema(example = "671848")]
    confirmation_code: String,
    #[schema(format = Password)]
    password: String,
}

/// Set another password by the code that was mailed
///
/// All sessions end. The code is good once, and has five tries.
#[utoipa::path(post, path = "/identify/v1/user/confirm-forgot-password", tag = "users",
    request_body = Sent<ConfirmForgotPasswordRequest>,
    responses(
        (status = 200, description = "OK", body = Envelope<Nothing>),
        EnvelopeRefused, BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too many failures: wait as `Retry-After` says"),
    ))]
pub(super) async fn confirm_forgot(
    Shared(state): Shared<State>,
    Client(client): Client,
    BodyFields(fields): BodyFields,
) -> Result<Json<Envelope<Nothing>>, ApiError> {
    let call = Call::read(&state.projects, fields, &[ProviderName::AwsCognito]).await?;
    let data = call.data()?;
    let code = data.required("confirmationCode")?;
    let new = data.required("password")?;
    let email = required_email(&data)?;
    let (realm, rule) = (&call.project.realm, PasswordRule::Plain);
    state
        .recovery
        .reset_by_code(realm, &email, code, new, rule, client)
        .await?;
    Ok(Envelope::plain(PASSWORD_UPDATED))
}
