//! E-mail addresses: one canonical form for identity, the original for the envelope.
//!
//! Canonical is trimmed, NFC, lower-cased, with the domain as A-label. An address that NFKC would change is refused, so that
//! two addresses that look alike cannot be two accounts. Quoted local parts, comments and address literals are refused: they
//! are legal (RFC 5321 §4.1.2), unused, and a way to smuggle separators into mail headers.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use email_address::{EmailAddress as Parsed, Options};
use unicode_normalization::UnicodeNormalization;

use super::UserId;

/// The longest address, in bytes (RFC 5321 §4.5.3.1.3 less the angle brackets).
const MAX_BYTES: usize = 254;

/// An address that can be registered and written to.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    canonical: String,
    original: String,
}

/// The text is no address that an account can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid e-mail address")]
pub struct InvalidEmail;

/// SHA-256 of a canonical address, in hex: what keys hold instead of the address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AddressDigest(String);

impl EmailAddress {
    /// Reads an address in any spelling.
    ///
    /// # Errors
    /// [`InvalidEmail`] if it is no address, is longer than 254 bytes, or is changed by NFKC.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        if text.len() > 4 * MAX_BYTES {
            return Err(InvalidEmail);
        }
        let original: String = text.trim().nfc().collect();
        if original.len() > MAX_BYTES || original.nfkc().ne(original.chars()) {
            return Err(InvalidEmail);
        }
        let (local, domain) = original.rsplit_once('@').ok_or(InvalidEmail)?;
        let local: String = local.to_lowercase().nfc().collect();
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmail)?;
        let canonical = format!("{local}@{domain}");
        if canonical.len() > MAX_BYTES || !is_plain(&local) || !is_address(&canonical) {
            return Err(InvalidEmail);
        }
        Ok(Self {
            canonical,
            original,
        })
    }

    /// The address as stored: both forms were checked when it was first read.
    pub fn from_stored(canonical: String, original: String) -> Self {
        Self {
            canonical,
            original,
        }
    }

    /// The form that identifies the account and that every dialect shows.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The form that the owner typed: only the [envelope](Self::envelope) of a mail uses it.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// What the owner typed, with the domain as A-label unless it is ASCII already: Amazon SES takes no other domain.
    pub fn envelope(&self) -> String {
        let (local, domain) = self.original.rsplit_once('@').unwrap_or_default();
        match self.canonical.rsplit_once('@') {
            Some((_, ascii)) if !domain.is_ascii() => format!("{local}@{ascii}"),
            _ => self.original.clone(),
        }
    }

    /// Whether this is the same mailbox for whoever delivers to it: case counts before the @ and nowhere else (RFC 5321 §2.4).
    pub fn is_same_mailbox(&self, other: &Self) -> bool {
        let before_at = |address: &Self| {
            let parts = address.original.rsplit_once('@');
            parts.map(|(local, _)| local.to_owned())
        };
        self.canonical == other.canonical && before_at(self) == before_at(other)
    }

    /// What keys hold in its place.
    pub fn digest(&self) -> AddressDigest {
        AddressDigest(HEXLOWER.encode(digest(&SHA256, self.canonical.as_bytes()).as_ref()))
    }
}

impl fmt::Debug for EmailAddress {
    /// Never the address: it is personal data and debug output reaches logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress")
    }
}

impl AddressDigest {
    /// The digest as stored.
    pub fn from_stored(hex: String) -> Self {
        Self(hex)
    }

    /// What attempts on a user who does not exist are counted under. Text without an `@`, so the digest of no address.
    pub fn of_nobody(user: UserId) -> Self {
        let text = format!("user#{user}");
        Self(HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref()))
    }

    /// Lower-case hex, 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(local: &str) -> bool {
    let reserved = |c: char| c.is_control() || c.is_whitespace() || r#""(),:;<>[\]"#.contains(c);
    !local.chars().any(reserved)
}

fn is_address(canonical: &str) -> bool {
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    Parsed::parse_with_options(canonical, options).is_ok()
}

#[cfg(test)]
mod tests {
    use super::EmailAddress;

