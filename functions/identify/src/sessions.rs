//! Signing in and out, refreshing: rows 7 to 9 and 15.

use std::time::Duration;

use axum::Json;
use axum::extract::State as Shared;
use http::HeaderMap;
use shared::domain::{ClientAddress, DeviceId, Password, ProviderName, Random, User};
use shared::error::Error;
use shared::http::{Client, Fields, accepted_language, operations};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{
    Elsewhere, Guests, Members, Opening, Place, Projects, Sessions, SignIn, SignInRequest,
    SignedIn, TakeOver,
};
use shared::tokens::Subject;
use utoipa::ToSchema;

use crate::DIALECT;
use crate::call::{BodyFields, Call, optional_device, required_device, required_email, token};
use crate::document::{BodyRefused, EnvelopeRefused, OutOfService, Sent, SentPlain};
use crate::error::{ApiError, ErrorBody};
use crate::tokens::Tokens;
use crate::view::{Envelope, LoginData, Nothing, OK, TokenData};

operations! { State;
    PUT "/identify/v1/user/login" => login,
    POST "/identify/v1/user/refresh" => refresh,
    POST "/identify/v1/user/logout" => logout,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    projects: Projects,
    sign_in: SignIn,
    take_over: TakeOver,
    sessions: Sessions,
    members: Members,
    guests: Guests,
    tokens: Tokens,
    lifetime: Duration,
    random: std::sync::Arc<dyn Random>,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let passwords = foundation.passwords()?;
        let sign_in = foundation.sign_in(secrets, &passwords)?;
        Ok(Self {
            projects: foundation.projects(secrets)?,
            take_over: foundation.take_over(&sign_in),
            sign_in,
            sessions: foundation.sessions()?,
            members: foundation.members()?,
            guests: foundation.guests(secrets)?,
            tokens: Tokens::new(foundation, secrets)?,
            lifetime: foundation.config.refresh_token_lifetime,
            random: foundation.context.random.clone(),
        })
    }
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only documentation")]
struct LoginRequest {
    /// `awsCognito`
    #[schema(example = "ann@example.com")]
    email: Option<String>,
    /// `awsCognito`
    #[schema(format = Password)]
    password: Option<String>,
    /// Where the account has a second factor: a code of its authenticator, or a recovery code
    otp: Option<String>,
    /// A UUID. `anonymous` demands it; else one is made
    device_id: Option<String>,
}

/// Sign in
///
/// `awsCognito` by address and password; `anonymous` by a device, which gives no tokens. Where the project has a user pool, who has no
/// account yet signs in as there, once, and has an account from then on.
#[utoipa::path(put, path = "/identify/v1/user/login", tag = "sessions",
    request_body = Sent<LoginRequest>,
    responses(
        (status = 200, description = "OK", body = Envelope<LoginData>),
        (status = 401, body = ErrorBody, description = "Wrong address or password, or the second factor is missing or wrong \
                                                        (`invalid_credentials`)"),
        (status = 403, body = ErrorBody, description = "The password is right, the address is not confirmed (`not_confirmed`)"),
        EnvelopeRefused, BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too many failures: wait as `Retry-After` says"),
    ))]
