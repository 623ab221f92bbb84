//! Passwords: what somebody types, what may become a password, and what is stored.
//!
//! At least 8 and at most 1024 bytes. Any Unicode, normalised (NFC), never truncated, no rule about kinds of characters, the
//! common ones refused (NIST SP 800-63B-4 §3.1.1.2).

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::guessing::is_guessed_early;

/// What document 001 asks of a password, as a regular expression that its clients can check with.
pub const STRICT_PASSWORD_PATTERN: &str =
    r"^(?=.*?[A-Z])(?=.*?[a-z])(?=.*?[0-9])(?=.*?[#?!@$%^&*-]).{8,}$";
const SIGNS: &str = "#?!@$%^&*-";

const MIN_BYTES: usize = 8;
const MAX_BYTES: usize = 1024;

/// A password as somebody typed it, in NFC. It may be wrong or too weak; it is never stored.
#[derive(Clone)]
pub struct Password(SecretString);

/// A password that the rules allow to be set.
#[derive(Clone)]
pub struct NewPassword(Password);

/// Why a password may not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Under 8 bytes.
    #[error("the password needs at least 8 characters")]
    TooShort,
    /// Over 1024 bytes.
    #[error("the password may have at most 1024 bytes")]
    TooLong,
    /// Among the first that an attacker would try.
    #[error("the password is too easy to guess")]
    TooCommon,
    /// What it is to replace.
    #[error("the password is the one that was there")]
    Unchanged,
    /// A kind of character is missing that document 001 asks for.
    #[error("the password needs upper and lower case letters, a digit and one of #?!@$%^&*-")]
    MissingKinds,
    /// Among the last ones of the account.
    #[error("the password was used before")]
    Reused,
}

/// Which rule a new password has to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRule {
    /// Length, and not easy to guess.
    Plain,
    /// That, four kinds of characters, and none of the last five (document 001).
    Strict,
}

/// The stored form: an argon2id hash as PHC string. Made only by `passwords`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// A password that was made here and mailed: 130 bits in 26 characters, so that a keyed digest is enough to store it.
pub struct MailedPassword(SecretString);

impl Password {
    /// Takes what was typed; `None` if it is longer than any password can be.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > MAX_BYTES {
            return None;
        }
        Some(Self(typed.nfc().collect::<String>().into()))
    }

    /// The bytes to hash.
    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// Whether this is the mailed password with the given keyed digest. Constant time.
    pub(crate) fn is_mailed(&self, key: &hmac::Key, digest: &[u8]) -> bool {
        let own = mailed_digest(key, self.expose());
        constant_time::verify_slices_are_equal(&own, digest).is_ok()
    }
}

impl NewPassword {
    /// Checks the rules. `about` is what the owner's attacker knows: the address and the names.
    ///
    /// # Errors
    /// [`WeakPassword`] with the first rule that is broken.
    pub fn parse(typed: &str, about: &[&str]) -> Result<Self, WeakPassword> {
        let password = Password::parse(typed).ok_or(WeakPassword::TooLong)?;
        let bytes = password.expose().len();
        if bytes > MAX_BYTES {
            return Err(WeakPassword::TooLong);
        }
        if bytes < MIN_BYTES {
            return Err(WeakPassword::TooShort);
        }
        if is_guessed_early(password.0.expose_secret(), about) {
            return Err(WeakPassword::TooCommon);
        }
        Ok(Self(password))
    }

    /// The same by a stricter rule: see [`PasswordRule`]. That it was not used before is the caller's to check.
    ///
    /// # Errors
    /// [`WeakPassword`] with the first rule that is broken.
    pub fn parse_by(typed: &str, about: &[&str], rule: PasswordRule) -> Result<Self, WeakPassword> {
        let password = Self::parse(typed, about)?;
        if rule == PasswordRule::Strict && !has_all_kinds(typed) {
            return Err(WeakPassword::MissingKinds);
        }
        Ok(password)
    }

    /// Refuses the password that this one is to replace, in whichever spelling.
    ///
    /// # Errors
    /// [`WeakPassword::Unchanged`].
    pub fn other_than(self, old: &Password) -> Result<Self, WeakPassword> {
        if self.0.expose() == old.expose() {
            return Err(WeakPassword::Unchanged);
        }
        Ok(self)
    }

    /// The same as a password to check or hash.
    pub fn as_password(&self) -> &Password {
        &self.0
    }
}

