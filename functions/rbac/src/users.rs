//! Registering, changing the password, activating, seeing users: rows 3 to 7.

use axum::Json;
use axum::extract::{FromRef, Path, Request, State as Shared};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, Method};
use shared::domain::{EmailAddress, ListingPosition, Name, NewPassword, Password, Realm, UserId};
use shared::error::Error;
use shared::http::{
    Client, Fault, Fields, accepted_language, accepts_html, bearer_token, operations, read_json,
};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{
    Admission, Directory, PasswordChange, PasswordChangeRequest, Registrar, Registration, Sessions,
    UsersRead, Verification,
};
use utoipa::ToSchema;

use crate::DIALECT;
use crate::document::{BodyRefused, NotActivated, OutOfService, Part, PathRefused, TokenRefused};
use crate::error::{ACTIVATING, ApiError, REGISTERING, RESETTING};
use crate::extract::{Bearer, Holder, QueryFields};
use crate::paging::Paging;
use crate::view::UserView;

operations! { State;
    POST "/rbac/users/register" => register,
    POST "/rbac/users/reset_password" => reset_password,
    GET "/rbac/users/activate/{uid}/{code}" => activate_by_link,
    POST "/rbac/users/activate/{uid}/{code}" => activate,
    GET "/rbac/users/{uid}" => get,
    GET "/rbac/users" => list,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    registrar: Registrar,
    password_change: PasswordChange,
    verification: Verification,
    sessions: Sessions,
    directory: Directory,
    public_url: String,
    ui_url: String,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let passwords = foundation.passwords()?;
        Ok(Self {
            registrar: foundation.registrar(secrets, &passwords)?,
            password_change: foundation.password_change(secrets, &passwords)?,
            verification: foundation.verification(secrets)?,
            sessions: foundation.sessions()?,
            directory: foundation.directory(),
            public_url: foundation.config.public_url.clone(),
            ui_url: foundation.config.ui_url.clone(),
        })
    }

    /// Anybody may register, or where that is closed whoever holds the role `admin`. All others are told the same: the operation
    /// asks for no token.
    async fn admit(&self, headers: &HeaderMap) -> Result<Admission, Error> {
        if let Some(admission) = self.registrar.admit_anybody() {
            return Ok(admission);
        }
        let token = bearer_token(headers).ok_or(Error::Forbidden)?;
        match self.sessions.authorise_caller(token, DIALECT).await {
            Ok(caller) => self.registrar.admit_holder_of_admin::<UsersRead>(&caller),
            Err(Error::InvalidToken | Error::ExpiredToken | Error::SessionEnded) => {
                Err(Error::Forbidden)
            }
            Err(refused) => Err(refused),
        }
    }
}

impl FromRef<State> for Sessions {
    fn from_ref(state: &State) -> Self {
        state.sessions.clone()
    }
}

#[derive(ToSchema)]
struct RegisterRequest {
    #[schema(value_type = String, max_length = 128, example = "John Smith")]
    name: Name,
    #[schema(value_type = String, example = "john.smith@example.com")]
    email: EmailAddress,
    /// At least 8 bytes, at most 1024, not easy to guess
    #[schema(value_type = String, format = Password)]
    password: NewPassword,
    /// Whether the user has to change the password first
    #[schema(default = false, required = false)]
    reset_password: bool,
}

impl RegisterRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let password = fields.required("password")?;
        let email = EmailAddress::parse(fields.required("email")?);
        let email = email.map_err(|_| Error::InvalidEmail)?;
        let name = fields.required("name")?;
        let name = Name::parse(name).filter(|_| !name.trim().is_empty());
        let name = name.ok_or(Error::InvalidField("name"))?;
        let about = [email.canonical(), name.as_str()];
        Ok(Self {
            password: NewPassword::parse(password, &about).map_err(Error::from)?,
            name,
            email,
            reset_password: fields.optional_flag("reset_password")?.unwrap_or(false),
        })
    }
}

