//! Signing in, asking who is signed in, signing out: rows 1 to 3.

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use shared::domain::{EmailAddress, Password, Realm};
use shared::error::Error;
use shared::http::{Client, Fault, Fields};
use shared::service::{Resumed, SignInRequest};
use utoipa::ToSchema;

use super::{State, Welcome};
use crate::DIALECT;
use crate::document::{CallRefused, OutOfService};
use crate::error::{ApiError, ErrorBody};
use crate::extract::BodyFields;
use crate::view::UserView;

/// Who is signed in
///
/// A session that is used lives on: at most once a day its end moves, and the cookie is set again.
#[utoipa::path(get, path = "/session/check", tag = "auth",
    security(("cookie" = [])),
    responses(
        (status = 200, description = "OK", body = UserView, headers(("Set-Cookie" = String, description = "If the session lives on"))),
        (status = 401, body = ErrorBody, description = "No live session"),
        OutOfService,
    ))]
pub(super) async fn check(
    Shared(state): Shared<State>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let held = state.cookies.find(&headers).ok_or(Error::SessionEnded)?;
    let Resumed { current, extended } = state.sessions.resume(held).await?;
    let view = Json(UserView::from(current.user()));
    if !extended {
        return Ok(view.into_response());
    }
    let left = state.sessions.time_left(current.session());
    let set = state.cookies.set(held.into(), left);
    Ok(([set], view).into_response())
}

#[derive(ToSchema)]
pub(super) struct LoginRequest {
    /// The e-mail address
    #[schema(example = "che@example.com")]
    login: String,
    #[schema(value_type = String, format = Password)]
    password: Password,
    /// Where the account has a second factor: a code of its authenticator, or a recovery code
    #[schema(example = "123456")]
    otp: Option<String>,
}

impl LoginRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let password = fields.required("password")?;
        Ok(Self {
            login: fields.required("login")?.to_owned(),
            password: Password::parse(password).ok_or(Error::InvalidField("password"))?,
            otp: fields.optional("otp")?.map(str::to_owned),
        })
    }
}

/// Sign in
///
/// Opens a new session. That of a cookie which came with the request ends. The address need not be confirmed.
#[utoipa::path(post, path = "/session/login", tag = "auth",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "OK", body = UserView, headers(("Set-Cookie" = String, description = "Holds the session"))),
        (status = 401, body = ErrorBody, description = "Unknown login, wrong password or `otp`, or suspended; after the right password perhaps `second factor required`"),
        CallRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too many failures: wait as `Retry-After` says"),
    ))]
pub(super) async fn login(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Welcome, ApiError> {
    let request = LoginRequest::read(&fields)?;
    // What is no address cannot be an account's: the same answer as for an unknown one.
    let email = EmailAddress::parse(&request.login).map_err(|_| Error::BadCredentials)?;
    let signed_in = state
        .sign_in
        .sign_in(SignInRequest {
            realm: Realm::default_realm(),
            dialect: DIALECT,
            email: &email,
            password: &request.password,
            second_factor: request.otp.as_deref(),
            client,
            // Registering opens a session at once, so its end keeps nobody out who has not confirmed yet.
            admit_unconfirmed: true,
            place: None,
            session_lifetime: state.lifetime,
        })
        .await?;
    Ok(state.welcome(&headers, signed_in).await?)
}

/// Sign out
///
/// The session ends and the cookie is cleared. Without a live session there is nothing to do, which is the same answer.
#[utoipa::path(post, path = "/session/logout", tag = "auth",
    security((), ("cookie" = [])),
    responses(
        (status = 204, description = "No Content", headers(("Set-Cookie" = String, description = "Clears the cookie"))),
        CallRefused, OutOfService,
    ))]
pub(super) async fn logout(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    _fields: BodyFields,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), ApiError> {
    if let Some(held) = state.cookies.find(&headers) {
        state.sessions.end(held).await?;
    }
    Ok((StatusCode::NO_CONTENT, [state.cookies.clear()]))
}
