//! A session: what a sign-in opens and sign-out, expiry or a new credential version ends.

use jiff::Timestamp;

use aws_lc_rs::constant_time;
use secrecy::SecretString;

use super::addressed_secret::AddressedSecret;
use super::{DeviceId, Dialect, ProjectId, Random, SessionId, UserId};

/// One signed-in session of a user in one dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its name, `sid` in tokens.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The dialect that opened it: it is good for no other.
    pub dialect: Dialect,
    /// The version of the credential that opened it: any other version ends it.
    pub credential_version: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// How often it has been refreshed by a token that rotates.
    pub generation: u64,
    /// What its cookie is compared with, if it is held by one.
    pub cookie: Option<CookieDigest>,
    /// The project that it is good for (document 004).
    pub project: Option<ProjectId>,
    /// The device that it was opened on, if it was named.
    pub device: Option<DeviceId>,
}

/// SHA-256 of a cookie's secret: the stored form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieDigest(pub [u8; 32]);

/// The value of a cookie that holds a session: names user and session, and proves them by 256 secret bits; 86 characters.
pub struct SessionCookie(AddressedSecret);

impl SessionCookie {
    /// A fresh cookie for this session.
    pub fn new(user: UserId, session: SessionId, random: &dyn Random) -> Self {
        Self(AddressedSecret::new(user, session.0, random.bytes()))
    }

    /// Reads a cookie's value; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        AddressedSecret::parse(text).map(Self)
    }

    /// The value to set.
    pub fn to_text(&self) -> SecretString {
        self.0.to_text()
    }

    /// Whose session it claims to hold.
    pub fn user(&self) -> UserId {
        self.0.user
    }

    /// The session that it claims to hold.
    pub fn session(&self) -> SessionId {
        SessionId(self.0.record)
    }

    /// The stored form of its secret.
    pub fn digest(&self) -> CookieDigest {
        CookieDigest(self.0.digest())
    }

    /// Whether it holds this session. Constant time.
    pub fn holds(&self, session: &Session) -> bool {
        let digest = self.digest().0;
        let is_its_own = |stored: &CookieDigest| {
            constant_time::verify_slices_are_equal(&stored.0, &digest).is_ok()
        };
        session.cookie.as_ref().is_some_and(is_its_own)
    }
}

impl std::fmt::Debug for SessionCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionCookie")
    }
}

impl Session {
    /// The generation that its refresh token names.
    pub fn present_generation(&self) -> Generation {
        Generation {
            user: self.user,
            session: self.id,
            number: self.generation,
        }
    }

    /// Whether it has ended by time.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

/// One of the generations of a session, which every refresh follows by the next: what a rotating refresh token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    /// Whose session.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// How often it has been refreshed.
    pub number: u64,
}

impl Generation {
    /// The one that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            number: self.number + 1,
            ..self
        }
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::{AddressedSecret, SessionCookie, UserId};

    prop_compose! {
        fn cookie()(user: [u8; 16], session: [u8; 16], secret: [u8; 32]) -> SessionCookie {
            let user = UserId(uuid::Uuid::from_bytes(user));
            SessionCookie(AddressedSecret::new(user, session, secret))
        }
    }

    proptest! {
        #[test]
        fn a_cookie_reads_back_as_it_was_set(cookie in cookie()) {
            let text = cookie.to_text();
            let read = SessionCookie::parse(text.expose_secret()).expect("its own value");
            prop_assert_eq!(read.user(), cookie.user());
            prop_assert_eq!(read.session(), cookie.session());
            prop_assert_eq!(read.digest(), cookie.digest());
        }

        #[test]
        fn a_cookie_that_was_changed_is_none_or_holds_something_else(
            cookie in cookie(),
            at in any::<prop::sample::Index>(),
            by in "\\PC",
        ) {
            let text = cookie.to_text();
            let mut changed: Vec<_> = text.expose_secret().chars().map(String::from).collect();
            let at = at.index(changed.len());
            prop_assume!(changed[at] != by);
            changed[at] = by;
            if let Some(read) = SessionCookie::parse(&changed.concat()) {
                let is_same = read.user() == cookie.user()
                    && read.session() == cookie.session()
                    && read.digest() == cookie.digest();
                prop_assert!(!is_same);
            }
        }

        #[test]
        fn a_cookie_has_one_spelling(text in prop_oneof!["[A-Za-z0-9_-]{86}", "[A-Za-z0-9_=+/-]{0,90}", "\\PC*"]) {
            if let Some(read) = SessionCookie::parse(&text) {
                let written = read.to_text();
                prop_assert_eq!(written.expose_secret(), &text);
            }
        }
    }
}
