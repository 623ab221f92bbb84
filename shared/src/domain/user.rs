//! A user: the account as every dialect sees it.

use jiff::Timestamp;

use uuid::Uuid;

use super::{
    Description, EmailAddress, FactorMethod, Language, PhoneNumber, PictureTag, Realm, UserId,
    UserNumber, UserRole,
};

const MAX_NAME_BYTES: usize = 128;
const MAX_PHONES: usize = 5;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that documents show"
)]
pub struct User {
    /// The core's name for it.
    pub id: UserId,
    /// The number that document 000 shows as `id`.
    pub number: UserNumber,
    /// Where its address is unique.
    pub realm: Realm,
    /// Its address.
    pub email: EmailAddress,
    /// First name, if it was ever given.
    pub first_name: Option<Name>,
    /// Last name, if it was ever given.
    pub last_name: Option<Name>,
    /// The name to show, if it was given whole. First and last name are never taken from it.
    pub display_name: Option<Name>,
    /// What others call it (document 004).
    pub nickname: Option<Name>,
    /// What others are told of it.
    pub description: Option<Description>,
    /// The entity it belongs to, a name of the application's own (document 001).
    pub owner: Option<Uuid>,
    /// Where it belongs, likewise.
    pub location: Option<Uuid>,
    /// Its picture, if it has one.
    pub avatar: Option<PictureTag>,
    /// Language of its mails and of its tokens.
    pub language: Language,
    /// Rights in the User Service dialect; nothing in any other.
    pub level: PermissionLevel,
    /// Role in the Security Service dialect; nothing in any other.
    pub user_role: UserRole,
    /// May sign in (shown as confirmed, active, validated, status 1).
    pub confirmed: bool,
    /// When a secret mailed to the address came back. Not the same as `confirmed`: without e-mail confirmation an account is
    /// confirmed but unproved.
    pub email_proved_at: Option<Timestamp>,
    /// Barred by an administrator.
    pub suspended: bool,
    /// Barred for good (document 001).
    pub black_listed: bool,
    /// The phone numbers that it has proved to have; the first is the one that is texted.
    pub phones: Vec<PhoneNumber>,
    /// What it asks for after the password, in every dialect.
    pub second_factor: Option<FactorMethod>,
    /// Signs in, and has to set another password before anything else. Which requests that bars is the dialects' to say; setting
    /// a password in any way clears it.
    pub must_change_password: bool,
    /// Raised by every event that ends sessions; equal to the credential's.
    pub credential_version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the password last changed: recoveries asked for before that are void.
    pub password_changed_at: Timestamp,
}

impl User {
    /// An account with nothing but its address, which may not sign in yet.
    pub fn new(
        id: UserId,
        number: UserNumber,
        realm: Realm,
        email: EmailAddress,
        language: Language,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            number,
            realm,
            email,
            first_name: None,
            last_name: None,
            display_name: None,
            nickname: None,
            description: None,
            avatar: None,
            owner: None,
            location: None,
            language,
            level: PermissionLevel::Standard,
            user_role: UserRole::Subscriber,
            confirmed: false,
            email_proved_at: None,
            suspended: false,
            black_listed: false,
            phones: Vec::new(),
            second_factor: None,
            must_change_password: false,
            credential_version: 1,
            created_at: now,
            password_changed_at: now,
        }
    }

    /// The account after its password was changed at this time.
    #[must_use]
    pub fn with_new_password(self, at: Timestamp) -> Self {
        Self {
            must_change_password: false,
            password_changed_at: at,
            credential_version: self.credential_version + 1,
            ..self
        }
    }

    /// Its phone numbers with this one, which comes last unless it is there; nothing if there are as many as there can be.
    pub fn phones_with(&self, number: &PhoneNumber) -> Option<Vec<PhoneNumber>> {
        let mut phones = self.phones.clone();
        if !phones.contains(number) {
            phones.push(number.clone());
        }
        (phones.len() <= MAX_PHONES || phones.len() == self.phones.len()).then_some(phones)
    }

    /// Whether an administrator keeps it from signing in.
    pub fn is_barred(&self) -> bool {
        self.suspended || self.black_listed
    }

    /// What everybody knows of the account's owner, and what a password therefore must not be.
    pub fn known_of_it(&self) -> Vec<&str> {
        let names = [
            &self.first_name,
            &self.last_name,
            &self.display_name,
            &self.nickname,
        ];
        std::iter::once(self.email.canonical())
            .chain(names.into_iter().flatten().map(Name::as_str))
            .collect()
    }

    /// The name to show: the one that was given whole, else first and last name, else nothing.
    pub fn shown_name(&self) -> String {
        let given = |name: &&Name| !name.as_str().is_empty();
        let whole = self.display_name.as_ref().filter(given);
        if let Some(whole) = whole {
            return whole.as_str().to_owned();
        }
        let parts = [&self.first_name, &self.last_name].into_iter().flatten();
        let parts: Vec<_> = parts.filter(given).map(Name::as_str).collect();
        parts.join(" ")
    }
}

