//! Signing in, and whether a token is good: rows 1 and 2.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State as Shared};
use serde_json::{Map, json};
use shared::domain::{Clock, EmailAddress, Password, Realm, Session, User};
use shared::error::Error;
use shared::http::{Client, Fault, Fields, operations, read_json};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{Sessions, SignIn, SignInRequest};
use shared::tokens::{NewToken, Subject, TokenIssuer, TokenUse};
use utoipa::ToSchema;

use crate::DIALECT;
use crate::document::{BodyRefused, OutOfService};
use crate::error::{AUTHENTICATING, ApiError, VALIDATING};
use crate::view::AuthenticatedView;

operations! { State;
    POST "/rbac/auth/validate" => validate,
    POST "/rbac/auth/authenticate" => authenticate,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    sign_in: SignIn,
    sessions: Sessions,
    issuer: TokenIssuer,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            sign_in: foundation.sign_in(secrets, &foundation.passwords()?)?,
            sessions: foundation.sessions()?,
            issuer: foundation.token_issuer(secrets)?,
            clock: Arc::clone(&foundation.context.clock),
            lifetime: foundation.config.rbac_token_lifetime,
        })
    }

    /// The one token of a session. It lives as long as the session: there is none to get another one with.
    async fn token(&self, user: &User, session: &Session) -> Result<String, Error> {
        let own_claims = Map::from_iter([
            ("uid".to_owned(), json!(user.id.to_string())),
            ("name".to_owned(), json!(user.shown_name())),
        ]);
        let token = NewToken {
            subject: Subject::of(session),
            dialect: session.dialect,
            token_use: TokenUse::Access,
            issued_at: self.clock.now(),
            lifetime: self.lifetime,
            own_claims,
        };
        self.issuer.issue(token).await
    }
}

#[derive(ToSchema)]
struct ValidateRequest {
    token: String,
}

impl ValidateRequest {
    /// Without a token, none is good.
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let token = fields.optional("token")?.ok_or(Error::MissingToken)?;
        Ok(Self {
            token: token.to_owned(),
        })
    }
}

/// Whether a token is good
///
/// It verifies, is one of this API, has not expired, and its session lives.
#[utoipa::path(post, path = "/rbac/auth/validate", tag = "auth",
    request_body = ValidateRequest,
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 400, body = String, content_type = "application/json", description = "The body is not JSON"),
        (status = 401, description = "No", body = bool, content_type = "application/json", example = false),
        BodyRefused, OutOfService,
    ))]
async fn validate(Shared(state): Shared<State>, request: Request) -> Result<Json<bool>, ApiError> {
    let validated = async {
        let request = ValidateRequest::read(&read_json(request).await?)?;
        state.sessions.authorise(&request.token, DIALECT).await?;
        Ok(Json(true))
    };
    validated
        .await
        .map_err(|refused: ApiError| refused.in_words(VALIDATING))
}

#[derive(ToSchema)]
struct AuthenticateRequest {
    #[schema(example = "john.smith@example.com")]
    email: String,
    #[schema(value_type = String, format = Password)]
    password: Password,
    /// Where the user has a second factor: a code of its authenticator, or a recovery code
    #[schema(example = "123456")]
    otp: Option<String>,
}

impl AuthenticateRequest {
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
///
/// The token is good for half an hour. A user with `reset_password` can do nothing but change the password.
#[utoipa::path(post, path = "/rbac/auth/authenticate", tag = "auth",
    request_body = AuthenticateRequest,
    responses(
        (status = 200, description = "OK", body = AuthenticatedView),
        (status = 400, body = String, content_type = "application/json", description = "Field missing"),
        (status = 401, body = String, content_type = "application/json", description = "Unknown address, wrong password or `otp`, or the user is not active; after the right password perhaps `second factor required`",
            example = "Error Authenticating"),
        BodyRefused, OutOfService,
        (status = 429, body = String, content_type = "application/json",
            description = "Too many failures: wait as `Retry-After` says"),
    ))]
async fn authenticate(
    Shared(state): Shared<State>,
    Client(client): Client,
    request: Request,
) -> Result<Json<AuthenticatedView>, ApiError> {
    let authenticated = async {
        let request = AuthenticateRequest::read(&read_json(request).await?)?;
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
            session_lifetime: state.lifetime,
        };
        let opening = state.sign_in.begin(request, None).await?;
        let token = state.token(opening.user(), opening.session()).await;
        let (signed_in, token) = opening.open_with(token).await?;
        Ok(Json(AuthenticatedView::new(&signed_in.user, token)))
    };
    authenticated
        .await
        .map_err(|refused: ApiError| refused.in_words(AUTHENTICATING))
}