/// Register
///
/// With confirmation on, the user becomes active when the mailed code has come back. Where registration is closed, only a holder of the
/// role `admin` may register others.
#[utoipa::path(post, path = "/rbac/users/register", tag = "users",
    request_body = RegisterRequest,
    responses(
        (status = 200, description = "OK", body = String, content_type = "application/json", example = "User Registered"),
        (status = 400, body = String, content_type = "application/json", description = "Field missing or invalid, or password too weak",
            example = "Error Registering"),
        (status = 403, body = String, content_type = "application/json", description = "Registration is closed"),
        (status = 409, body = String, content_type = "application/json", description = "The address is already registered",
            example = "Error Registering"),
        BodyRefused, OutOfService,
        (status = 429, body = String, content_type = "application/json",
            description = "Too often: wait as `Retry-After` says"),
    ))]
async fn register(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<&'static str>, ApiError> {
    let registered = async {
        let admission = state.admit(&headers).await?;
        let request = RegisterRequest::read(&read_json(request).await?)?;
        let registration = Registration {
            realm: Realm::default_realm(),
            dialect: DIALECT,
            email: &request.email,
            password: &request.password,
            first_name: None,
            last_name: None,
            display_name: Some(request.name),
            nickname: None,
            attributes: Vec::new(),
            must_change_password: request.reset_password,
            language: accepted_language(&headers).into(),
            client,
        };
        state.registrar.register(admission, registration).await?;
        Ok(Json("User Registered"))
    };
    registered
        .await
        .map_err(|refused: ApiError| refused.in_words(REGISTERING))
}

#[derive(ToSchema)]
struct ResetPasswordRequest {
    #[schema(value_type = String, format = "uuid")]
    user_uid: UserId,
    #[schema(value_type = String, format = Password)]
    old_password: Password,
    /// At least 8 bytes, at most 1024, not easy to guess, not the old one
    #[schema(format = Password)]
    new_password: String,
}

impl ResetPasswordRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let user = UserId::parse(fields.required("user_uid")?);
        let old = Password::parse(fields.required("old_password")?);
        Ok(Self {
            user_uid: user.ok_or(Error::InvalidField("user_uid"))?,
            old_password: old.ok_or(Error::InvalidField("old_password"))?,
            new_password: fields.required("new_password")?.to_owned(),
        })
    }
}

/// Change a password
///
/// The old password is the proof, so no token is needed. All sessions of the user end.
#[utoipa::path(post, path = "/rbac/users/reset_password", tag = "users",
    request_body = ResetPasswordRequest,
    responses(
        (status = 200, description = "OK", body = String, content_type = "application/json", example = "Password Reset"),
        (status = 400, body = String, content_type = "application/json", description = "Field missing or invalid, or the new password may not be set",
            example = "Error Resetting Password"),
        (status = 401, body = String, content_type = "application/json", description = "Unknown user, wrong old password, or the user is not active",
            example = "Error Resetting Password"),
        BodyRefused, OutOfService,
        (status = 429, body = String, content_type = "application/json",
            description = "Too many failures: wait as `Retry-After` says"),
    ))]
async fn reset_password(
    Shared(state): Shared<State>,
    Client(client): Client,
    request: Request,
) -> Result<Json<&'static str>, ApiError> {
    let reset = async {
        let request = ResetPasswordRequest::read(&read_json(request).await?)?;
        let change = PasswordChangeRequest {
            user: request.user_uid,
            dialect: DIALECT,
            old: &request.old_password,
            new: &request.new_password,
            client,
        };
        state.password_change.change(change).await?;
        Ok(Json("Password Reset"))
    };
    reset
        .await
        .map_err(|refused: ApiError| refused.in_words(RESETTING))
}

