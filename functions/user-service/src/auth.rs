//! Registering, activating, signing in, refreshing, recovering: rows 1 to 7.

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, Method};
use shared::domain::{EmailAddress, Language, Name, NewPassword, Password, Realm};
use shared::error::Error;
use shared::http::{
    Client, Fault, Fields, accepted_language, accepts_html, bearer_token, operations,
};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{
    CurrentUser, Recovery, Registrar, Registration, Sessions, SignIn, SignInRequest,
    UserServiceAdmin, Verification,
};
use utoipa::ToSchema;

use crate::DIALECT;
use crate::document::{BodyRefused, OutOfService, PathRefused, Version};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{BodyFields, BodyOrQueryFields, language_header, optional_name};
use crate::tokens::Tokens;
use crate::view::{AccessTokenResponse, LoginResponse, SUCCESS, UserResponse, UserView};

operations! { State;
    POST "/user-service/{v}/users/accessToken" => access_token,
    GET "/user-service/{v}/users/activate" => activate_by_query,
    POST "/user-service/{v}/users/activate" => activate,
    GET "/user-service/{v}/users/health" => health,
    POST "/user-service/{v}/users/login" => login,
    POST "/user-service/{v}/users/newPassword" => new_password,
    POST "/user-service/{v}/users/register" => register,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    registrar: Registrar,
    sign_in: SignIn,
    sessions: Sessions,
    recovery: Recovery,
    verification: Verification,
    tokens: Tokens,
    ui_url: String,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let passwords = foundation.passwords()?;
        Ok(Self {
            registrar: foundation.registrar(secrets, &passwords)?,
            sign_in: foundation.sign_in(secrets, &passwords)?,
            sessions: foundation.sessions()?,
            recovery: foundation.recovery(secrets, &passwords)?,
            verification: foundation.verification(secrets)?,
            tokens: Tokens::new(foundation, secrets)?,
            ui_url: foundation.config.ui_url.clone(),
        })
    }
}

#[derive(ToSchema)]
struct AccessTokenRequest {
    #[schema(rename = "refreshToken")]
    refresh_token: String,
}

impl AccessTokenRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        Ok(Self {
            refresh_token: fields.required("refreshToken")?.to_owned(),
        })
    }
}

/// Get a new access token
///
/// The session behind the refresh token must live. No new refresh token is given.
#[utoipa::path(post, path = "/user-service/{v}/users/accessToken", tag = "auth",
    params(Version),
    request_body = AccessTokenRequest,
    responses(
        (status = 200, description = "OK", body = AccessTokenResponse),
        (status = 400, body = ErrorBody, description = "Field missing, or the account is not activated"),
        (status = 401, body = ErrorBody, description = "The token does not verify or has expired, or its session has ended"),
        BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too often: wait as `Retry-After` says"),
    ))]
async fn access_token(
    Shared(state): Shared<State>,
    BodyFields(fields): BodyFields,
) -> Result<Json<AccessTokenResponse>, ApiError> {
    let request = AccessTokenRequest::read(&fields)?;
    let current = state
        .sessions
        .refresh(&request.refresh_token, DIALECT)
        .await?;
    let access_token = state
        .tokens
        .access(current.user(), current.session())
        .await?;
    Ok(Json(AccessTokenResponse {
        status: SUCCESS,
        access_token,
    }))
}

#[derive(ToSchema)]
struct ActivateRequest {
    code: String,
}

impl ActivateRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        Ok(Self {
            code: fields.required("code")?.to_owned(),
        })
    }
}

/// Confirm an account with the code that was mailed, by link
///
/// A browser, which accepts `text/html`, and HEAD are sent to the page instead: mail scanners follow links, and following one must not
/// use the code up.
#[utoipa::path(get, path = "/user-service/{v}/users/activate", tag = "auth",
    params(
        Version,
        ("code" = String, Query, description = "The code that was mailed"),
    ),
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 303, description = "To the confirmation page"),
        (status = 400, body = ErrorBody, description = "Code missing, unknown, used, replaced or expired"),
        OutOfService,
    ))]
