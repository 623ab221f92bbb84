//! The code that sets a new password by document 004: six digits, mailed.
//!
//! So few can be guessed, and looked up by any plain digest. So its tries are counted, and its digest is keyed and bound to the
//! account and the intent.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::{CodeDigest, CodePurpose, IntentId, UserId};
use crate::keys::{derive, six_digits};

/// Six digits, as mailed.
pub(super) struct ResetCode(SecretString);

impl ResetCode {
    /// The code of an intent: always the same.
    pub(super) fn of_intent(key: &hmac::Key, intent: IntentId, user: UserId) -> Self {
        let purpose = CodePurpose::ResetCode.as_str();
        let parts: [&[u8]; 3] = [&intent.0, purpose.as_bytes(), user.0.as_bytes()];
        Self(six_digits(key, &parts).into())
    }

    /// Reads what somebody typed; `None` for anything but six ASCII digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_code = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| Self(text.into()))
    }

    /// The form to mail.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The stored form, if it is the code of this intent.
    pub(super) fn digest(&self, key: &hmac::Key, intent: IntentId, user: UserId) -> CodeDigest {
        let parts: [&[u8]; 4] = [
            &intent.0,
            b"reset-code-digest",
            user.0.as_bytes(),
            self.expose().as_bytes(),
        ];
        CodeDigest(derive(key, &parts))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use uuid::Uuid;

    use super::{IntentId, ResetCode, UserId};

    const USER: UserId = UserId(Uuid::from_bytes([7; 16]));
    const INTENT: IntentId = IntentId([8; 16]);

    fn key(byte: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32])
    }

    #[test]
    fn the_code_of_an_intent_reads_back() {
        let code = ResetCode::of_intent(&key(1), INTENT, USER);
        let read = ResetCode::parse(code.expose()).expect("its own text");
        assert_eq!(
            read.digest(&key(1), INTENT, USER),
            code.digest(&key(1), INTENT, USER)
        );
    }

    #[test]
    fn a_code_and_its_digest_are_of_one_key_one_intent_and_one_account() {
        let of = |key: hmac::Key, intent, user| {
            let zeros = ResetCode::parse("000000").expect("six digits");
            let digest = zeros.digest(&key, intent, user).0;
            let code = ResetCode::of_intent(&key, intent, user);
            (code.expose().to_owned(), digest)
        };
        let (code, digest) = of(key(1), INTENT, USER);
        for (other_code, other_digest) in [
            of(key(2), INTENT, USER),
            of(key(1), IntentId([9; 16]), USER),
            of(key(1), INTENT, UserId(Uuid::from_bytes([6; 16]))),
        ] {
            assert_ne!(other_code, code);
            assert_ne!(other_digest, digest);
        }
    }

    #[test]
    fn anything_but_six_ascii_digits_is_no_code() {
        for text in [
            "",
            "12345",
            "1234567",
            "12345 ",
            " 12345",
            "+12345",
            "-12345",
            "12345a",
            "123 456",
            "१२",
            "１２３４５６",
        ] {
            assert!(ResetCode::parse(text).is_none(), "{text:?}");
        }
        assert!(ResetCode::parse("000000").is_some());
    }
}
