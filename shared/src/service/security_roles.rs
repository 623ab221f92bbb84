//! Proofs that a caller has a role of the Security Service dialect which reaches for what it asks.
//!
//! Services that act for such callers demand one, so that forgetting the check does not compile.

use super::CurrentUser;
use crate::domain::UserRole;
use crate::error::{Error, Result};

/// Proof that a caller is root.
#[derive(Debug, Clone)]
pub struct SecurityRoot(CurrentUser);

/// Proof that a caller is root or an administrator of the Security Service dialect.
#[derive(Debug, Clone)]
pub struct SecurityAdmin(CurrentUser);

/// Proof that a caller is root or another service.
#[derive(Debug, Clone)]
pub struct SecuritySystem(CurrentUser);

impl CurrentUser {
    /// Proof that the caller is root.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn into_security_root(self) -> Result<SecurityRoot> {
        self.having(&[UserRole::Root]).map(SecurityRoot)
    }

    /// Proof that the caller is root or an administrator.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn into_security_admin(self) -> Result<SecurityAdmin> {
        let roles = [UserRole::Root, UserRole::Admin];
        self.having(&roles).map(SecurityAdmin)
    }

    /// Proof that the caller is root or another service.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn into_security_system_or_root(self) -> Result<SecuritySystem> {
        let roles = [UserRole::Root, UserRole::System];
        self.having(&roles).map(SecuritySystem)
    }

    fn having(self, roles: &[UserRole]) -> Result<Self> {
        if !roles.contains(&self.user().user_role) {
            return Err(Error::Forbidden);
        }
        Ok(self)
    }
}

impl SecurityRoot {
    /// Who it is, and by which session.
    pub fn current(&self) -> &CurrentUser {
        &self.0
    }
}

impl SecurityAdmin {
    /// Who it is, and by which session.
    pub fn current(&self) -> &CurrentUser {
        &self.0
    }
}

impl SecuritySystem {
    /// Who it is, and by which session.
    pub fn current(&self) -> &CurrentUser {
        &self.0
    }
}

impl TryFrom<CurrentUser> for SecurityRoot {
    type Error = Error;

    fn try_from(caller: CurrentUser) -> Result<Self> {
        caller.into_security_root()
    }
}

impl TryFrom<CurrentUser> for SecurityAdmin {
    type Error = Error;

    fn try_from(caller: CurrentUser) -> Result<Self> {
        caller.into_security_admin()
    }
}

impl TryFrom<CurrentUser> for SecuritySystem {
    type Error = Error;

    fn try_from(caller: CurrentUser) -> Result<Self> {
        caller.into_security_system_or_root()
    }
}