async fn login(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Json<Envelope<LoginData>>, ApiError> {
    let having = [ProviderName::AwsCognito, ProviderName::Anonymous];
    let call = Call::read(&state.projects, fields, &having).await?;
    let data = call.data()?;
    if call.provider == ProviderName::Anonymous {
        let device = required_device(&data)?;
        let greeted = state.guests.greet(&call.project, device).await?;
        return Ok(Envelope::of(
            OK,
            LoginData::of_guest(&call.project, &greeted),
        ));
    }
    let device = optional_device(&data)?.unwrap_or_else(|| DeviceId::new(&*state.random));
    let opening = state
        .begin(&call, &data, (device, client), &headers)
        .await?;
    let (project, subject) = (&call.project, Subject::of(opening.session()));
    let signed = state.tokens.signed(project, opening.user(), subject).await;
    let (SignedIn { user, session, .. }, signed) = opening.open_with(signed).await?;
    let (whose, at) = ((&user, &session), session.created_at);
    let told = state.tokens.login(project, whose, device, at, signed);
    Ok(Envelope::of(OK, told))
}

impl State {
    async fn begin(
        &self,
        call: &Call,
        data: &Fields,
        (device, client): (DeviceId, Option<ClientAddress>),
        headers: &HeaderMap,
    ) -> Result<Opening<'_>, ApiError> {
        let typed = data.required("password")?;
        let second_factor = data.optional("otp")?;
        // What cannot be an address or a password is answered like a wrong one.
        data.required("email")?;
        let (Ok(email), Some(password)) = (required_email(data), Password::parse(typed)) else {
            return Err(Error::BadCredentials.into());
        };
        let request = SignInRequest {
            realm: call.project.realm.clone(),
            dialect: DIALECT,
            email: &email,
            password: &password,
            second_factor,
            client,
            admit_unconfirmed: false,
            place: Some(Place {
                project: call.project.id,
                device,
            }),
            session_lifetime: self.lifetime,
        };
        let elsewhere = call.project.providers.user_pool().map(|pool| Elsewhere {
            take_over: &self.take_over,
            pool,
            email: &email,
            language: accepted_language(headers).into(),
        });
        let elsewhere = elsewhere.as_ref();
        Ok(self.sign_in.begin(request, elsewhere).await?)
    }
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only documentation")]
struct RefreshRequest {
    #[schema(inline)]
    #[schema(example = "a69a31e9-f2e6-4d5f-b080-6138c6a721b7")]
    project_id: String,
    #[schema(example = "email")]
    strategy: String,
    #[schema(example = "awsCognito")]
    provider: String,
    /// The device that the session is of
    device_id: String,
    refresh_token: String,
}

/// Get new tokens
///
/// The refresh token is good once; whoever comes with it again within ten seconds gets the same. After that the session ends. The access
/// token may have expired.
#[utoipa::path(post, path = "/identify/v1/user/refresh", tag = "sessions", security(("bearer" = [])),
    request_body = RefreshRequest,
    responses(
        (status = 200, description = "OK", body = Envelope<TokenData>),
        (status = 401, body = ErrorBody, description = "A token is not good, or the two are not of one session, project and device \
                                                        (`invalid_token`)"),
        EnvelopeRefused, BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too often: wait as `Retry-After` says"),
    ))]
async fn refresh(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Json<Envelope<TokenData>>, ApiError> {
    let bearer = token(&headers);
    // At once; what is wrong with the call is told first.
    let (call, holder) = tokio::join!(
        Call::read(&state.projects, fields, &[ProviderName::AwsCognito]),
        holder(&state, bearer.as_ref().ok().copied()),
    );
    let (call, access_token) = (call?, bearer?);
    let known = holder?;
    let device = call.device()?;
    let used = state.tokens.read(call.fields.required("refreshToken")?)?;
    let place = Place {
        project: call.project.id,
        device,
    };
    let sessions = &state.sessions;
    let subject = sessions
        .verify_for_rotation(&used, access_token, DIALECT, Some(place))
        .await?;
    let known = known.ok_or(Error::InvalidRefreshToken)?;
    // Signed first: while nothing can be signed, no refresh token is used up.
    let signed = state.tokens.signed(&call.project, &known, subject).await?;
    let (_, next) = sessions.rotate(used, DIALECT).await?;
    Ok(Envelope::of(OK, state.tokens.with(signed, &next)))
}

/// Who an access token speaks for, even if it has expired. One read.
async fn holder(state: &State, access_token: Option<&str>) -> Result<Option<User>, Error> {
    let Some(access_token) = access_token else {
        return Ok(None);
    };
    let sessions = &state.sessions;
    let subject = sessions.verify_even_expired(access_token, DIALECT).await?;
    sessions.user_of(&subject).await
}

/// Sign out
#[utoipa::path(post, path = "/identify/v1/user/logout", tag = "sessions", security(("bearer" = [])),
    request_body = SentPlain,
    responses(
        (status = 200, description = "OK", body = Envelope<Nothing>),
        (status = 401, body = ErrorBody, description = "No good token (`invalid_token`)"),
        EnvelopeRefused, BodyRefused, OutOfService,
    ))]
async fn logout(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Json<Envelope<Nothing>>, ApiError> {
    let call = Call::read(&state.projects, fields, &[ProviderName::AwsCognito]).await?;
    let participant = state
        .members
        .authorise(&call.project, token(&headers)?)
        .await?;
    state.sessions.end(&participant.current()?).await?;
    Ok(Envelope::plain(OK))
}