    #[test]
    fn spellings_of_one_address_have_one_canonical_form() {
        for (text, canonical) in [
            ("ann@example.com", "ann@example.com"),
            ("  Ann@Example.COM ", "ann@example.com"),
            ("ann+tag@example.com", "ann+tag@example.com"),
            (
                "J\u{fc}rgen@B\u{fc}cher.example",
                "j\u{fc}rgen@xn--bcher-kva.example",
            ),
            (
                "Ju\u{308}rgen@bu\u{308}cher.example",
                "j\u{fc}rgen@xn--bcher-kva.example",
            ),
            ("o'brien@example.com", "o'brien@example.com"),
        ] {
            let address = EmailAddress::parse(text).expect(text);
            assert_eq!(address.canonical(), canonical, "{text:?}");
        }
    }

    #[test]
    fn the_original_keeps_its_spelling() {
        let address = EmailAddress::parse(" Ann@Example.COM ").expect("an address");
        assert_eq!(address.original(), "Ann@Example.COM");
    }

    #[test]
    fn an_envelope_keeps_the_spelling_but_of_a_domain_that_is_not_ascii() {
        for (text, envelope) in [
            ("Ann@Example.COM", "Ann@Example.COM"),
            ("J\u{fc}rgen@Example.COM", "J\u{fc}rgen@Example.COM"),
            (" Ann@B\u{fc}cher.Example", "Ann@xn--bcher-kva.example"),
            ("Ann@xn--bcher-kva.example", "Ann@xn--bcher-kva.example"),
        ] {
            let address = EmailAddress::parse(text).expect("an address");
            assert_eq!(address.envelope(), envelope);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "ann",
            "ann@",
            "@example.com",
            "ann@example",
            "ann@@example.com",
            "ann@exa mple.com",
            "ann b@example.com",
            "\"ann b\"@example.com",
            "a@b.example,evil@c.example",
            "ann@example.com\r\nBcc: evil@example.com",
            "ann\u{0}@example.com",
            "ann@[127.0.0.1]",
            "Ann <ann@example.com>",
            "\u{ff41}nn@example.com",
            "ann@ex\u{ff41}mple.com",
            "\u{fb01}@example.com",
            "a..b@example.com",
            ".a@example.com",
            long.as_str(),
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn debug_output_hides_the_address() {
        let address = EmailAddress::parse("ann@example.com").expect("an address");
        assert_eq!(format!("{address:?}"), "EmailAddress");
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::{EmailAddress, MAX_BYTES};

    /// Mostly addresses, in many scripts.
    fn address() -> impl Strategy<Value = String> {
        let local = prop_oneof!["[a-zA-Z0-9.+_'-]{1,80}", "[\\p{L}\\p{M}\\p{N}]{1,12}"];
        let domain = prop_oneof![
            "([a-zA-Z0-9-]{1,20}\\.){1,9}[a-zA-Z]{2,6}",
            "[\\p{L}\\p{M}]{1,6}\\.[\\p{L}]{2,6}",
        ];
        prop_oneof![
            4 => (local, domain).prop_map(|(local, domain)| format!("{local}@{domain}")),
            1 => "\\PC{0,20}@\\PC{0,20}",
        ]
    }

    fn canonical(text: &str) -> Option<String> {
        let address = EmailAddress::parse(text).ok()?;
        Some(address.canonical().to_owned())
    }

    proptest! {
        #[test]
        fn a_canonical_form_is_short_and_its_own(text in address()) {
            if let Some(once) = canonical(&text) {
                prop_assert!(once.len() <= MAX_BYTES);
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }

        #[test]
        fn what_was_typed_and_what_is_written_to_are_the_same_address(text in address()) {
            if let Ok(address) = EmailAddress::parse(&text) {
                for other in [address.original(), &address.envelope()] {
                    prop_assert_eq!(canonical(other), Some(address.canonical().to_owned()));
                }
            }
        }

        #[test]
        fn spellings_of_one_address_are_one(text in address(), before in "[ \t]{0,2}") {
            let Some(address) = canonical(&text) else {
                return Ok(());
            };
            for spelling in [
                format!("{before}{text}{before}"),
                text.to_ascii_uppercase(),
                text.to_ascii_lowercase(),
                text.nfd().collect(),
            ] {
                prop_assert_eq!(canonical(&spelling), Some(address.clone()), "{:?}", spelling);
            }
        }
    }
}
