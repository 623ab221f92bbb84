//! POST /oauth2: one path for signing in, answering challenges, refreshing, and what else the document puts there.

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use shared::domain::{ClientAddress, EmailAddress, Password, Realm, STRICT_PASSWORD_PATTERN};
use shared::error::Error;
use shared::http::{Client, Fault, Fields, bearer_token, read_json};
use shared::service::{Begun, FirstStep};
use uuid::Uuid;

use super::State;
use super::document::{Oauth2Answer, Oauth2Request};
use super::view::{ForgotPasswordAnswer, MfaChallengeRequest, Requirements, WebTokenResult};
use crate::DIALECT;
use crate::document::{BodyRefused, OutOfService};
use crate::error::{ApiError, ErrorBody};
use crate::extract::QueryFields;
use crate::view::Success;

/// What is asked for.
enum Grant {
    Refresh,
    Requirements,
    ForgotPassword,
    ResendCode,
    AnswerChallenge,
    Password,
}

impl Grant {
    /// In the order in which the document decides.
    fn read(query: &QueryFields) -> Result<Self, ApiError> {
        match query.0.optional("grant_type")? {
            None => {}
            Some("refresh_token") => return Ok(Self::Refresh),
            Some(_) => return Err(Error::InvalidField("grant_type").into()),
        }
        for (flag, grant) in [
            ("requirements", Self::Requirements),
            ("forgotPassword", Self::ForgotPassword),
            ("resendMFACode", Self::ResendCode),
            ("completeMFAChallenge", Self::AnswerChallenge),
        ] {
            if query.flag(flag)? {
                return Ok(grant);
            }
        }
        Ok(Self::Password)
    }
}

struct WebTokenRequest {
    user_id: String,
    password: Password,
    new_password: Option<String>,
}

impl WebTokenRequest {
    fn read(fields: &Fields, query: &QueryFields) -> Result<Self, ApiError> {
        let password = fields.required("password")?;
        let new_password = match fields.optional("newPassword")? {
            Some("") | None => query.0.optional("newPassword")?,
            given => given,
        };
        Ok(Self {
            user_id: fields.required("userId")?.to_owned(),
            password: Password::parse(password).ok_or(Error::InvalidField("password"))?,
            new_password: new_password
                .filter(|typed| !typed.is_empty())
                .map(str::to_owned),
        })
    }
}

/// Sign in
///
/// With the password; an account with a second factor gets a challenge instead of tokens, which `completeMFAChallenge=true` answers.
/// A challenge waits for five minutes and five tries.
#[utoipa::path(post, path = "/security/api/v1/oauth2", tag = "oauth2",
    params(
        ("newPassword" = Option<String>, Query, description = "The same as in the body, which goes first"),
        ("forgotPassword" = Option<bool>, Query, description = "Mails a link to set another password; needs `userId` alone. One answer for all"),
        ("requirements" = Option<bool>, Query, description = "Tells what a password has to be; needs no body"),
        ("resendMFACode" = Option<bool>, Query, description = "Sends the code of a challenge again; needs `uuid`"),
        ("completeMFAChallenge" = Option<bool>, Query, description = "Answers a challenge; needs `uuid` and `answer`"),
        ("grant_type" = Option<String>, Query, description = "`refresh_token` uses a refresh token up; needs `refreshToken`, and the access token of the same session as Bearer, which may have expired"),
    ),
    request_body = Oauth2Request,
    responses(
        (status = 200, description = "OK", body = Oauth2Answer),
        (status = 400, body = ErrorBody, description = "The body cannot be read"),
        (status = 403, body = ErrorBody, description = "The password has to be changed (1); unknown user or wrong password (2); the new password was used before (3); the address is not confirmed (4); the new password breaks the rule (5); no open challenge (11); wrong answer (12); no good refresh token (14); suspended (15)"),
        BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too many failures, or too often: wait as `Retry-After` says"),
    ))]
