//! A number is refused, or has one form of a plus sign and at most fifteen digits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::domain::PhoneNumber;

fuzz_target!(|text: &str| {
    let Ok(number) = PhoneNumber::parse(text) else {
        return;
    };
    let digits = number.as_str().strip_prefix('+').expect("a plus sign");
    assert!((1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number));
});
