//! Texts that callers have sent to others: one text message, the subject and the text of one mail.
//!
//! What would be read as anything but the text is refused and not taken out: nobody is sent something else than was asked for.

use std::collections::BTreeSet;
use std::fmt;

use super::EmailAddress;

/// Characters of the longest text message: what ten parts on the network hold of the GSM alphabet, in round figures.
const MAX_SMS_CHARS: usize = 1600;
const MAX_SUBJECT_BYTES: usize = 200;
const MAX_MAIL_BYTES: usize = 20_000;
/// As many as Amazon SES takes for one mail.
const MAX_RECIPIENTS: usize = 50;

/// What a text message says: 1 to 1600 characters, without control characters but line feeds.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsBody(String);

/// The subject of a mail: one line of 1 to 200 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct MailSubject(String);

/// The text of a mail: 1 to 20,000 bytes, without control characters but tabs and line ends.
#[derive(Clone, PartialEq, Eq)]
pub struct MailBody(String);

/// Whom one mail goes to: 1 to 50 addresses, each once.
#[derive(Debug)]
pub struct MailRecipients(Vec<EmailAddress>);

impl SmsBody {
    /// Reads a text; `None` if it is blank, too long or no text.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.chars().take(MAX_SMS_CHARS + 1).count() <= MAX_SMS_CHARS;
        (fits && says_something(text, &['\n'])).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl MailSubject {
    /// Reads a subject; `None` if it is blank, too long or no single line. A line end would begin a header field of its own.
    pub fn parse(text: &str) -> Option<Self> {
        let one_line = !text.contains(['\u{2028}', '\u{2029}']);
        let fits = text.len() <= MAX_SUBJECT_BYTES;
        (fits && one_line && says_something(text, &[])).then(|| Self(text.to_owned()))
    }

    /// The subject.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MailBody {
    /// Reads a text; `None` if it is blank, too long or no text.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() <= MAX_MAIL_BYTES;
        (fits && says_something(text, &['\t', '\n', '\r'])).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MailRecipients {
    /// Takes the addresses; `None` if there are none or too many, or one stands twice, in whichever spelling.
    pub fn new(addresses: Vec<EmailAddress>) -> Option<Self> {
        let distinct: BTreeSet<_> = addresses.iter().map(EmailAddress::canonical).collect();
        let allowed = (1..=MAX_RECIPIENTS).contains(&addresses.len());
        (allowed && distinct.len() == addresses.len()).then_some(Self(addresses))
    }

    /// How many.
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).expect("at most 50")
    }

    /// The addresses.
    pub fn into_addresses(self) -> Vec<EmailAddress> {
        self.0
    }
}

/// Never the words: they are between sender and recipient, and debug output reaches logs.
macro_rules! hides_its_words {
    ($($words:ident),+) => {$(
        impl fmt::Debug for $words {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($words))
            }
        }
    )+};
}
hides_its_words!(SmsBody, MailSubject, MailBody);

fn says_something(text: &str, allowed: &[char]) -> bool {
    let refused = |c: char| c.is_control() && !allowed.contains(&c);
    !text.trim().is_empty() && !text.contains(refused)
}

#[cfg(test)]
mod tests {
    use super::{MailBody, MailRecipients, MailSubject, SmsBody};
    use crate::domain::EmailAddress;

    #[test]
    fn a_mail_goes_to_fifty_addresses_at_most_each_once() {
        let many = |count: usize| (0..count).map(|n| format!("user{n}@example.com")).collect();
        let two = |other: &str| vec!["ann@example.com".to_owned(), other.to_owned()];
        for (addresses, allowed) in [
            (many(1), true),
            (many(50), true),
            (many(0), false),
            (many(51), false),
            (two("ben@example.com"), true),
            (two("ann@example.com"), false),
            (two("Ann@EXAMPLE.com"), false),
        ] {
            let parsed = addresses
                .iter()
                .map(|text| EmailAddress::parse(text).expect(text));
            let recipients = MailRecipients::new(parsed.collect());
            assert_eq!(recipients.is_some(), allowed, "{addresses:?}");
        }
    }

    #[test]
    fn a_text_message_has_1600_characters_at_most_and_no_control_characters() {
        for (text, allowed) in [
            ("Dinner is ready.\nCome down.".to_owned(), true),
            ("é".repeat(1600), true),
            ("a".repeat(1601), false),
            (String::new(), false),
            (" \n ".to_owned(), false),
            ("carriage\r\nreturn".to_owned(), false),
            ("tab\t".to_owned(), false),
            ("nul\0".to_owned(), false),
            ("escape\u{1b}[2J".to_owned(), false),
            ("next line\u{85}".to_owned(), false),
        ] {
            assert_eq!(SmsBody::parse(&text).is_some(), allowed, "{text:?}");
        }
    }

    #[test]
    fn a_subject_is_one_line_of_200_bytes_at_most() {
        for (text, allowed) in [
            ("The lift is out of order".to_owned(), true),
            ("é".repeat(100), true),
            ("é".repeat(100) + "a", false),
            (String::new(), false),
            ("  ".to_owned(), false),
            ("Hello\r\nBcc: ann@example.com".to_owned(), false),
            ("Hello\nBcc: ann@example.com".to_owned(), false),
            ("Hello\rBcc: ann@example.com".to_owned(), false),
            ("Hello\u{2028}Bcc: ann@example.com".to_owned(), false),
            ("Hello\0".to_owned(), false),
            ("tab\t".to_owned(), false),
        ] {
            assert_eq!(MailSubject::parse(&text).is_some(), allowed, "{text:?}");
        }
    }

    #[test]
    fn a_mail_has_20_000_bytes_at_most() {
        for (text, allowed) in [
            ("Dear all,\r\n\r\n\tit works again.\n".to_owned(), true),
            ("m".repeat(20_000), true),
            ("m".repeat(20_001), false),
            (String::new(), false),
            ("\n".to_owned(), false),
            ("bell\u{7}".to_owned(), false),
        ] {
            assert_eq!(MailBody::parse(&text).is_some(), allowed, "{text:?}");
        }
    }
}