impl PasswordHash {
    /// The PHC string that argon2 made, or that was stored.
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl MailedPassword {
    /// Spells 32 derived bytes as a password.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut text = BASE32_NOPAD.encode(bytes);
        text.truncate(26);
        text.make_ascii_lowercase();
        Self(text.into())
    }

    /// The text to put into the mail.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The keyed digest to store.
    pub(crate) fn digest(&self, key: &hmac::Key) -> [u8; 32] {
        mailed_digest(key, self.expose().as_bytes())
    }
}

fn mailed_digest(key: &hmac::Key, password: &[u8]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    context.update(b"mailed password\n");
    context.update(password);
    let tag = context.sign();
    tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
}

macro_rules! hidden_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            /// Only the type's name.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}
hidden_debug!(Password, NewPassword, PasswordHash, MailedPassword);

/// Whether a text has the kinds of characters that [`STRICT_PASSWORD_PATTERN`] names, and its length in characters.
fn has_all_kinds(typed: &str) -> bool {
    let has = |kind: fn(char) -> bool| typed.chars().any(kind);
    has(|c| c.is_ascii_uppercase())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_digit())
        && has(|c| SIGNS.contains(c))
        && typed.chars().count() >= MIN_BYTES
        && !typed.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

#[cfg(test)]
mod tests {
    use super::{NewPassword, Password, WeakPassword};

    #[test]
    fn the_strict_rule_asks_for_four_kinds_of_characters() {
        use super::PasswordRule::{Plain, Strict};
        for (typed, rule, expected) in [
            ("Lantern-4-harbour", Strict, Ok(())),
            ("lantern-4-harbour", Strict, Err(WeakPassword::MissingKinds)),
            ("LANTERN-4-HARBOUR", Strict, Err(WeakPassword::MissingKinds)),
            ("Lantern-x-harbour", Strict, Err(WeakPassword::MissingKinds)),
            ("Lantern4harbour", Strict, Err(WeakPassword::MissingKinds)),
            ("Aä1!öüß", Strict, Err(WeakPassword::MissingKinds)),
            ("Lan-4", Strict, Err(WeakPassword::TooShort)),
            ("lantern harbour", Plain, Ok(())),
        ] {
            let parsed = NewPassword::parse_by(typed, &[], rule).map(|_| ());
            assert_eq!(parsed, expected, "{typed}");
        }
    }

    #[test]
    fn a_new_password_is_long_enough_and_not_common() {
        for (typed, why) in [
            ("short7!", WeakPassword::TooShort),
            ("", WeakPassword::TooShort),
            ("password", WeakPassword::TooCommon),
            ("12345678", WeakPassword::TooCommon),
            ("password123", WeakPassword::TooCommon),
            ("aaaaaaaaaaaa", WeakPassword::TooCommon),
            ("ann@example.com", WeakPassword::TooCommon),
        ] {
            let found = NewPassword::parse(typed, &["ann@example.com"]).expect_err(typed);
            assert_eq!(found, why, "{typed:?}");
        }
        let long = "x1Y!".repeat(257);
        assert_eq!(
            NewPassword::parse(&long, &[]).expect_err("long"),
            WeakPassword::TooLong
        );
    }

    #[test]
    fn any_unicode_is_a_password() {
        for typed in [
            "correct horse battery",
            "пароль-удочка",
            "鳥が二羽とんだ",
            "tr0ub4dor&3x",
            "ümläute-überall",
        ] {
            assert!(NewPassword::parse(typed, &[]).is_ok(), "{typed:?}");
        }
    }

    #[test]
    fn two_spellings_of_one_text_are_one_password() {
        let composed = Password::parse("caf\u{e9} au lait").expect("short enough");
        let decomposed = Password::parse("cafe\u{301} au lait").expect("short enough");
        assert_eq!(composed.expose(), decomposed.expose());
    }

    #[test]
    fn a_password_does_not_replace_itself() {
        let old = Password::parse("caf\u{e9} au lait").expect("short enough");
        let replaced = |typed| {
            let new = NewPassword::parse(typed, &[]).expect("strong");
            new.other_than(&old).map(|_| ())
        };
        assert_eq!(
            replaced("cafe\u{301} au lait"),
            Err(WeakPassword::Unchanged)
        );
        assert_eq!(replaced("Caf\u{e9} au lait"), Ok(()));
    }

    #[test]
    fn nothing_of_a_password_is_printed() {
        let password = NewPassword::parse("correct horse battery", &[]).expect("strong");
        assert_eq!(format!("{password:?}"), "NewPassword");
    }
}
