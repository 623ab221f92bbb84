//! Identifiers: of users, projects, devices, sessions, intents and realms.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::Random;

/// A UUID by its purpose.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id.
            pub fn new(random: &dyn Random) -> Self {
                Self(random.uuid())
            }

            /// Reads the text form of RFC 9562 §4, in either case. The library knows others, which would give one thing many ids.
            pub fn parse(text: &str) -> Option<Self> {
                let is_hyphenated = text.len() == Hyphenated::LENGTH;
                Uuid::try_parse(text)
                    .ok()
                    .filter(|_| is_hyphenated)
                    .map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id! {
    /// The core's name for a user, a version 4 UUID; `sub` in every token.
    UserId
}

uuid_id! {
    /// Names a project (document 004).
    ProjectId
}

uuid_id! {
    /// An application's name for one of its users' devices (document 004): whatever UUID it chooses.
    DeviceId
}

/// The lower bits of an attribute's id, which name its key.
pub(super) const ATTRIBUTE_BITS: u32 = 20;

/// The number that document 000 calls a user's `id`: counted from 1, below 2^33, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserNumber(pub u64);

impl UserNumber {
    /// The number of the user whose attribute has this id.
    pub fn of_attribute(id: u64) -> Self {
        Self(id >> ATTRIBUTE_BITS)
    }
}

impl fmt::Display for UserNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Sixteen random bytes, written as base64url without padding.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// A fresh id.
            pub fn new(random: &dyn Random) -> Self {
                Self(random.bytes())
            }

            /// Reads the base64url form.
            pub fn parse(text: &str) -> Option<Self> {
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                BASE64URL_NOPAD.encode_display(&self.0).fmt(f)
            }
        }
    };
}

random_id! {
    /// Names one signed-in session of a user; `sid` in its tokens.
    SessionId
}

random_id! {
    /// Names one intent in the outbox and the code record that comes of it.
    IntentId
}

/// A set of accounts in which an address is unique. All dialects share the default realm; an Identify project may have its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Realm(String);

impl Realm {
    /// The realm that the dialects share.
    pub fn default_realm() -> Self {
        Self("default".to_owned())
    }

    /// The realm of this name, as stored.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// Reads the name of a realm: lower-case letters, digits and hyphens, at most 36 of them.
    pub fn parse(name: &str) -> Option<Self> {
        let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let fits = (1..=36).contains(&name.len()) && name.bytes().all(is_plain);
        fits.then(|| Self(name.to_owned()))
    }

    /// The name as it stands in keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::UserId;

    #[test]
    fn a_user_id_has_one_form_in_either_case() {
        let id = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
        for text in [id, &id.to_uppercase()] {
            let read = UserId::parse(text).map(|user| user.to_string());
            assert_eq!(read.as_deref(), Some(id));
        }
        for text in [
            "",
            "6ba7b8109dad41d180b400c04fd430c8",
            "{6ba7b810-9dad-41d1-80b4-00c04fd430c8}",
            "urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8",
            " 6ba7b810-9dad-41d1-80b4-00c04fd430c8",
            "6ba7b810-9dad-41d1-80b4-00c04fd430c",
            "6ba7b810-9dad-41d1-80b4-00c04fd430cg",
        ] {
            assert!(UserId::parse(text).is_none(), "{text:?}");
        }
    }
}