pub(super) async fn post(
    Shared(state): Shared<State>,
    Client(client): Client,
    query: QueryFields,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let grant = Grant::read(&query)?;
    if matches!(grant, Grant::Requirements) {
        return Ok(Json(state.requirements()).into_response());
    }
    let body = read_json(request).await?;
    let answer = match grant {
        Grant::Refresh => refresh(&state, &headers, &body).await?.into_response(),
        Grant::ForgotPassword => forgot_password(&state, client, &body)
            .await?
            .into_response(),
        Grant::ResendCode => resend(&state, &body).await?.into_response(),
        Grant::AnswerChallenge => answer(&state, client, &body).await?.into_response(),
        Grant::Password | Grant::Requirements => {
            let request = WebTokenRequest::read(&body, &query)?;
            sign_in(&state, client, &request)
                .await
                .map_err(ApiError::at_sign_in)?
        }
    };
    Ok(answer)
}

async fn sign_in(
    state: &State,
    client: Option<ClientAddress>,
    request: &WebTokenRequest,
) -> Result<Response, ApiError> {
    // What is no address cannot be an account's: the same answer as for an unknown one.
    let email = EmailAddress::parse(&request.user_id).map_err(|_| Error::BadCredentials)?;
    let step = FirstStep {
        realm: Realm::default_realm(),
        email: &email,
        password: &request.password,
        new_password: request.new_password.as_deref(),
        client,
    };
    Ok(match state.sign_in.begin(step).await? {
        Begun::Admitted(opening) => Json(state.tokens.first(*opening).await?).into_response(),
        Begun::Challenged(challenged) => {
            Json(MfaChallengeRequest::from(challenged)).into_response()
        }
    })
}

async fn answer(
    state: &State,
    client: Option<ClientAddress>,
    body: &Fields,
) -> Result<Json<WebTokenResult>, ApiError> {
    let (challenge, answer) = (challenge_in(body)?, body.required("answer")?);
    let opening = state.sign_in.answer(challenge, answer, client).await?;
    Ok(Json(state.tokens.first(opening).await?))
}

async fn resend(state: &State, body: &Fields) -> Result<Json<Success>, ApiError> {
    state.sign_in.send_again(challenge_in(body)?).await?;
    Ok(Json(Success::POSTED))
}

/// What is no UUID names no challenge.
fn challenge_in(body: &Fields) -> Result<Uuid, Fault> {
    let uuid = Uuid::try_parse(body.required("uuid")?);
    Ok(uuid.map_err(|_| Error::ChallengeOver)?)
}

async fn refresh(
    state: &State,
    headers: &HeaderMap,
    body: &Fields,
) -> Result<Json<WebTokenResult>, ApiError> {
    let used = state.tokens.read(body.required("refreshToken")?)?;
    let access_token = bearer_token(headers).ok_or(Error::InvalidRefreshToken)?;
    let sessions = &state.sessions;
    let subject = sessions
        .verify_for_rotation(&used, access_token, DIALECT, None)
        .await?;
    // Signed first: while nothing can be signed, no refresh token is used up.
    let access = state.tokens.access(subject).await?;
    let (current, next) = sessions.rotate(used, DIALECT).await?;
    Ok(Json(state.tokens.with(access, current.user(), &next)))
}

async fn forgot_password(
    state: &State,
    client: Option<ClientAddress>,
    body: &Fields,
) -> Result<Json<ForgotPasswordAnswer>, ApiError> {
    // What is no address has no account: the same answer.
    if let Ok(email) = EmailAddress::parse(body.required("userId")?) {
        let realm = Realm::default_realm();
        state
            .recovery
            .mail_reset_link(&realm, DIALECT, &email, client)
            .await?;
    }
    Ok(Json(ForgotPasswordAnswer {
        user_must_change_password: true,
    }))
}

impl State {
    fn requirements(&self) -> Requirements {
        Requirements {
            password_pattern: STRICT_PASSWORD_PATTERN,
            access_policy: self.access_policy_url.clone(),
            password_policy: self.password_policy_url.clone(),
        }
    }
}
