//! The dialect's answers, spelled as document 002 spells them.

use serde::Serialize;
use shared::domain::{Permission, Role, User};
use shared::service::{RoleWithPermissions, UserWithRoles};
use utoipa::ToSchema;

/// A user who has just signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthenticatedView {
    #[schema(format = "uuid")]
    uid: String,
    name: String,
    email: String,
    active: bool,
    reset_password: bool,
    /// A JWT, signed by RS512
    token: String,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    #[schema(format = "uuid")]
    uid: String,
    name: String,
    email: String,
    /// Whether the user may sign in
    active: bool,
    /// Whether the user has to change the password first
    reset_password: bool,
    roles: Vec<HeldRoleView>,
}

/// A role that a user holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldRoleView {
    id: u64,
    #[schema(format = "uuid")]
    uid: String,
    name: String,
    description: String,
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleView {
    id: u64,
    #[schema(format = "uuid")]
    uid: String,
    name: String,
    description: String,
    permissions: Vec<PermissionView>,
}

/// A permission.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionView {
    id: u64,
    name: String,
    description: String,
}

impl AuthenticatedView {
    pub(crate) fn new(user: &User, token: String) -> Self {
        Self {
            uid: user.id.to_string(),
            name: user.shown_name(),
            email: user.email.canonical().to_owned(),
            active: is_active(user),
            reset_password: user.must_change_password,
            token,
        }
    }
}

impl From<&UserWithRoles> for UserView {
    fn from(UserWithRoles { user, roles }: &UserWithRoles) -> Self {
        Self {
            uid: user.id.to_string(),
            name: user.shown_name(),
            email: user.email.canonical().to_owned(),
            active: is_active(user),
            reset_password: user.must_change_password,
            roles: roles.iter().map(HeldRoleView::from).collect(),
        }
    }
}

impl From<&Role> for HeldRoleView {
    fn from(role: &Role) -> Self {
        Self {
            id: role.number.0,
            uid: role.uid.to_string(),
            name: role.name.as_str().to_owned(),
            description: role.description.as_str().to_owned(),
        }
    }
}

impl From<&RoleWithPermissions> for RoleView {
    fn from(RoleWithPermissions { role, permissions }: &RoleWithPermissions) -> Self {
        Self {
            id: role.number.0,
            uid: role.uid.to_string(),
            name: role.name.as_str().to_owned(),
            description: role.description.as_str().to_owned(),
            permissions: permissions.iter().map(PermissionView::from).collect(),
        }
    }
}

impl From<&Permission> for PermissionView {
    fn from(permission: &Permission) -> Self {
        Self {
            id: permission.number.0,
            name: permission.name.as_str().to_owned(),
            description: permission.description.as_str().to_owned(),
        }
    }
}

fn is_active(user: &User) -> bool {
    user.confirmed && !user.is_barred()
}
