//! Users: rows 4 to 8.

mod list;
mod request;

use axum::Json;
use axum::extract::{FromRef, Path, State as Shared};
use axum::response::Response;
use http::StatusCode;
use shared::domain::{EmailAddress, UserId};
use shared::error::Error;
use shared::http::{Client, operations};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{Sessions, UserAdministration};

use crate::document::{BodyRefused, OutOfService, TokenRefused};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Bearer, BodyFields, QueryFields};
use crate::view::{AnyUserList, UserIdList, UserInfo, UserList};
use list::ListRequest;
use request::{ChangeRequest, CreateRequest, numbered};

operations! { State;
    GET "/security/api/v1/users" => list,
    GET "/security/api/v1/user/{id}" => get,
    POST "/security/api/v1/user/{id}" => create,
    PUT "/security/api/v1/user/{id}" => change,
    DELETE "/security/api/v1/user/{id}" => delete,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    sessions: Sessions,
    users: UserAdministration,
    public_url: String,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let passwords = foundation.passwords()?;
        Ok(Self {
            sessions: foundation.sessions()?,
            users: foundation.user_administration(secrets, &passwords)?,
            public_url: foundation.config.public_url.clone(),
        })
    }
}

impl FromRef<State> for Sessions {
    fn from_ref(state: &State) -> Self {
        state.sessions.clone()
    }
}

/// List users
///
/// Newest first. Needs the role root or admin. The header `X-Scanned` says how many accounts a filter has examined, 5,000 at
/// most; where it found enough before, it examined fewer.
#[utoipa::path(get, path = "/security/api/v1/users", tag = "users", security(("bearer" = [])),
    params(
        ("offset" = Option<u64>, Query, description = "How many to leave out: 0 if absent, at most 10,000. `cursor` leads further"),
        ("limit" = Option<u64>, Query, description = "How many at most: 100 if absent, never more"),
        ("filter" = Option<String>, Query, description = "Only users whose name or address contains this, in whichever case"),
        ("idOnly" = Option<bool>, Query, description = "Ids alone"),
        ("select" = Option<String>, Query, description = "Exactly the users with these ids, in this order, separated by commas, at most 100. Ids of nobody are left out"),
        ("cursor" = Option<String>, Query, description = "Where the list goes on, from the header `Link`"),
    ),
    responses(
        (status = 200, body = AnyUserList, description = "Users; with `idOnly` their ids in the same member", headers(
            ("Link" = String, description = "The next page, if there is one"),
            ("X-Scanned" = u64, description = "How many accounts a filter has examined"),
        )),
        (status = 400, body = ErrorBody, description = "The part cannot be read (1018)"),
        TokenRefused, OutOfService,
    ))]
async fn list(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
    query: QueryFields,
) -> Result<Response, ApiError> {
    let request = ListRequest::read(&query)?;
    let listed = match &request.select {
        Some(ids) => state.users.select(&caller, ids).await?,
        None => state.users.list(&caller, &request.query).await?,
    };
    let base = format!("{}/security/api/v1/users", state.public_url);
    let headers = request.headers(&listed, &base);
    if request.id_only {
        return Ok(list::answer(headers, &UserIdList::new(&listed.users)));
    }
    let users = state.users.with_details(listed.users).await?;
    Ok(list::answer(headers, &UserList::new(&users)))
}

/// See a user
///
/// Oneself, or anybody with the role root or admin.
#[utoipa::path(get, path = "/security/api/v1/user/{id}", tag = "users", security(("bearer" = [])),
    params(
        ("id" = String, Path, format = "uuid", description = "The user's id, or with `byEmail` the address"),
        ("byEmail" = Option<bool>, Query, description = "Whether `id` is an address"),
    ),
    responses(
        (status = 200, description = "OK", body = UserInfo),
        (status = 400, body = ErrorBody, description = "No id (1037)"),
        TokenRefused,
        (status = 404, body = ErrorBody, description = "There is no such user, for those who may see all"),
        OutOfService,
    ))]
async fn get(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
    Path(id): Path<String>,
    query: QueryFields,
) -> Result<Json<UserInfo>, ApiError> {
    let id = given(&id)?;
    let found = if query.flag("byEmail")? {
        let email = EmailAddress::parse(id).ok();
        state.users.get_by_email(&caller, email.as_ref()).await?
    } else {
        state.users.get(&caller, UserId::parse(id)).await?
    };
    Ok(Json(UserInfo::new(&found)))
}

