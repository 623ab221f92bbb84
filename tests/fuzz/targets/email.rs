//! An address is refused, or has one canonical form, which is short and its own.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::domain::EmailAddress;

fn canonical(text: &str) -> Option<String> {
    let address = EmailAddress::parse(text).ok()?;
    Some(address.canonical().to_owned())
}

fuzz_target!(|text: &str| {
    let Ok(address) = EmailAddress::parse(text) else {
        return;
    };
    let own = Some(address.canonical().to_owned());
    assert!(address.canonical().len() <= 254);
    assert_eq!(canonical(address.canonical()), own);
    assert_eq!(canonical(address.original()), own);
    assert_eq!(canonical(&address.envelope()), own);
    assert_eq!(canonical(&text.to_ascii_uppercase()), own);
    assert!(!address.canonical().contains(char::is_control));
});
