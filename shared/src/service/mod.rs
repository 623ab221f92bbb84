//! The use cases. They take domain values and give domain values or the core error; they know no HTTP.
//!
//! Each service holds just what it needs, so that a function that has no use for the mailer or a key does not get it.

mod access;
mod accounts;
mod attributes;
mod avatars;
mod bootstrap;
mod cookie_sessions;
mod delivery;
mod email_change;
mod identify;
mod limits;
mod mailability;
mod messages;
mod opening;
mod own_sessions;
mod password_change;
mod password_history;
mod password_proof;
mod phones;
mod profiles;
mod reauthentication;
mod recovery;
mod registration;
mod reset_code;
mod rotation;
mod second_factor;
mod security_roles;
mod sessions;
mod setup;
mod sign_in;
mod system;
mod trail;
mod users;
mod verification;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use access::{
    Caller, Directory, MAX_LISTED, Page, Permissions, PermissionsRead, PermissionsWrite, Permit,
    Permitted, RoleWithPermissions, Roles, RolesGrant, RolesRead, RolesWrite, UserWithRoles,
    UsersRead,
};
pub use accounts::{AccountAdministration, AccountPatch, Accounts, MAX_PAGE};
pub use attributes::{AttributeName, AttributesService};
pub use avatars::{Avatar, Avatars, OwnerOfAvatar};
pub use bootstrap::{Administrator, Bootstrap, Invited};
pub use cookie_sessions::{CookieSessions, Resumed};
pub use delivery::{Delivery, DeliveryError, Swept};
pub use email_change::EmailChange;
pub use identify::{
    Elsewhere, Federation, Greeted, Guests, IdentityProviders, MemberPatch, Members, Newcomer,
    Participant, ProjectPatch, Projects, PutProject, TakeOver, Vouched,
};
pub use limits::{LimitSettings, Limits, SmsLimits};
pub use mailability::{Mailability, Mailer};
pub use messages::{MailRequest, Messages};
pub use opening::Opening;
pub use own_sessions::{OwnSession, OwnSessions};
pub use password_change::{PasswordChange, PasswordChangeRequest};
pub use phones::PhoneNumbers;
pub use profiles::Profiles;
pub use reauthentication::{Reauthenticated, Reauthentication};
pub use recovery::Recovery;
pub use registration::{AccountSettings, Admission, Registrar, Registration};
pub use rotation::{ConnectKmsKeys, KeyHomes, KeyRotation};
pub use second_factor::{
    Begun, Challenged, Enrolment, FirstStep, NewAuthenticator, RecoveryCodes, SignInCodes,
    StepwiseSignIn,
};
pub use security_roles::{SecurityAdmin, SecurityRoot, SecuritySystem};
pub use sessions::{CurrentUser, Sessions, UserServiceAdmin};
pub use setup::Setup;
pub use sign_in::{Place, SignIn, SignInRequest, SignedIn};
pub use system::{Endpoint, Machine, Process, SystemControl, SystemInfo, SystemSettings};
pub use trail::{AuditPage, AuditReading, MAX_EVENTS, Trail};
pub use users::{
    FactorPatch, ListedUsers, MAX_SELECTED, NewUser, UserAdministration, UserDetails,
    UserDetailsService, UserPatch, UserQuery,
};
pub use verification::Verification;

use trail::{Happening, keep_alike, signing_in, tell};

use crate::domain::{
    Clock, CodePurpose, Dialect, Intent, IntentId, IntentKind, OneTimeCode, Random, Recipient,
    Session, SessionCookie, SessionId, User, UserId,
};
use crate::error::Result;
use crate::keys::SealingKey;
use crate::store::{CodeProof, Store};

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

    /// Whether a mailed code looks live. Two reads.
    async fn is_live(&self, code: &OneTimeCode, purpose: CodePurpose) -> Result<bool> {
        let Some(user) = self.store.find_user(code.user()).await? else {
            return Ok(false);
        };
        let proof = CodeProof {
            purpose,
            record: code.record(),
            digest: code.digest(),
        };
        Ok(self.store.is_live_code(&user, &proof, self.now()).await?)
    }

    /// A session that begins now, and the cookie that holds it, if the dialect has cookies.
    fn new_session(
        &self,
        user: UserId,
        dialect: Dialect,
        credential_version: u64,
        lifetime: Duration,
    ) -> (Session, Option<SessionCookie>) {
        let now = registration::whole_milliseconds(self.now());
        let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
        let id = SessionId::new(&*self.random);
        let cookie = dialect
            .has_cookies()
            .then(|| SessionCookie::new(user, id, &*self.random));
        let session = Session {
            id,
            user,
            dialect,
            credential_version,
            created_at: now,
            expires_at: now + lifetime,
            generation: 0,
            cookie: cookie.as_ref().map(SessionCookie::digest),
            project: None,
            device: None,
        };
        (session, cookie)
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

    /// Tells the former address of a move, whoever asked for it. Nothing else remembers that address, so the intent carries it.
    fn email_changed_notice(&self, former: &User, seal: &SealingKey, dialect: Dialect) -> Intent {
        let nobody = Recipient::User(former.id);
        let intent = self.intent(IntentKind::EmailChangedNotice, nobody, dialect, 0);
        let sealed = seal.seal(former.email.original(), &intent.id.0, &*self.random);
        Intent {
            recipient: Recipient::SealedAddress {
                user: former.id,
                sealed: sealed.0,
            },
            ..intent
        }
    }

    /// Promises to erase what a deleted user leaves behind. Carries no secret, so no key derives anything from it.
    fn erase_intent(&self, user: UserId, dialect: Dialect) -> Intent {
        self.intent(IntentKind::Erase, Recipient::User(user), dialect, 0)
    }
}
