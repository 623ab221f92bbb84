//! Telephone numbers that a text message may be sent to: E.164, judged by the world's numbering plans (libphonenumber).
//!
//! Knows what kind of line a number is, not whether anybody has it. Lines that cost their caller more, that are no person's, or
//! that take no text messages are refused: each would be a way to make us pay for nothing.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// Digits of the longest number (ITU-T E.164 §6.2.1).
const MAX_DIGITS: usize = 15;
/// The longest spelling that is read, with all that may stand between the digits.
const MAX_BYTES: usize = 64;

/// A number that a text message may be sent to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// The text is no number that a text message may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid phone number")]
pub struct InvalidPhone;

impl PhoneNumber {
    /// Reads a number in its international form: a plus sign, then digits, between which spaces, dots, hyphens and parentheses
    /// may stand. The country's numbering plan has to know it as a mobile or a fixed line.
    ///
    /// Fixed lines are taken: many can be texted, and the others never show the code that a number has to be proved by.
    ///
    /// # Errors
    /// [`InvalidPhone`]; toll-free, premium-rate, shared-cost, personal, company, Internet, voice-mail and pager numbers, and
    /// those of no country, are among it.
    pub fn parse(text: &str) -> Result<Self, InvalidPhone> {
        let digits = digits(text).ok_or(InvalidPhone)?;
        let number = PHONE_NUMBER_UTIL
            .parse(format!("+{digits}"), None)
            .map_err(|_| InvalidPhone)?;
        // Satellite and other networks of no country have a line type, too, and cost many times as much.
        let has_country = PHONE_NUMBER_UTIL
            .get_region_for_number(&number)
            .is_some_and(|region| region != Region::World);
        let takes_texts = matches!(
            PHONE_NUMBER_UTIL.get_number_type(&number),
            PhoneNumberType::Mobile
                | PhoneNumberType::FixedLineOrMobile
                | PhoneNumberType::FixedLine
        );
        if !has_country || !takes_texts || !PHONE_NUMBER_UTIL.is_valid_number(&number) {
            return Err(InvalidPhone);
        }
        let written = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        Ok(Self(written.into_owned()))
    }

    /// The number as stored: it was checked when it was first read.
    pub fn from_stored(e164: String) -> Self {
        Self(e164)
    }

    /// A plus sign and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    /// Never the number: it is personal data and debug output reaches logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber")
    }
}

/// The digits of an international spelling, of which there are not too many.
fn digits(text: &str) -> Option<String> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let after_plus = text.trim().strip_prefix('+')?;
    let between = |c: &char| !matches!(c, ' ' | '.' | '-' | '(' | ')');
    let digits: String = after_plus.chars().filter(between).collect();
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    (all && (1..=MAX_DIGITS).contains(&digits.len())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::PhoneNumber;

    #[test]
    fn spellings_of_one_number_have_one_form() {
        for (text, number) in [
            ("+14155552671", "+14155552671"),
            ("  +1 (415) 555-2671\n", "+14155552671"),
            ("+1.415.555.2671", "+14155552671"),
            ("+49 1511 2345678", "+4915112345678"),
            ("+49 (0)1511 2345678", "+4915112345678"),
            ("+33612345678", "+33612345678"),
            ("+39 06 1234 5678", "+390612345678"),
        ] {
            let parsed = PhoneNumber::parse(text).expect(text);
            assert_eq!(parsed.as_str(), number, "{text:?}");
        }
    }

    #[test]
    fn mobile_and_fixed_lines_of_every_country_are_taken() {
        for text in [
            "+447911123456",
            "+34612345678",
            "+393331234567",
            "+436641234567",
            "+41791234567",
            "+31612345678",
            "+919876543210",
            "+8613812345678",
            "+819012345678",
            "+5511987654321",
            "+61412345678",
            "+4930123456",
            "+442079460958",
        ] {
            let parsed = PhoneNumber::parse(text).expect(text);
            assert_eq!(parsed.as_str(), text);
        }
    }

    #[test]
    fn lines_that_cost_more_or_take_no_texts_are_refused() {
        for (text, line) in [
            ("+19005551234", "premium rate, United States"),
            ("+448431234567", "premium rate, United Kingdom"),
            ("+491801234567", "shared cost, Germany"),
            ("+18005551234", "toll free, United States"),
            ("+498001234567", "toll free, Germany"),
            ("+15005550006", "personal, United States"),
            ("+447012345678", "personal, United Kingdom"),
            ("+445512345678", "company, United Kingdom"),
            ("+445612345678", "Internet, United Kingdom"),
            ("+447600123456", "pager, United Kingdom"),
            ("+881612345678", "satellite"),
            ("+883510012345678", "an international network"),
            ("+80012345678", "toll free, international"),
        ] {
            assert!(PhoneNumber::parse(text).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_no_number_in_its_international_form_is_refused() {
        for text in [
            "",
            "+",
            "+1",
            "4155552671",
            "14155552671",
            "0014155552671",
            "(+1)4155552671",
            "++14155552671",
            "+1415555267",
            "+141555526711",
            "+14155552671 ext. 5",
            "+14155552671;ext=5",
            "tel:+14155552671",
            "+1415555CALL",
            "+\u{ff11}\u{ff14}155552671",
            "\u{ff0b}14155552671",
            "+1415\u{0}5552671",
            "+1415\n5552671",
            "+14155552671,+14155552672",
            "+1234567890123456",
            "+9991234567",
            "+15551234567",
            "+447700900123",
            "+ 1                                                            4155552671",
        ] {
            assert!(PhoneNumber::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn debug_output_hides_the_number() {
        let number = PhoneNumber::parse("+14155552671").expect("a number");
        assert_eq!(format!("{number:?}"), "PhoneNumber");
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::{MAX_DIGITS, PhoneNumber};

    /// Mostly numbers of countries that have many, with this and that between the digits.
    fn number() -> impl Strategy<Value = String> {
        let country =
            prop::sample::select(vec!["1415", "49151", "4479", "33", "39", "5511", "86138"]);
        prop_oneof![
            4 => (country, "[0-9]{5,10}").prop_map(|(country, rest)| format!("+{country}{rest}")),
            1 => "\\+[0-9 ().-]{1,20}",
            1 => "\\PC{0,20}",
        ]
    }

    proptest! {
        #[test]
        fn a_number_is_plus_and_digits_and_its_own_form(text in number()) {
            if let Ok(number) = PhoneNumber::parse(&text) {
                let digits = number.as_str().strip_prefix('+').expect("a plus sign");
                prop_assert!((1..=MAX_DIGITS).contains(&digits.len()));
                prop_assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number));
            }
        }

        #[test]
        fn what_stands_between_the_digits_does_not_count(
            text in number(),
            between in "[ ().-]{1,2}",
            at in any::<prop::sample::Index>(),
        ) {
            let number = PhoneNumber::parse(&text);
            if number.is_err() || text.len() > 40 {
                return Ok(());
            }
            let at = 1 + at.index(text.len());
            let spelling = format!("{}{between}{}", &text[..at], &text[at..]);
            prop_assert_eq!(PhoneNumber::parse(&spelling), number, "{}", spelling);
        }
    }
}
