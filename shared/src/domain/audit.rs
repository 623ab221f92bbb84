//! What became of somebody's account: the outcomes that requests tell, and which of them are kept.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use uuid::Uuid;

use super::{SessionId, UserId};

/// The outcomes, each with its name, and whether it is kept.
macro_rules! outcomes {
    ($($name:ident = $text:literal, $kept:ident;)*) => {
        /// What a request came to, in one word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Outcome {
            $(#[doc = concat!("`", $text, "`.")] $name,)*
        }

        impl Outcome {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in the log and in the trail.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Whether whoever looks into what happened to an account would ask for it. If so it is kept in the audit trail, else the
            /// log alone has it.
            pub fn is_kept(self) -> bool {
                match self {
                    $(Self::$name => outcomes!($kept),)*
                }
            }
        }
    };
    (kept) => { true };
    (logged) => { false };
}

outcomes! {
    Registered = "registered", kept;
    Created = "created", kept;
    Activated = "activated", kept;
    Invited = "invited", kept;
    Linked = "linked", kept;
    TakenOver = "taken-over", kept;
    Deleted = "deleted", kept;
    SignedIn = "signed-in", kept;
    SignInWithdrawn = "sign-in-withdrawn", kept;
    WrongPassword = "wrong-password", kept;
    Locked = "locked", logged;
    Challenged = "challenged", kept;
    WrongSecondFactor = "wrong-second-factor", kept;
    RecoveryCodeUsed = "recovery-code-used", kept;
    SignedOut = "signed-out", kept;
    SessionEnded = "session-ended", kept;
    SessionsEnded = "sessions-ended", kept;
    RefreshTokenReused = "refresh-token-reused", kept;
    PasswordChanged = "password-changed", kept;
    RecoveryMailed = "recovery-mailed", kept;
    EmailChanged = "email-changed", kept;
    SecondFactorBound = "second-factor-bound", kept;
    SecondFactorRemoved = "second-factor-removed", kept;
    Changed = "changed", kept;
    ProfileChanged = "profile-changed", logged;
    PhoneCodeSent = "phone-code-sent", logged;
    PhoneValidated = "phone-validated", kept;
    AvatarSet = "avatar-set", logged;
    AvatarRemoved = "avatar-removed", logged;
    MailSent = "mail-sent", logged;
    TextMessageSent = "text-message-sent", logged;
    RoleGranted = "role-granted", kept;
    RoleRevoked = "role-revoked", kept;
    RoleCreated = "role-created", kept;
    RoleDeleted = "role-deleted", kept;
    PermissionCreated = "permission-created", kept;
    PermissionDeleted = "permission-deleted", kept;
    PermissionAdded = "permission-added", kept;
    PermissionRemoved = "permission-removed", kept;
    LogLevelsSet = "log-levels-set", kept;
    Reloaded = "reloaded", logged;
    KeysMade = "keys-made", kept;
    KeysAdvanced = "keys-advanced", kept;
    KeyRevoked = "key-revoked", kept;
    IssuerChanged = "issuer-changed", kept;
    ProjectPut = "project-put", kept;
    ProjectSecretRotated = "project-secret-rotated", kept;
}

impl UserId {
    /// Nobody: whom events are kept of that concern no account, but the installation.
    pub const INSTALLATION: Self = Self(Uuid::nil());
}

/// An event of the audit trail. Nothing in it says who a person is, but by ids that outlive what they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Whose.
    pub user: UserId,
    /// When, and which of that time.
    pub position: AuditPosition,
    /// What: the name of an [`Outcome`], perhaps of another release.
    pub event: String,
    /// The dialect that it came in by; `operator` for a command.
    pub origin: String,
    /// The request that it came of.
    pub request: Option<String>,
    /// Who did it, if not the user.
    pub by: Option<UserId>,
    /// The session that it is about.
    pub session: Option<SessionId>,
}

/// Where an event stands in its user's trail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPosition {
    millisecond: i64,
    /// Which of its request.
    index: usize,
    id: Uuid,
}

/// Digits of a time: enough until the year 33658.
const TIME_DIGITS: usize = 15;

impl AuditPosition {
    /// Of an event at this time, the one of its request that has this index.
    pub fn new(at: Timestamp, index: usize, id: Uuid) -> Self {
        Self {
            millisecond: at.as_millisecond().max(0),
            index: index.min(99),
            id,
        }
    }

