//! Roles, and who holds them: rows 12 to 19.

use axum::Json;
use axum::extract::{FromRef, Path, State as Shared};
use axum::response::Response;
use shared::domain::{PermissionNumber, RoleKey, RoleNumber, UserId};
use shared::error::Error;
use shared::http::{Fault, Fields, operations, whole_number};
use shared::runtime::{Foundation, StartError};
use shared::service::{Roles, RolesGrant, RolesRead, RolesWrite, Sessions};
use utoipa::ToSchema;

use crate::document::{BodyRefused, OutOfService, Part, PathRefused, TokenRefused};
use crate::error::ApiError;
use crate::extract::{BodyFields, Holder, Named, QueryFields, role_in};
use crate::paging::Paging;
use crate::view::RoleView;

operations! { State;
    POST "/rbac/roles/create" => create,
    POST "/rbac/roles/add_permission" => add_permission,
    POST "/rbac/roles/remove_permission" => remove_permission,
    GET "/rbac/roles/{id}" => get,
    DELETE "/rbac/roles/{id}" => delete,
    POST "/rbac/roles/grant" => grant,
    POST "/rbac/roles/revoke" => revoke,
    GET "/rbac/roles" => list,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    sessions: Sessions,
    roles: Roles,
    public_url: String,
}

impl State {
    pub(crate) fn new(foundation: &Foundation) -> Result<Self, StartError> {
        Ok(Self {
            sessions: foundation.sessions()?,
            roles: foundation.roles(),
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
struct CreateRoleRequest {
    #[schema(min_length = 1, max_length = 128, example = "reporter")]
    name: String,
    #[schema(max_length = 1024, required = false)]
    description: String,
}

/// Create a role
///
/// It gives nothing yet. Needs `roles:write`.
#[utoipa::path(post, path = "/rbac/roles/create", tag = "roles", security(("bearer" = [])),
    request_body = CreateRoleRequest,
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 400, body = String, content_type = "application/json", description = "Field missing or invalid"),
        TokenRefused,
        (status = 409, body = String, content_type = "application/json", description = "The name is taken"),
        BodyRefused, OutOfService,
    ))]
async fn create(
    Shared(state): Shared<State>,
    Holder(caller): Holder<RolesWrite>,
    BodyFields(fields): BodyFields,
) -> Result<Json<bool>, ApiError> {
    let Named { name, description } = Named::read(&fields)?;
    state.roles.create(&caller, name, description).await?;
    Ok(Json(true))
}

#[derive(ToSchema)]
struct RolePermissionRequest {
    /// The role's id: a number, digits, or its UUID
    #[schema(value_type = u64, example = 2)]
    role_id: RoleKey,
    /// The permission's id: a number, or digits
    #[schema(value_type = u64, example = 7)]
    permission_id: PermissionNumber,
}

impl RolePermissionRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let permission = fields.optional_number("permission_id")?;
        let permission = permission.ok_or(Error::MissingField("permission_id"))?;
        Ok(Self {
            role_id: role_in(fields)?,
            permission_id: PermissionNumber(permission),
        })
    }
}

/// Have a role give a permission
///
/// Needs `roles:write`, and the permission itself.
#[utoipa::path(post, path = "/rbac/roles/add_permission", tag = "roles", security(("bearer" = [])),
    request_body = RolePermissionRequest,
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 400, body = String, content_type = "application/json",
            description = "Field missing or invalid, or the role has as many permissions as it may have"),
        TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such role or permission"),
        BodyRefused, OutOfService,
    ))]
async fn add_permission(
    Shared(state): Shared<State>,
    Holder(caller): Holder<RolesWrite>,
    BodyFields(fields): BodyFields,
) -> Result<Json<bool>, ApiError> {
    let request = RolePermissionRequest::read(&fields)?;
    state
        .roles
        .add_permission(&caller, &request.role_id, request.permission_id)
        .await?;
    Ok(Json(true))
}

/// Have a role give a permission no more
///
/// Needs `roles:write`.
#[utoipa::path(post, path = "/rbac/roles/remove_permission", tag = "roles", security(("bearer" = [])),
    request_body = RolePermissionRequest,
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 400, body = String, content_type = "application/json", description = "Field missing or invalid"),
        TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such role or permission"),
        BodyRefused, OutOfService,
    ))]
async fn remove_permission(
    Shared(state): Shared<State>,
    Holder(caller): Holder<RolesWrite>,
    BodyFields(fields): BodyFields,
) -> Result<Json<bool>, ApiError> {
    let request = RolePermissionRequest::read(&fields)?;
    state
        .roles
        .remove_permission(&caller, &request.role_id, request.permission_id)
        .await?;
    Ok(Json(true))
}

