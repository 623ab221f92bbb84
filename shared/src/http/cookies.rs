//! Cookies (RFC 6265): reading one by its name, and writing one that goes back to this host alone.
//!
//! Knows neither which cookies there are nor what they hold.

use std::time::Duration;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// The value of the cookie of this name. One that stands twice counts as none: a host beside ours may have set the other (cookie
/// tossing), and nothing tells them apart.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(COOKIE)
        .into_iter()
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| value_of(pair, name));
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    std::str::from_utf8(value).ok()
}

/// The value in `name=value`. Bytes, so that what other cookies hold hides none of ours.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let pair = pair.trim_ascii();
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let (found, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
    (found == name.as_bytes()).then_some(value)
}

/// Whether a cookie can be called so: a token (RFC 9110 §5.6.2), at most 64 bytes.
pub fn is_cookie_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(token)
}

/// Which requests of other sites a cookie goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Following a link.
    Lax,
    /// All of them.
    None,
}

/// What a cookie that can be configured is called, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieSettings {
    /// What [`is_cookie_name`] takes.
    pub name: String,
    /// Which requests of other sites it goes with.
    pub same_site: SameSite,
}

/// A cookie to set: `Secure`, out of reach of scripts, for every path of this host and, for want of `Domain`, no other.
#[derive(Debug)]
pub struct SetCookie<'a> {
    /// What [`is_cookie_name`] takes.
    pub name: &'a str,
    /// Of the bytes that a cookie may hold (RFC 6265 §4.1.1), such as base64url; empty to clear it.
    pub value: SecretString,
    /// How long the browser keeps it. None at all clears it.
    pub max_age: Duration,
    /// Which requests of other sites it goes with.
    pub same_site: SameSite,
}

impl SetCookie<'_> {
    /// The header that sets it, which does not show in debug output.
    ///
    /// # Panics
    /// If name or value hold what no header may.
    pub fn to_header(&self) -> (HeaderName, HeaderValue) {
        let same_site = match self.same_site {
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        let text = format!(
            "{}={}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite={same_site}",
            self.name,
            self.value.expose_secret(),
            self.max_age.as_secs(),
        );
        let mut value = HeaderValue::try_from(text).expect("a name and a value of a cookie");
        value.set_sensitive(true);
        (SET_COOKIE, value)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        COOKIE, Duration, HeaderMap, HeaderValue, SameSite, SetCookie, cookie, is_cookie_name,
    };

    fn headers(cookies: &[&[u8]]) -> HeaderMap {
        let value = |bytes: &&[u8]| HeaderValue::from_bytes(bytes).expect("a header");
        cookies
            .iter()
            .map(|cookies| (COOKIE, value(cookies)))
            .collect()
    }

    #[test]
    fn a_cookie_is_found_by_its_name() {
        for cookies in [
            &[b"sid=a=b".as_slice()] as &[&[u8]],
            &[b"other=1; sid=a=b; more=2"],
            &[b"sid=a=b;other=1"],
            &[b"other=1", b" sid = a=b "],
            &[b"other=\xff\xfe; nameless; SID=x; xsid=y; sidx=z; sid=a=b"],
        ] {
            assert_eq!(cookie(&headers(cookies), "sid"), Some("a=b"), "{cookies:?}");
        }
    }

    #[test]
    fn a_cookie_that_is_not_there_or_not_alone_is_none() {
        for cookies in [
            &[] as &[&[u8]],
            &[b""],
            &[b"sid"],
            &[b"other=sid=a"],
            &[b"sid=a; sid=a"],
            &[b"sid=a", b"sid=b"],
            &[b"sid=a; sid="],
            &[b"sid=\xff"],
        ] {
            assert_eq!(cookie(&headers(cookies), "sid"), None, "{cookies:?}");
        }
    }

    #[test]
    fn a_name_is_a_token() {
        for name in ["sid", "__Host-gatehouse", "a.b_c-d", &"n".repeat(64)] {
            assert!(is_cookie_name(name), "{name:?}");
        }
        for name in ["", "a b", "a=b", "a;b", "a\"b", "é", "a\n", &"n".repeat(65)] {
            assert!(!is_cookie_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_cookie_goes_back_to_this_host_alone_and_does_not_show() {
        let set = SetCookie {
            name: "sid",
            value: "c2VjcmV0".into(),
            max_age: Duration::from_hours(720),
            same_site: SameSite::Lax,
        };
        let (_, header) = set.to_header();
        assert_eq!(
            header,
            "sid=c2VjcmV0; Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax"
        );
        assert!(!format!("{set:?} {header:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn a_cookie_is_cleared_with_the_same_attributes() {
        let clear = SetCookie {
            name: "sid",
            value: "".into(),
            max_age: Duration::ZERO,
            same_site: SameSite::None,
        };
        assert_eq!(
            clear.to_header().1,
            "sid=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=None"
        );
    }
}
