//! Who calls, and whether they have the permission that is asked for.

use std::marker::PhantomData;

use super::super::sessions::live;
use super::super::{CurrentUser, Sessions};
use crate::domain::{BuiltIn, Dialect, RoleNumber, RoleNumbers, User};
use crate::error::{Error, Result};
use crate::tokens::TokenUse;

/// A permission that use cases ask for, as a type: what takes the proof of one takes no other's.
pub trait Permit: Send + Sync + 'static {
    /// Which one it is.
    const PERMISSION: BuiltIn;
}

macro_rules! permits {
    ($($name:ident),+) => {
        $(
            #[doc = concat!("[`BuiltIn::", stringify!($name), "`].")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Permit for $name {
                const PERMISSION: BuiltIn = BuiltIn::$name;
            }
        )+
    };
}

permits!(
    UsersRead,
    PermissionsRead,
    PermissionsWrite,
    RolesRead,
    RolesWrite,
    RolesGrant
);

/// A user with a live session, who may have the permission `P` or not.
#[derive(Debug)]
pub struct Caller<P> {
    current: CurrentUser,
    roles: RoleNumbers,
    holds: bool,
    permission: PhantomData<P>,
}

/// Proof that a user with a live session has the permission `P`.
#[derive(Debug)]
pub struct Permitted<P>(Caller<P>);

impl<P: Permit> Caller<P> {
    /// Proof that they have the permission.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn into_permitted(self) -> Result<Permitted<P>> {
        if !self.holds {
            return Err(Error::Forbidden);
        }
        Ok(Permitted(self))
    }

    /// Whether they hold the role `admin`: they have every permission, also those made later.
    pub(in super::super) fn is_administrator(&self) -> bool {
        self.roles.contains(&RoleNumber::ADMIN)
    }

    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    pub(super) fn user(&self) -> &User {
        self.current.user()
    }

    pub(super) fn roles(&self) -> &RoleNumbers {
        &self.roles
    }
}

impl<P: Permit> Permitted<P> {
    pub(super) fn user(&self) -> &User {
        self.0.user()
    }

    pub(super) fn roles(&self) -> &RoleNumbers {
        self.0.roles()
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.0.current.session().dialect
    }

    pub(super) fn is_administrator(&self) -> bool {
        self.0.is_administrator()
    }
}

impl Sessions {
    /// Whose live session an access token speaks for, and whether they have the permission now. One round trip.
    ///
    /// # Errors
    /// As [`Self::authorise`]; [`Error::Forbidden`] as long as the user has to change the password.
    pub async fn authorise_caller<P: Permit>(
        &self,
        token: &str,
        dialect: Dialect,
    ) -> Result<Caller<P>> {
        let subject = self.verify(token, TokenUse::Access, dialect).await?;
        let (found, held) = self
            .context
            .store
            .read_session_and_access(subject.user, subject.session, P::PERMISSION)
            .await?;
        let current = live(found, dialect, self.context.now())?;
        if current.user().must_change_password {
            return Err(Error::Forbidden);
        }
        Ok(Caller {
            current,
            holds: held.holds(),
            roles: held.roles,
            permission: PhantomData,
        })
    }
}
