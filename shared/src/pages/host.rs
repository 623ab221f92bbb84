//! Who shows pages: its name on them, and which forms it takes.

use std::sync::Arc;

use axum::extract::Request;
use http::HeaderMap;
use http::header::ORIGIN;

use crate::error::Error;
use crate::http::{Fault, Fields, read_fields};

/// Who shows the pages and takes their forms.
#[derive(Debug, Clone)]
pub struct PageHost {
    pub(super) service: Arc<str>,
    own_origins: Arc<[String]>,
}

impl PageHost {
    /// Under this name; forms may come from pages at these URLs, of which only the origins count.
    pub fn new(service: &str, own_urls: &[&str]) -> Self {
        Self {
            service: service.into(),
            own_origins: own_urls.iter().copied().map(origin_of).collect(),
        }
    }

    /// A form of ours, sent from a page of ours: browsers tell, and a foreign page cannot make them lie.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a form from elsewhere; those of [`read_fields`].
    pub async fn form(&self, request: Request) -> Result<Fields, Fault> {
        if self.is_own(request.headers()) != Some(true) {
            return Err(Error::Malformed("the form comes from another site").into());
        }
        read_fields(request, true).await
    }

    /// The same for a form that needs no page of ours, since its link is all that counts: only one that a browser sends from
    /// elsewhere is refused.
    ///
    /// # Errors
    /// As [`Self::form`].
    pub async fn form_or_call(&self, request: Request) -> Result<Fields, Fault> {
        if self.is_own(request.headers()) == Some(false) {
            return Err(Error::Malformed("the form comes from another site").into());
        }
        read_fields(request, true).await
    }

    /// Whether a request comes from a page of ours; nothing if it does not tell.
    fn is_own(&self, headers: &HeaderMap) -> Option<bool> {
        match header(headers, "sec-fetch-site") {
            Some(site) => Some(site == "same-origin"),
            None => header(headers, ORIGIN.as_str())
                .map(|origin| self.own_origins.iter().any(|own| own == origin)),
        }
    }
}

/// The fields of a mailed link; a link that cannot be read has none.
pub fn link_fields(request: &Request) -> Fields {
    let query = request.uri().query().unwrap_or_default();
    Fields::from_urlencoded(query.as_bytes()).unwrap_or_default()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Scheme, host and port of a URL.
fn origin_of(url: &str) -> String {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url[host..].find('/').map_or(url.len(), |path| host + path);
    url[..path].to_owned()
}

#[cfg(test)]
mod tests {
    use super::origin_of;

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
}
