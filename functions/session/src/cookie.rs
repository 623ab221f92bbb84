//! The cookie that holds a session: what it is called, and that there is one at all.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use shared::http::{CookieSettings, SetCookie, cookie};

/// Finds the cookie in requests, sets it and clears it.
#[derive(Clone)]
pub(crate) struct Cookies(CookieSettings);

impl Cookies {
    pub(crate) fn new(settings: CookieSettings) -> Self {
        Self(settings)
    }

    /// The cookie that came with a request; other cookies are nobody's business here.
    pub(crate) fn find<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        cookie(headers, &self.0.name)
    }

    /// Sets it for as long as its session lives.
    pub(crate) fn set(&self, value: SecretString, max_age: Duration) -> (HeaderName, HeaderValue) {
        let set = SetCookie {
            name: &self.0.name,
            value,
            max_age,
            same_site: self.0.same_site,
        };
        set.to_header()
    }

    /// Has the browser forget it.
    pub(crate) fn clear(&self) -> (HeaderName, HeaderValue) {
        self.set(SecretString::default(), Duration::ZERO)
    }
}