/// Activate a user with the code that was mailed, by link
///
/// A browser, which accepts `text/html`, and HEAD are sent to the page instead: mail scanners follow links, and following one must not
/// use the code up.
#[utoipa::path(get, path = "/rbac/users/activate/{uid}/{code}", tag = "users",
    params(
        ("uid" = String, Path, format = "uuid", description = "The user"),
        ("code" = String, Path, description = "The code that was mailed"),
    ),
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 303, description = "To the confirmation page"),
        (status = 400, body = NotActivated, content_type = "application/json", description = "Unknown, used, replaced or expired; or a path that is not valid", example = false),
        OutOfService,
    ))]
async fn activate_by_link(
    Shared(state): Shared<State>,
    Path((uid, code)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if accepts_html(&headers) || method == Method::HEAD {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("uid", &uid), ("code", &code)])
            .finish();
        let page = format!("{}/rbac-activate?{query}", state.ui_url);
        return Ok(Redirect::to(&page).into_response());
    }
    let activated = try_activate(&state, &uid, &code).await?;
    Ok(activated.into_response())
}

/// Activate a user with the code that was mailed
#[utoipa::path(post, path = "/rbac/users/activate/{uid}/{code}", tag = "users",
    params(
        ("uid" = String, Path, format = "uuid", description = "The user"),
        ("code" = String, Path, description = "The code that was mailed"),
    ),
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 400, body = NotActivated, content_type = "application/json", description = "Unknown, used, replaced or expired; or a path that is not valid", example = false),
        OutOfService,
    ))]
async fn activate(
    Shared(state): Shared<State>,
    Path((uid, code)): Path<(String, String)>,
) -> Result<Json<bool>, ApiError> {
    try_activate(&state, &uid, &code).await
}

async fn try_activate(state: &State, uid: &str, code: &str) -> Result<Json<bool>, ApiError> {
    let activated = match UserId::parse(uid) {
        Some(user) => state.verification.activate_for(user, code).await,
        None => Err(Error::InvalidCode),
    };
    match activated {
        Ok(_) => Ok(Json(true)),
        Err(refused) => Err(ApiError::from(refused).in_words(ACTIVATING)),
    }
}

/// See a user
///
/// Oneself without any permission, others with `users:read`.
#[utoipa::path(get, path = "/rbac/users/{uid}", tag = "users", security(("bearer" = [])),
    params(("uid" = String, Path, format = "uuid", description = "The user")),
    responses(
        (status = 200, description = "OK", body = UserView),
        PathRefused, TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such user"),
        OutOfService,
    ))]
async fn get(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer<UsersRead>,
    Path(uid): Path<String>,
) -> Result<Json<UserView>, ApiError> {
    let found = match UserId::parse(&uid) {
        Some(user) => state.directory.get(&caller, user).await?,
        // What is no id is nobody's, which only those may know who see others.
        None => {
            return Err(caller
                .into_permitted()
                .err()
                .unwrap_or(Error::NotFound)
                .into());
        }
    };
    Ok(Json(UserView::from(&found)))
}

/// List users
///
/// By creation, oldest first. Needs `users:read`.
#[utoipa::path(get, path = "/rbac/users", tag = "users", security(("bearer" = [])),
    params(Part),
    responses(
        (status = 200, description = "OK", body = [UserView], headers(("Link" = String, description = "The next page, if there is one"))),
        (status = 400, body = String, content_type = "application/json", description = "The part cannot be read"),
        TokenRefused, OutOfService,
    ))]
async fn list(
    Shared(state): Shared<State>,
    Holder(caller): Holder<UsersRead>,
    QueryFields(query): QueryFields,
) -> Result<Response, ApiError> {
    let paging = Paging::read(&query)?;
    let after = paging.after(ListingPosition::parse)?;
    let page = state.directory.list(&caller, after, paging.limit).await?;
    let users: Vec<_> = page.entries.iter().map(UserView::from).collect();
    let next = page.next.map(|position| position.to_string());
    let list = format!("{}/rbac/users", state.public_url);
    Ok(paging.answer(&users, &list, next))
}