/// A first, last or whole name: at most 128 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Reads a name; `None` if it is too long.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= MAX_NAME_BYTES).then(|| Self(text.to_owned()))
    }

    /// The name as stored: it was checked when it was first read.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Rank in the User Service dialect (`permissionLevel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PermissionLevel {
    /// 0, every new account.
    Standard,
    /// 1.
    Moderator,
    /// 2: the admin routes.
    Admin,
}

impl PermissionLevel {
    /// The number on the wire and in the store.
    pub fn as_number(self) -> u8 {
        match self {
            Self::Standard => 0,
            Self::Moderator => 1,
            Self::Admin => 2,
        }
    }

    /// The level with this number.
    pub fn from_number(number: u64) -> Option<Self> {
        [Self::Standard, Self::Moderator, Self::Admin]
            .into_iter()
            .find(|level| u64::from(level.as_number()) == number)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Name, User};
    use crate::domain::{EmailAddress, Language, Realm, UserId, UserNumber};

    fn named(first: Option<&str>, last: Option<&str>, whole: Option<&str>) -> User {
        User {
            first_name: first.and_then(Name::parse),
            last_name: last.and_then(Name::parse),
            display_name: whole.and_then(Name::parse),
            ..User::new(
                UserId(uuid::Uuid::from_bytes([7; 16])),
                UserNumber(7),
                Realm::default_realm(),
                EmailAddress::parse("ann@example.com").expect("an address"),
                Language::parse("en").expect("a tag"),
                Timestamp::UNIX_EPOCH,
            )
        }
    }

    #[test]
    fn the_shown_name_is_the_whole_one_else_first_and_last() {
        for (first, last, whole, shown) in [
            (None, None, None, ""),
            (Some("Ann"), None, None, "Ann"),
            (None, Some("Lee"), None, "Lee"),
            (Some("Ann"), Some("Lee"), None, "Ann Lee"),
            (Some(""), Some("Lee"), Some(""), "Lee"),
            (None, None, Some("A. Lee"), "A. Lee"),
            (Some("Ann"), Some("Lee"), Some("A. Lee"), "A. Lee"),
        ] {
            let user = named(first, last, whole);
            assert_eq!(user.shown_name(), shown);
            let names = (user.first_name, user.last_name);
            assert_eq!(
                (
                    names.0.as_ref().map(Name::as_str),
                    names.1.as_ref().map(Name::as_str)
                ),
                (first, last)
            );
        }
    }

    #[test]
    fn every_name_is_known_of_the_owner() {
        let user = named(Some("Ann"), Some("Lee"), Some("A. Lee"));
        assert_eq!(
            user.known_of_it(),
            ["ann@example.com", "Ann", "Lee", "A. Lee"]
        );
    }
}
