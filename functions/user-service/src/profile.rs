//! The signed-in user's own account: rows 11 to 14.

use axum::Json;
use axum::extract::{FromRef, State as Shared};
use http::StatusCode;
use shared::domain::Name;
use shared::http::{Fault, Fields, operations};
use shared::runtime::{Foundation, StartError};
use shared::service::{Accounts, Profiles};
use utoipa::ToSchema;

use crate::document::{BodyRefused, OutOfService, PathRefused, TokenRefused, Version};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{BodyFields, Caller, CallerWithAttributes, Callers, optional_name};
use crate::view::UserResponse;

operations! { State;
    POST "/user-service/{v}/users/profile" => set_names,
    GET "/user-service/{v}/users/profile" => profile,
    GET "/user-service/{v}/users/status" => status,
    DELETE "/user-service/{v}/users/user" => delete,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    callers: Callers,
    profiles: Profiles,
    accounts: Accounts,
}

impl State {
    pub(crate) fn new(foundation: &Foundation) -> Result<Self, StartError> {
        Ok(Self {
            callers: Callers::new(foundation)?,
            profiles: foundation.profiles(),
            accounts: foundation.accounts(),
        })
    }
}

impl FromRef<State> for Callers {
    fn from_ref(state: &State) -> Self {
        state.callers.clone()
    }
}

#[derive(ToSchema)]
struct ProfileRequest {
    #[schema(value_type = Option<String>, max_length = 128)]
    firstname: Option<Name>,
    #[schema(value_type = Option<String>, max_length = 128)]
    lastname: Option<Name>,
}

impl ProfileRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        Ok(Self {
            firstname: optional_name(fields, "firstname")?,
            lastname: optional_name(fields, "lastname")?,
        })
    }
}

/// Set both names
///
/// A name that is not given is cleared.
#[utoipa::path(post, path = "/user-service/{v}/users/profile", tag = "profile", security(("bearer" = [])),
    params(Version),
    request_body = ProfileRequest,
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 400, body = ErrorBody, description = "A name is too long or no text"),
        TokenRefused, BodyRefused, OutOfService,
    ))]
async fn set_names(
    Shared(state): Shared<State>,
    CallerWithAttributes(current, attributes): CallerWithAttributes,
    BodyFields(fields): BodyFields,
) -> Result<Json<UserResponse>, ApiError> {
    let request = ProfileRequest::read(&fields)?;
    let user = state
        .profiles
        .set_names(
            &current,
            request.firstname.as_ref(),
            request.lastname.as_ref(),
        )
        .await?;
    Ok(Json(UserResponse::full(&user, &attributes)))
}

/// The user with their attributes
#[utoipa::path(get, path = "/user-service/{v}/users/profile", tag = "profile", security(("bearer" = [])),
    params(Version),
    responses(
        (status = 200, description = "OK", body = UserResponse),
        PathRefused, TokenRefused, OutOfService,
    ))]
async fn profile(
    CallerWithAttributes(current, attributes): CallerWithAttributes,
) -> Json<UserResponse> {
    Json(UserResponse::full(current.user(), &attributes))
}

/// The user without their attributes
#[utoipa::path(get, path = "/user-service/{v}/users/status", tag = "profile", security(("bearer" = [])),
    params(Version),
    responses(
        (status = 200, description = "OK", body = UserResponse),
        PathRefused, TokenRefused, OutOfService,
    ))]
async fn status(Caller(current): Caller) -> Json<UserResponse> {
    Json(UserResponse::plain(current.user()))
}

/// Delete the own account
///
/// Its address is free at once; attributes and sessions are erased.
#[utoipa::path(delete, path = "/user-service/{v}/users/user", tag = "profile", security(("bearer" = [])),
    params(Version),
    responses(
        (status = 204, description = "No Content"),
        PathRefused, TokenRefused, OutOfService,
    ))]
async fn delete(
    Shared(state): Shared<State>,
    Caller(current): Caller,
) -> Result<StatusCode, ApiError> {
    state.accounts.delete_own(&current).await?;
    Ok(StatusCode::NO_CONTENT)
}