async fn activate_by_query(
    Shared(state): Shared<State>,
    method: Method,
    headers: HeaderMap,
    BodyOrQueryFields(fields): BodyOrQueryFields,
) -> Result<Response, ApiError> {
    let request = ActivateRequest::read(&fields)?;
    if accepts_html(&headers) || method == Method::HEAD {
        let page = format!(
            "{}/activate?{}",
            state.ui_url,
            query(&[("code", &request.code)])
        );
        return Ok(Redirect::to(&page).into_response());
    }
    let user = state.verification.activate(&request.code).await?;
    Ok(Json(UserResponse::plain(&user)).into_response())
}

/// Confirm an account with the code that was mailed
#[utoipa::path(post, path = "/user-service/{v}/users/activate", tag = "auth",
    params(Version),
    request_body(content = ActivateRequest, description = "The code may stand in the query instead"),
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 400, body = ErrorBody, description = "Code missing, unknown, used, replaced or expired"),
        BodyRefused, OutOfService,
    ))]
async fn activate(
    Shared(state): Shared<State>,
    BodyOrQueryFields(fields): BodyOrQueryFields,
) -> Result<Json<UserResponse>, ApiError> {
    let request = ActivateRequest::read(&fields)?;
    let user = state.verification.activate(&request.code).await?;
    Ok(Json(UserResponse::plain(&user)))
}

/// Whether the function runs
#[utoipa::path(get, path = "/user-service/{v}/users/health", tag = "auth",
    params(Version),
    responses((status = 200, description = "OK", body = String, content_type = "text/plain", example = "all good"), PathRefused))]
async fn health() -> &'static str {
    "all good"
}

#[derive(ToSchema)]
struct LoginRequest {
    #[schema(example = "ann@example.com")]
    email: String,
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
            email: fields.required("email")?.to_owned(),
            password: Password::parse(password).ok_or(Error::InvalidField("password"))?,
            otp: fields.optional("otp")?.map(str::to_owned),
        })
    }
}

/// Sign in
#[utoipa::path(post, path = "/user-service/{v}/users/login", tag = "auth",
    params(Version),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "OK", body = LoginResponse),
        (status = 400, body = ErrorBody, description = "Field missing, or, after the right password, the account is not activated"),
        (status = 401, body = ErrorBody, description = "Unknown address, wrong password or `otp`; or, after the right password, `second factor required`"),
        BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too many failures: wait as `Retry-After` says"),
    ))]
async fn login(
    Shared(state): Shared<State>,
    Client(client): Client,
    BodyFields(fields): BodyFields,
) -> Result<Json<LoginResponse>, ApiError> {
    let request = LoginRequest::read(&fields)?;
    // What is no address cannot be an account's: the same answer as for an unknown one.
    let email = EmailAddress::parse(&request.email).map_err(|_| Error::BadCredentials)?;
    let request = SignInRequest {
        realm: Realm::default_realm(),
        dialect: DIALECT,
        email: &email,
        password: &request.password,
        second_factor: request.otp.as_deref(),
        client,
        admit_unconfirmed: false,
        place: None,
        session_lifetime: state.tokens.refresh_lifetime,
    };
    let opening = state.sign_in.begin(request, None).await?;
    let (user, session) = (opening.user(), opening.session());
    let tokens = tokio::try_join!(
        state.tokens.refresh(user, session),
        state.tokens.access(user, session),
    );
    let (signed_in, (refresh_token, access_token)) = opening.open_with(tokens).await?;
    Ok(Json(LoginResponse {
        refresh_token,
        status: SUCCESS,
        user: UserView::from(&signed_in.user),
        access_token,
    }))
}

#[derive(ToSchema)]
struct NewPasswordRequest {
    #[schema(example = "ann@example.com")]
    email: String,
}

impl NewPasswordRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        Ok(Self {
            email: fields.required("email")?.to_owned(),
        })
    }
}

/// Mail a new password
///
/// The answer is the same neutral user for every address. The mailed password is good for an hour; the old one works until the
/// new one is first used.
#[utoipa::path(post, path = "/user-service/{v}/users/newPassword", tag = "auth",
    params(Version),
    request_body = NewPasswordRequest,
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 400, body = ErrorBody, description = "Field missing or no e-mail address"),
        BodyRefused, OutOfService,
    ))]
