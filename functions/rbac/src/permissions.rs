//! Permissions: rows 8 to 11.

use axum::Json;
use axum::extract::{FromRef, Path, State as Shared};
use axum::response::Response;
use shared::domain::PermissionNumber;
use shared::error::Error;
use shared::http::{operations, whole_number};
use shared::runtime::{Foundation, StartError};
use shared::service::{Permissions, PermissionsRead, PermissionsWrite, Sessions};
use utoipa::ToSchema;

use crate::document::{BodyRefused, OutOfService, Part, PathRefused, TokenRefused};
use crate::error::ApiError;
use crate::extract::{BodyFields, Holder, Named, QueryFields};
use crate::paging::Paging;
use crate::view::PermissionView;

operations! { State;
    POST "/rbac/permissions/create" => create,
    GET "/rbac/permissions" => list,
    GET "/rbac/permissions/{id}" => get,
    DELETE "/rbac/permissions/{id}" => delete,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    sessions: Sessions,
    permissions: Permissions,
    public_url: String,
}

impl State {
    pub(crate) fn new(foundation: &Foundation) -> Result<Self, StartError> {
        Ok(Self {
            sessions: foundation.sessions()?,
            permissions: foundation.permissions(),
            public_url: foundation.config.public_url.clone(),
        })
    }
}

impl FromRef<State> for Sessions {
    fn from_ref(state: &State) -> Self {
        state.sessions.clone()
    }
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only documentation: what is read is a `Named`")]
struct CreatePermissionRequest {
    #[schema(min_length = 1, max_length = 128, example = "reports:read")]
    name: String,
    #[schema(max_length = 1024, required = false)]
    description: String,
}

/// Create a permission
///
/// Holders of the role `admin` have it at once. Needs `permissions:write`.
#[utoipa::path(post, path = "/rbac/permissions/create", tag = "permissions", security(("bearer" = [])),
    request_body = CreatePermissionRequest,
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 400, body = String, content_type = "application/json", description = "Field missing or invalid"),
        TokenRefused,
        (status = 409, body = String, content_type = "application/json", description = "The name is taken"),
        BodyRefused, OutOfService,
    ))]
async fn create(
    Shared(state): Shared<State>,
    Holder(caller): Holder<PermissionsWrite>,
    BodyFields(fields): BodyFields,
) -> Result<Json<bool>, ApiError> {
    let Named { name, description } = Named::read(&fields)?;
    state.permissions.create(&caller, name, description).await?;
    Ok(Json(true))
}

/// List permissions
///
/// In the order of their ids. Needs `permissions:read`.
#[utoipa::path(get, path = "/rbac/permissions", tag = "permissions", security(("bearer" = [])),
    params(Part),
    responses(
        (status = 200, description = "OK", body = [PermissionView], headers(("Link" = String, description = "The next page, if there is one"))),
        (status = 400, body = String, content_type = "application/json", description = "The part cannot be read"),
        TokenRefused, OutOfService,
    ))]
async fn list(
    Shared(state): Shared<State>,
    Holder(caller): Holder<PermissionsRead>,
    QueryFields(query): QueryFields,
) -> Result<Response, ApiError> {
    let paging = Paging::read(&query)?;
    let after = paging.after(whole_number)?.map(PermissionNumber);
    let page = state.permissions.list(&caller, after, paging.limit).await?;
    let permissions: Vec<_> = page.entries.iter().map(PermissionView::from).collect();
    let next = page.next.map(|number| number.0.to_string());
    let list = format!("{}/rbac/permissions", state.public_url);
    Ok(paging.answer(&permissions, &list, next))
}

/// See a permission
///
/// Needs `permissions:read`.
#[utoipa::path(get, path = "/rbac/permissions/{id}", tag = "permissions", security(("bearer" = [])),
    params(("id" = u64, Path, description = "The permission")),
    responses(
        (status = 200, description = "OK", body = PermissionView),
        PathRefused, TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such permission"),
        OutOfService,
    ))]
async fn get(
    Shared(state): Shared<State>,
    Holder(caller): Holder<PermissionsRead>,
    Path(id): Path<String>,
) -> Result<Json<PermissionView>, ApiError> {
    let permission = state.permissions.get(&caller, number(&id)?).await?;
    Ok(Json(PermissionView::from(&permission)))
}

/// Delete a permission
///
/// Nobody has it any more. Those that this API itself asks for stay. Needs `permissions:write`.
#[utoipa::path(delete, path = "/rbac/permissions/{id}", tag = "permissions", security(("bearer" = [])),
    params(("id" = u64, Path, description = "The permission")),
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        PathRefused, TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such permission"),
        OutOfService,
    ))]
async fn delete(
    Shared(state): Shared<State>,
    Holder(caller): Holder<PermissionsWrite>,
    Path(id): Path<String>,
) -> Result<Json<bool>, ApiError> {
    state.permissions.delete(&caller, number(&id)?).await?;
    Ok(Json(true))
}

/// What is no number is no permission's.
fn number(id: &str) -> Result<PermissionNumber, Error> {
    let number = whole_number(id).map(PermissionNumber);
    number.ok_or(Error::NotFound)
}
