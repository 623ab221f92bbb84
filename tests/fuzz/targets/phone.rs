//! [`fuzz::phone`], by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::phone(bytes));
