//! The use cases. They take domain values and give domain values or the core error; they know no HTTP.
//!
//! Each service holds just what it needs, so that a function that has no use for the mailer or a key does not get it.

mod access;
mod accounts;
mod attributes;
mod avatars;
mod bootstrap;
mod delivery;
mod limits;
mod password_change;
mod password_proof;
mod profiles;
mod recovery;
mod registration;
mod sessions;
mod setup;
mod sign_in;
mod verification;

use std::sync::Arc;

use jiff::Timestamp;

pub use access::{
    Caller, Directory, MAX_LISTED, Page, Permissions, PermissionsRead, PermissionsWrite, Permit,
    Permitted, RoleWithPermissions, Roles, RolesGrant, RolesRead, RolesWrite, UserWithRoles,
    UsersRead,
};
pub use accounts::{AccountAdministration, AccountPatch, Accounts, MAX_PAGE};
pub use attributes::{AttributeName, AttributesService};
pub use avatars::{Avatar, Avatars};
pub use bootstrap::{Administrator, Bootstrap, Invited};
pub use delivery::{Delivery, DeliveryError, Swept};
pub use limits::{LimitSettings, Limits};
pub use password_change::{PasswordChange, PasswordChangeRequest};
pub use profiles::Profiles;
pub use recovery::Recovery;
pub use registration::{AccountSettings, Admission, Registrar, Registration};
pub use sessions::{CurrentUser, Sessions, UserServiceAdmin};
pub use setup::Setup;
pub use sign_in::{SignIn, SignInRequest, SignedIn};
pub use verification::Verification;

use crate::domain::{Clock, Dialect, Intent, IntentId, IntentKind, Random, Recipient, UserId};
use crate::store::Store;

/// Tells the request's one log line what became of it, and of whom.
fn tell(outcome: &'static str, user: UserId) {
    let request = tracing::Span::current();
    request.record("outcome", outcome);
    request.record("user.id", tracing::field::display(user));
}

/// What every service needs: the store, the time and chance.
#[derive(Debug, Clone)]
pub struct Context {
    /// The one store.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
}

impl Context {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn intent(
        &self,
        kind: IntentKind,
        recipient: Recipient,
        dialect: Dialect,
        key_version: u32,
    ) -> Intent {
        Intent {
            id: IntentId::new(&*self.random),
            kind,
            recipient,
            dialect,
            key_version,
            issued_at: self.now(),
        }
    }

    /// Promises to erase what a deleted user leaves behind. Carries no secret, so no key derives anything from it.
    fn erase_intent(&self, user: UserId, dialect: Dialect) -> Intent {
        self.intent(IntentKind::Erase, Recipient::User(user), dialect, 0)
    }
}
