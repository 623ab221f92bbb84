//! What is found in a header is what stands there once; a session's cookie has one spelling.
#![no_main]

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret as _;
use shared::domain::SessionCookie;
use shared::http::cookie;

fuzz_target!(|header: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(header) else {
        return;
    };
    let headers = HeaderMap::from_iter([(COOKIE, value)]);
    let Some(found) = cookie(&headers, "sid") else {
        return;
    };
    assert!(!found.contains(';'));
    if let Some(read) = SessionCookie::parse(found) {
        let written = read.to_text();
        assert_eq!(written.expose_secret(), found);
    }
});
