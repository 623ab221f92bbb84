//! Time-based one-time codes (TOTP, RFC 6238, over HOTP, RFC 4226), and the recovery codes that stand in for them.
//!
//! HMAC-SHA-1, steps of 30 seconds, six digits: what every authenticator app reads out of an `otpauth` URI. That a step is used
//! once is the store's to keep.

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretBox, SecretString};

use super::Random;

const SEED_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;
/// Codes of this many steps before and after the present one are taken: clocks differ, and typing takes time.
const STEPS_ASIDE: i64 = 1;
const CODE_RANGE: u32 = 1_000_000;
/// Recovery codes that an account is given at once.
pub const RECOVERY_CODES: usize = 10;
const RECOVERY_BYTES: usize = 10;

/// What an authenticator and we share: 160 bits.
pub struct TotpSeed(SecretBox<[u8; SEED_BYTES]>);

impl TotpSeed {
    /// A fresh seed.
    pub fn new(random: &dyn Random) -> Self {
        Self(SecretBox::new(Box::new(random.bytes())))
    }

    /// Reads the base32 form.
    pub fn parse(base32: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(base32.as_bytes()).ok()?;
        let bytes: [u8; SEED_BYTES] = bytes.try_into().ok()?;
        Some(Self(SecretBox::new(Box::new(bytes))))
    }

    /// The base32 form, for who types it, and to be sealed; 32 characters.
    pub fn to_base32(&self) -> SecretString {
        BASE32_NOPAD.encode(self.0.expose_secret()).into()
    }

    /// What authenticators read as a picture (Key Uri Format): service and address name the entry.
    pub fn to_uri(&self, service: &str, address: &str) -> SecretString {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (service, address) = (encode(service), encode(address));
        let secret = self.to_base32();
        let secret = secret.expose_secret();
        format!(
            "otpauth://totp/{service}:{address}?secret={secret}&issuer={service}&algorithm=SHA1&digits=6&period=30"
        )
        .into()
    }

    /// The step whose code this is, if it is one of those that are taken now.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        let typed: String = code.chars().filter(|c| *c != ' ').collect();
        let present = now.as_second().div_euclid(STEP_SECONDS);
        let steps = present - STEPS_ASIDE..=present + STEPS_ASIDE;
        let mut steps = steps.filter_map(|step| u64::try_from(step).ok());
        steps.find(|step| {
            let own = self.code_at(*step);
            constant_time::verify_slices_are_equal(own.as_bytes(), typed.as_bytes()).is_ok()
        })
    }

    /// The stored form of a recovery code: keyed by the seed, which is itself stored sealed only.
    pub(crate) fn recovery_digest(&self, code: &RecoveryCode) -> [u8; 16] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret());
        let tag = hmac::sign(&key, code.0.expose_secret());
        let (digest, _) = tag
            .as_ref()
            .split_first_chunk()
            .expect("SHA-256 has 32 bytes");
        *digest
    }

    /// RFC 4226 §5.3.
    fn code_at(&self, step: u64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.0.expose_secret());
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[19] & 0xf);
        let bytes: [u8; 4] = tag[offset..offset + 4]
            .try_into()
            .expect("SHA-1 has 20 bytes");
        let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
        format!("{:06}", number % CODE_RANGE)
    }
}

/// A code that stands in for the authenticator, once: 80 bits, as `ABCD-EFGH-IJKL-MNOP`.
pub struct RecoveryCode(SecretBox<[u8; RECOVERY_BYTES]>);

impl RecoveryCode {
    /// A fresh code.
    pub fn new(random: &dyn Random) -> Self {
        Self(SecretBox::new(Box::new(random.bytes())))
    }

    /// Reads what was typed, in either case, with or without dashes and spaces; nothing for anything else.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 64 {
            return None;
        }
        let plain: String = typed
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let bytes: [u8; RECOVERY_BYTES] = BASE32_NOPAD
            .decode(plain.as_bytes())
            .ok()?
            .try_into()
            .ok()?;
        Some(Self(SecretBox::new(Box::new(bytes))))
    }

    /// The form to show, which is shown once.
    pub fn to_text(&self) -> SecretString {
        let text = BASE32_NOPAD.encode(self.0.expose_secret());
        let groups: Vec<_> = (0..4)
            .map(|group| &text[group * 4..group * 4 + 4])
            .collect();
        groups.join("-").into()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use secrecy::{ExposeSecret, SecretBox};

    use super::{RecoveryCode, TotpSeed};
    use crate::domain::SystemRandom;

    /// RFC 6238, appendix B: the last six digits.
    #[test]
    fn the_codes_are_those_of_the_specification() {
        let seed = TotpSeed(SecretBox::new(Box::new(*b"12345678901234567890")));
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_second(second).expect("in range");
            let step = u64::try_from(second / 30).expect("positive");
            assert_eq!(seed.step_of(code, now), Some(step), "{second}");
        }
    }

    #[test]
    fn a_code_is_taken_a_step_early_and_a_step_late_and_no_longer() {
        let seed = TotpSeed::new(&SystemRandom);
        let at = |second| Timestamp::from_second(second).expect("in range");
        let code = seed.code_at(1_000_000);
        for (second, step) in [
            (29_999_969, None),
            (29_999_970, Some(1_000_000)),
            (30_000_000, Some(1_000_000)),
            (30_000_059, Some(1_000_000)),
            (30_000_060, None),
        ] {
            assert_eq!(seed.step_of(&code, at(second)), step, "{second}");
        }
        assert_eq!(seed.step_of("", at(30_000_000)), None);
        assert_eq!(seed.step_of(&code[1..], at(30_000_000)), None);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(seed.step_of(&spaced, at(30_000_000)), Some(1_000_000));
    }

    #[test]
    fn a_seed_and_a_recovery_code_read_back_as_they_were_written() {
        let seed = TotpSeed::new(&SystemRandom);
        let text = seed.to_base32();
        let read = TotpSeed::parse(text.expose_secret()).expect("its own text");
        assert_eq!(read.code_at(7), seed.code_at(7));
        assert!(TotpSeed::parse("MZXW6").is_none());

        let code = RecoveryCode::new(&SystemRandom);
        let text = code.to_text();
        let text = text.expose_secret();
        assert_eq!(text.len(), 19);
        for typed in [text.to_owned(), text.to_lowercase(), text.replace('-', " ")] {
            let read = RecoveryCode::parse(&typed).expect("its own text");
            assert_eq!(seed.recovery_digest(&read), seed.recovery_digest(&code));
        }
        for other in ["", "123456", "ABCD-EFGH-IJKL-MNO", "ABCD-EFGH-IJKL-MNO1"] {
            assert!(RecoveryCode::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_uri_names_service_and_address() {
        let seed = TotpSeed(SecretBox::new(Box::new(*b"12345678901234567890")));
        assert_eq!(
            seed.to_uri("Lantern & Co", "ann@example.com")
                .expose_secret(),
            "otpauth://totp/Lantern%20%26%20Co:ann%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Lantern%20%26%20Co&algorithm=SHA1&digits=6&period=30"
        );
    }
}
