//! Registering, and confirming the address: rows 4 and 7.

use axum::extract::State as Shared;
use http::{HeaderMap, StatusCode};
use shared::domain::{EmailAddress, Name, NewPassword, Realm, UserId};
use shared::error::Error;
use shared::http::{Client, Fault, Fields, accepted_language};
use shared::service::Registration;
use utoipa::ToSchema;

use super::{State, Welcome};
use crate::DIALECT;
use crate::document::{CallRefused, OutOfService};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{BodyFields, optional_name};
use crate::view::UserView;

#[derive(ToSchema)]
pub(super) struct RegisterRequest {
    /// The e-mail address
    #[schema(value_type = String, example = "che@example.com")]
    login: EmailAddress,
    /// At least 8 bytes, at most 1024, not easy to guess
    #[schema(value_type = String, format = Password)]
    password: NewPassword,
    #[schema(rename = "firstName", value_type = Option<String>, max_length = 128, example = "Che")]
    first_name: Option<Name>,
    #[schema(rename = "lastName", value_type = Option<String>, max_length = 128, example = "Guevara")]
    last_name: Option<Name>,
}

impl RegisterRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let password = fields.required("password")?;
        let typed = fields.required("login")?;
        let login = EmailAddress::parse(typed).map_err(|_| Error::InvalidEmail)?;
        let first_name = optional_name(fields, "firstName")?;
        let last_name = optional_name(fields, "lastName")?;
        let names = [&first_name, &last_name].into_iter().flatten();
        let names = names.map(Name::as_str);
        let about: Vec<_> = std::iter::once(login.canonical()).chain(names).collect();
        Ok(Self {
            password: NewPassword::parse(password, &about).map_err(Error::from)?,
            login,
            first_name,
            last_name,
        })
    }
}

/// Register
///
/// Opens a session at once. With confirmation on, the status is 0 until the mailed token has come back. Where registration is
/// closed, there is no such path.
#[utoipa::path(post, path = "/session/register", tag = "auth",
    request_body = RegisterRequest,
    responses(
        (status = 200, description = "OK", body = UserView, headers(("Set-Cookie" = String, description = "Holds the session"))),
        (status = 401, body = ErrorBody, description = "The login is registered already"),
        (status = 404, body = ErrorBody, description = "Registration is closed"),
        CallRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too often: wait as `Retry-After` says"),
    ))]
pub(super) async fn register(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Welcome, ApiError> {
    let admission = state.registrar.admit_anybody().ok_or(Fault::NotFound)?;
    let request = RegisterRequest::read(&fields)?;
    let registration = Registration {
        realm: Realm::default_realm(),
        dialect: DIALECT,
        email: &request.login,
        password: &request.password,
        first_name: request.first_name,
        last_name: request.last_name,
        display_name: None,
        nickname: None,
        attributes: Vec::new(),
        must_change_password: false,
        language: accepted_language(&headers).into(),
        client,
    };
    let signed_in = state
        .registrar
        .register_and_sign_in(admission, registration, state.lifetime)
        .await?;
    Ok(state.welcome(&headers, signed_in).await?)
}

#[derive(ToSchema)]
pub(super) struct ConfirmRequest {
    /// `uid` of the mailed link
    id: String,
    /// `t` of the mailed link
    #[schema(example = "4ddb9c2e-e6c8-4cab-a46d-d3dd1a7a6a2b")]
    token: String,
}

impl ConfirmRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        Ok(Self {
            id: fields.required("id")?.to_owned(),
            token: fields.required("token")?.to_owned(),
        })
    }
}

/// Confirm the address of an account
///
/// With what the link in the mail has, within seven days. A token works once.
#[utoipa::path(post, path = "/session/confirm", tag = "auth",
    request_body = ConfirmRequest,
    responses(
        (status = 204, description = "No Content"),
        (status = 500, body = ErrorBody, description = "Token unknown, used, replaced, expired or of another user"),
        CallRefused, OutOfService,
    ))]
pub(super) async fn confirm(
    Shared(state): Shared<State>,
    BodyFields(fields): BodyFields,
) -> Result<StatusCode, ApiError> {
    let request = ConfirmRequest::read(&fields)?;
    let user = UserId::parse(&request.id).ok_or(Error::InvalidCode)?;
    state
        .verification
        .activate_for(user, &request.token)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