/// Create a user
///
/// What the caller's role may create: root anybody; admin and system anybody up to their own role; csr, installer, noc and
/// accounting their own kind. Members that are not named here are ignored.
#[utoipa::path(post, path = "/security/api/v1/user/{id}", tag = "users", security(("bearer" = [])),
    params(
        ("id" = i64, Path, description = "The literal 0"),
        ("email_verification" = Option<bool>, Query, description = "Whether the user has to confirm the address by a mailed link first"),
    ),
    request_body = CreateRequest,
    responses(
        (status = 200, description = "OK", body = UserInfo),
        (status = 400, body = ErrorBody, description = "No id (1037), the id is not 0 (1038), no good role (1039), no good address (1040), \
            the password breaks the rule (1047), the address has an account (1061), another member is invalid (1018)"),
        TokenRefused, BodyRefused, OutOfService,
    ))]
async fn create(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
    Path(id): Path<String>,
    query: QueryFields,
    BodyFields(fields): BodyFields,
) -> Result<Json<UserInfo>, ApiError> {
    if given(&id)? != "0" {
        return Err(ApiError::numbered(1038, "the id of a new user is 0"));
    }
    let email_verification = query.flag("email_verification")?;
    let request = CreateRequest::read(&fields).map_err(numbered)?;
    let new = request.with_verification(email_verification);
    let created = state.users.create(&caller, new).await?;
    Ok(Json(UserInfo::new(&created)))
}

/// Change a user
///
/// What is absent stays; members that are not named here are ignored. Nobody changes their own role, owner, suspension or black
/// listing. A new password, a suspension, another role and another second factor end the user's sessions; who changes their own
/// second factor stays signed in.
#[utoipa::path(put, path = "/security/api/v1/user/{id}", tag = "users", security(("bearer" = [])),
    params(
        ("id" = String, Path, format = "uuid", description = "The user"),
        ("email_verification" = Option<bool>, Query, description = "Whether the user has to confirm the address (again) by a mailed link"),
        ("forgotPassword" = Option<bool>, Query, description = "Whether to mail a link to set another password"),
        ("resetMFA" = Option<bool>, Query, description = "Whether to turn the second factor off"),
    ),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "OK", body = UserInfo),
        (status = 400, body = ErrorBody, description = "No id (1037), too many notes (1012), no good role (1039), the password was used \
            before (1041) or breaks the rule (1047), a phone number that was not validated (1044), no good second factor (1045), \
            another member is invalid (1018)"),
        TokenRefused,
        (status = 404, body = ErrorBody, description = "There is no such user, for those who may see all"),
        BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too many confirmation mails: wait as `Retry-After` says"),
    ))]
async fn change(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
    Path(id): Path<String>,
    Client(client): Client,
    query: QueryFields,
    BodyFields(fields): BodyFields,
) -> Result<Json<UserInfo>, ApiError> {
    let id = UserId::parse(given(&id)?);
    let request = ChangeRequest::read(&fields).map_err(numbered)?;
    let patch = request.with_flags(&query)?;
    let changed = state.users.change(&caller, id, &patch, client).await;
    let changed = changed.map_err(|refused| numbered(refused.into()))?;
    Ok(Json(UserInfo::new(&changed)))
}

/// Delete a user
///
/// Oneself, unless one is root, or whom the caller's role may delete. The last root stays.
#[utoipa::path(delete, path = "/security/api/v1/user/{id}", tag = "users", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The user")),
    responses(
        (status = 204, description = "No Content"),
        (status = 400, body = ErrorBody, description = "No id (1037)"),
        TokenRefused,
        (status = 404, body = ErrorBody, description = "There is no such user, for those who may see all"),
        OutOfService,
    ))]
async fn delete(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = UserId::parse(given(&id)?);
    state.users.delete(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The id in the path, if it holds any.
fn given(id: &str) -> Result<&str, ApiError> {
    if id.trim().is_empty() {
        return Err(ApiError::from(Error::MissingField("id")).under(1037));
    }
    Ok(id)
}
