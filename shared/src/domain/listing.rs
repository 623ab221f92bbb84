//! Where a list of accounts goes on: behind the account that was made at this time with this number.

use std::fmt;

use jiff::Timestamp;

use super::UserNumber;

/// An account's place in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListingPosition {
    /// When the account was made.
    pub created_at: Timestamp,
    /// Tells those of one millisecond apart.
    pub number: UserNumber,
}

impl ListingPosition {
    /// Reads the form that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (created_at, number) = text.split_once('-')?;
        let created_at = Timestamp::from_millisecond(created_at.parse().ok()?).ok()?;
        let number = UserNumber(number.parse().ok()?);
        let position = Self { created_at, number };
        // Exactly so, and in no other spelling.
        (position.to_string() == text).then_some(position)
    }
}

impl fmt::Display for ListingPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.created_at.as_millisecond(), self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::ListingPosition;

    #[test]
    fn a_position_reads_back_as_it_was_written() {
        let position = ListingPosition::parse("1700000000123-42").expect("a position");
        assert_eq!(position.to_string(), "1700000000123-42");
        for text in [
            "",
            "-",
            "1-",
            "-1",
            "a-1",
            "1-a",
            "99999999999999999999-1",
            "+1-1",
            "1-+1",
            "01-1",
        ] {
            assert!(ListingPosition::parse(text).is_none(), "{text:?}");
        }
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::{ListingPosition, Timestamp, UserNumber};

    proptest! {
        #[test]
        fn a_position_is_written_in_a_form_that_reads_as_itself(
            created_at in 0..253_402_207_200_000_i64,
            number: u64,
        ) {
            let created_at = Timestamp::from_millisecond(created_at).expect("a time");
            let position = ListingPosition { created_at, number: UserNumber(number) };
            prop_assert_eq!(ListingPosition::parse(&position.to_string()), Some(position));
        }

        #[test]
        fn whatever_is_read_names_one_place(text in prop_oneof!["[0-9+-]{0,24}", "\\PC{0,24}"]) {
            if let Some(read) = ListingPosition::parse(&text) {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
