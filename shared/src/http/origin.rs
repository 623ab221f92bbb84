//! Where a request comes from, as its browser tells by `Origin` and `Sec-Fetch-Site` (Fetch Metadata): neither can be set by a
//! script, so a foreign page cannot make it lie.
//!
//! Judges and refuses nothing; who may read an answer is [`Origins`]' business.

use std::sync::Arc;

use http::HeaderMap;
use http::header::ORIGIN;

use super::Origins;

/// The origins that our own pages have.
#[derive(Debug, Clone)]
pub struct OwnOrigins(Arc<[String]>);

impl OwnOrigins {
    /// Those of these URLs.
    pub fn of(urls: &[&str]) -> Self {
        Self(urls.iter().copied().map(origin_of).collect())
    }

    /// Whether a request comes from a page of ours; nothing if it does not tell.
    pub fn is_own(&self, headers: &HeaderMap) -> Option<bool> {
        match told(headers, "sec-fetch-site") {
            Some(site) => Some(site == "same-origin"),
            None => told(headers, ORIGIN.as_str()).map(|origin| self.own(origin)),
        }
    }

    /// Whether a request comes from a page that is neither ours nor listed. A page that browsers keep apart (`null`) is foreign; what
    /// tells nothing comes from no page.
    pub fn is_foreign(&self, headers: &HeaderMap, listed: &Origins) -> bool {
        match told(headers, ORIGIN.as_str()) {
            Some(origin) => !self.own(origin) && !listed.lists(origin),
            None => told(headers, "sec-fetch-site")
                .is_some_and(|site| !["same-origin", "none"].contains(&site)),
        }
    }

    fn own(&self, origin: &str) -> bool {
        self.0.iter().any(|own| own == origin)
    }
}

/// What a header says; nothing of ours if it cannot be read.
fn told<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?;
    Some(value.to_str().unwrap_or_default())
}

/// Scheme, host and port of a URL.
fn origin_of(url: &str) -> String {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url[host..].find('/').map_or(url.len(), |path| host + path);
    url[..path].to_owned()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Origins, OwnOrigins, origin_of};

    #[test]
    fn an_origin_has_no_path() {
        for (url, origin) in [
            ("https://id.example.com", "https://id.example.com"),
            ("https://id.example.com/auth", "https://id.example.com"),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
        ] {
            assert_eq!(origin_of(url), origin);
        }
    }

    const OWN: &str = "https://id.example.com";
    const LISTED: &str = "https://app.example.com";

    fn headers(origin: Option<&str>, site: Option<&str>) -> HeaderMap {
        let named = [("origin", origin), ("sec-fetch-site", site)];
        let present = named
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        present
            .map(|(name, value)| {
                let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header");
                (HeaderName::from_static(name), value)
            })
            .collect()
    }

    #[test]
    fn a_request_is_judged_by_what_its_browser_tells() {
        let own = OwnOrigins::of(&["https://id.example.com/auth"]);
        let listed = Origins::new(vec![LISTED.to_owned()]);
        for (origin, site, is_own, is_foreign) in [
            (None, None, None, false),
            (None, Some("same-origin"), Some(true), false),
            (None, Some("none"), Some(false), false),
            (None, Some("same-site"), Some(false), true),
            (None, Some("cross-site"), Some(false), true),
            (None, Some("of-tomorrow"), Some(false), true),
            (Some(OWN), None, Some(true), false),
            (Some(OWN), Some("same-origin"), Some(true), false),
            (Some(LISTED), None, Some(false), false),
            (Some(LISTED), Some("cross-site"), Some(false), false),
            (Some("null"), None, Some(false), true),
            (Some("null"), Some("same-origin"), Some(true), true),
            (Some(""), None, Some(false), true),
            (
                Some("https://id.example.com.evil.example"),
                None,
                Some(false),
                true,
            ),
            (Some("https://id.example.com/"), None, Some(false), true),
            (Some("http://id.example.com"), None, Some(false), true),
            (Some("https://ünlisted.example"), None, Some(false), true),
        ] {
            let headers = headers(origin, site);
            assert_eq!(own.is_own(&headers), is_own, "{origin:?} {site:?}");
            let foreign = own.is_foreign(&headers, &listed);
            assert_eq!(foreign, is_foreign, "{origin:?} {site:?}");
        }
    }
}