async fn new_password(
    Shared(state): Shared<State>,
    Client(client): Client,
    BodyFields(fields): BodyFields,
) -> Result<Json<UserResponse>, ApiError> {
    let request = NewPasswordRequest::read(&fields)?;
    let email = EmailAddress::parse(&request.email).map_err(|_| Error::InvalidEmail)?;
    state
        .recovery
        .mail_password(&Realm::default_realm(), DIALECT, &email, client)
        .await?;
    Ok(Json(UserResponse::of(UserView::nobody(&request.email))))
}

#[derive(ToSchema)]
struct RegisterRequest {
    #[schema(value_type = String, example = "ann@example.com")]
    email: EmailAddress,
    /// At least 8 bytes, at most 1024, not easy to guess
    #[schema(value_type = String, format = Password)]
    password: NewPassword,
    #[schema(value_type = Option<String>, max_length = 128)]
    firstname: Option<Name>,
    #[schema(value_type = Option<String>, max_length = 128)]
    lastname: Option<Name>,
    /// A BCP 47 tag; the header `Language` and then `Accept-Language` stand in for it
    #[schema(value_type = Option<String>, example = "en")]
    language: Option<Language>,
}

impl RegisterRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let password = fields.required("password")?;
        let typed = fields.required("email")?;
        let email = EmailAddress::parse(typed).map_err(|_| Error::InvalidEmail)?;
        let firstname = optional_name(fields, "firstname")?;
        let lastname = optional_name(fields, "lastname")?;
        let names = [&firstname, &lastname]
            .into_iter()
            .flatten()
            .map(Name::as_str);
        let about: Vec<_> = std::iter::once(email.canonical()).chain(names).collect();
        let language = match fields.optional("language")? {
            Some(tag) => Some(Language::parse(tag).ok_or(Error::InvalidField("language"))?),
            None => None,
        };
        Ok(Self {
            password: NewPassword::parse(password, &about).map_err(Error::from)?,
            email,
            firstname,
            lastname,
            language,
        })
    }
}

/// Register
///
/// With confirmation on, the account cannot sign in before the mailed code has come back. Where registration is closed, only an
/// administrator's access token opens this route.
#[utoipa::path(post, path = "/user-service/{v}/users/register", tag = "auth",
    params(Version),
    request_body = RegisterRequest,
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 400, body = ErrorBody, description = "Field missing or invalid, password too weak, or address already registered"),
        (status = 404, body = ErrorBody, description = "Registration is closed"),
        BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too often: wait as `Retry-After` says"),
    ))]
async fn register(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Json<UserResponse>, ApiError> {
    let admission = match state.registrar.admit_anybody() {
        Some(admission) => admission,
        None => state.registrar.admit_admin(&admin(&state, &headers).await?),
    };
    let request = RegisterRequest::read(&fields)?;
    let registration = Registration {
        realm: Realm::default_realm(),
        dialect: DIALECT,
        email: &request.email,
        password: &request.password,
        first_name: request.firstname,
        last_name: request.lastname,
        display_name: None,
        nickname: None,
        attributes: Vec::new(),
        must_change_password: false,
        language: request
            .language
            .or_else(|| language_header(&headers))
            .unwrap_or_else(|| accepted_language(&headers).into()),
        client,
    };
    let user = state.registrar.register(admission, registration).await?;
    Ok(Json(UserResponse::plain(&user)))
}

/// Closed registration does not exist for anybody but an administrator.
async fn admin(state: &State, headers: &HeaderMap) -> Result<UserServiceAdmin, Fault> {
    let token = bearer_token(headers).ok_or(Fault::NotFound)?;
    let current = state.sessions.authorise(token, DIALECT).await;
    let admin = current.and_then(CurrentUser::into_user_service_admin);
    admin.map_err(|refused| match refused {
        Error::Unavailable(_) | Error::Internal(_) => refused.into(),
        _ => Fault::NotFound,
    })
}

fn query(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}