/// See a role and its permissions
///
/// Needs `roles:read`.
#[utoipa::path(get, path = "/rbac/roles/{id}", tag = "roles", security(("bearer" = [])),
    params(("id" = String, Path, description = "The role's id or its UUID")),
    responses(
        (status = 200, description = "OK", body = RoleView),
        PathRefused, TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such role"),
        OutOfService,
    ))]
async fn get(
    Shared(state): Shared<State>,
    Holder(caller): Holder<RolesRead>,
    Path(id): Path<String>,
) -> Result<Json<RoleView>, ApiError> {
    let role = state.roles.get(&caller, &key(&id)?).await?;
    Ok(Json(RoleView::from(&role)))
}

/// Delete a role
///
/// Nobody holds it any more. The role `admin` stays. Needs `roles:write`.
#[utoipa::path(delete, path = "/rbac/roles/{id}", tag = "roles", security(("bearer" = [])),
    params(("id" = String, Path, description = "The role's id or its UUID")),
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        PathRefused, TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such role"),
        OutOfService,
    ))]
async fn delete(
    Shared(state): Shared<State>,
    Holder(caller): Holder<RolesWrite>,
    Path(id): Path<String>,
) -> Result<Json<bool>, ApiError> {
    state.roles.delete(&caller, &key(&id)?).await?;
    Ok(Json(true))
}

#[derive(ToSchema)]
struct GrantRequest {
    /// The role's id: a number, digits, or its UUID
    #[schema(value_type = u64, example = 2)]
    role_id: RoleKey,
    #[schema(value_type = String, format = "uuid")]
    user_uid: UserId,
}

impl GrantRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let user = UserId::parse(fields.required("user_uid")?);
        Ok(Self {
            role_id: role_in(fields)?,
            user_uid: user.ok_or(Error::InvalidField("user_uid"))?,
        })
    }
}

/// Have a user hold a role
///
/// Needs `roles:grant`, and every permission that the role gives.
#[utoipa::path(post, path = "/rbac/roles/grant", tag = "roles", security(("bearer" = [])),
    request_body = GrantRequest,
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 400, body = String, content_type = "application/json",
            description = "Field missing or invalid, or the user holds as many roles as one may hold"),
        TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such role or user"),
        BodyRefused, OutOfService,
    ))]
async fn grant(
    Shared(state): Shared<State>,
    Holder(caller): Holder<RolesGrant>,
    BodyFields(fields): BodyFields,
) -> Result<Json<bool>, ApiError> {
    let request = GrantRequest::read(&fields)?;
    state
        .roles
        .grant(&caller, &request.role_id, request.user_uid)
        .await?;
    Ok(Json(true))
}

/// Have a user hold a role no more
///
/// Needs `roles:grant`. The role `admin` can be revoked by its holders, and stays with the last of them.
#[utoipa::path(post, path = "/rbac/roles/revoke", tag = "roles", security(("bearer" = [])),
    request_body = GrantRequest,
    responses(
        (status = 200, description = "OK", body = bool, content_type = "application/json", example = true),
        (status = 400, body = String, content_type = "application/json", description = "Field missing or invalid"),
        TokenRefused,
        (status = 404, body = String, content_type = "application/json", description = "There is no such role or user"),
        BodyRefused, OutOfService,
    ))]
async fn revoke(
    Shared(state): Shared<State>,
    Holder(caller): Holder<RolesGrant>,
    BodyFields(fields): BodyFields,
) -> Result<Json<bool>, ApiError> {
    let request = GrantRequest::read(&fields)?;
    state
        .roles
        .revoke(&caller, &request.role_id, request.user_uid)
        .await?;
    Ok(Json(true))
}

/// List roles
///
/// In the order of their ids. Needs `roles:read`.
#[utoipa::path(get, path = "/rbac/roles", tag = "roles", security(("bearer" = [])),
    params(Part),
    responses(
        (status = 200, description = "OK", body = [RoleView], headers(("Link" = String, description = "The next page, if there is one"))),
        (status = 400, body = String, content_type = "application/json", description = "The part cannot be read"),
        TokenRefused, OutOfService,
    ))]
async fn list(
    Shared(state): Shared<State>,
    Holder(caller): Holder<RolesRead>,
    QueryFields(query): QueryFields,
) -> Result<Response, ApiError> {
    let paging = Paging::read(&query)?;
    let after = paging.after(whole_number)?.map(RoleNumber);
    let page = state.roles.list(&caller, after, paging.limit).await?;
    let roles: Vec<_> = page.entries.iter().map(RoleView::from).collect();
    let next = page.next.map(|number| number.0.to_string());
    let list = format!("{}/rbac/roles", state.public_url);
    Ok(paging.answer(&roles, &list, next))
}

/// What is neither a number nor a UUID is no role's.
fn key(id: &str) -> Result<RoleKey, Error> {
    RoleKey::parse(id).ok_or(Error::NotFound)
}
