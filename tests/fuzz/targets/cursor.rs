//! A cursor is refused, or names one place and is spelt as we spell it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::domain::{AuditPosition, ListingPosition};

fuzz_target!(|text: &str| {
    if let Some(read) = ListingPosition::parse(text) {
        assert_eq!(read.to_string(), text);
    }
    if let Some(read) = AuditPosition::parse(text) {
        assert_eq!(read.to_string(), text);
        assert_eq!(AuditPosition::from_cursor(&read.to_cursor()), Some(read));
    }
    if let Some(read) = AuditPosition::from_cursor(text) {
        assert_eq!(read.to_cursor(), text);
    }
});