    /// Reads the form that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '#');
        let position = Self {
            millisecond: parts.next()?.parse().ok()?,
            index: parts.next()?.parse().ok()?,
            id: Uuid::try_parse(parts.next()?).ok()?,
        };
        // Exactly so, and in no other spelling: positions are compared as texts.
        (position.to_string() == text).then_some(position)
    }

    /// In epoch milliseconds.
    pub fn millisecond(&self) -> i64 {
        self.millisecond
    }

    /// As whoever reads on hands it back.
    pub fn to_cursor(&self) -> String {
        BASE64URL_NOPAD.encode(self.to_string().as_bytes())
    }

    /// Reads what [`Self::to_cursor`] wrote.
    pub fn from_cursor(cursor: &str) -> Option<Self> {
        let text = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
        Self::parse(std::str::from_utf8(&text).ok()?)
    }
}

impl fmt::Display for AuditPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            millisecond,
            index,
            id,
        } = self;
        write!(f, "{millisecond:0TIME_DIGITS$}#{index:02}#{id}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::Timestamp;
    use uuid::Uuid;

    use super::{AuditPosition, Outcome};

    fn position(millisecond: i64, index: usize) -> AuditPosition {
        let at = Timestamp::from_millisecond(millisecond).expect("a time");
        AuditPosition::new(at, index, Uuid::from_u128(7))
    }

    #[test]
    fn positions_are_ordered_as_texts_by_time_and_then_by_index() {
        let positions = [
            position(0, 0),
            position(999, 1),
            position(1_000, 0),
            position(1_795_342_530_000, 2),
            position(1_795_342_530_000, 10),
        ];
        assert!(positions.is_sorted());
        assert!(positions.map(|position| position.to_string()).is_sorted());
    }

    #[test]
    fn a_cursor_reads_back_as_it_was_written() {
        let written = position(1_795_342_530_000, 3);
        let read = AuditPosition::from_cursor(&written.to_cursor());
        assert_eq!(read.as_ref(), Some(&written));
        assert_eq!(read.map(|read| read.millisecond()), Some(1_795_342_530_000));
    }

    #[test]
    fn what_is_no_cursor_is_none() {
        let text = position(1, 1).to_string();
        for spelt in [
            "",
            "#",
            "1#1#00000000-0000-0000-0000-000000000007",
            &text[1..],
            &format!("+{}", &text[1..]),
            &text.to_uppercase().replace("0000-", "000-"),
            &format!("{text}#"),
        ] {
            assert_eq!(AuditPosition::parse(spelt), None, "{spelt:?}");
            let cursor = data_encoding::BASE64URL_NOPAD.encode(spelt.as_bytes());
            assert_eq!(AuditPosition::from_cursor(&cursor), None, "{spelt:?}");
        }
        assert_eq!(AuditPosition::from_cursor(&text), None);
    }

    #[test]
    fn no_two_outcomes_share_a_name() {
        let names: HashSet<_> = Outcome::ALL
            .iter()
            .map(|outcome| outcome.as_str())
            .collect();
        assert_eq!(names.len(), Outcome::ALL.len());
    }
}

#[cfg(test)]
mod properties {
    use data_encoding::BASE64URL_NOPAD;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::AuditPosition;

    prop_compose! {
        fn position()(at in 0..253_402_207_200_000_i64, index in 0..100_usize, id: [u8; 16]) -> AuditPosition {
            let at = Timestamp::from_millisecond(at).expect("a time");
            AuditPosition::new(at, index, Uuid::from_bytes(id))
        }
    }

    proptest! {
        #[test]
        fn a_cursor_leads_back_to_its_position(position in position()) {
            prop_assert_eq!(AuditPosition::from_cursor(&position.to_cursor()), Some(position));
        }

        #[test]
        fn a_cursor_that_was_cut_short_is_none(position in position(), end in any::<prop::sample::Index>()) {
            let cursor = position.to_cursor();
            prop_assert_eq!(AuditPosition::from_cursor(&cursor[..end.index(cursor.len())]), None);
        }

        #[test]
        fn a_cursor_has_one_spelling(
            position in position(),
            at in any::<prop::sample::Index>(),
            by: u8,
            other in "[A-Za-z0-9_-]{0,80}",
        ) {
            let mut text = position.to_string().into_bytes();
            let at = at.index(text.len());
            text[at] = by;
            for cursor in [BASE64URL_NOPAD.encode(&text), other] {
                if let Some(read) = AuditPosition::from_cursor(&cursor) {
                    prop_assert_eq!(read.to_cursor(), cursor);
                }
            }
        }
    }
}
