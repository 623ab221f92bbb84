//! Who shows pages: its name and look on them, and which forms it takes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Request;
use data_encoding::BASE64URL_NOPAD;
use http::HeaderMap;

use super::theme::{Style, Theme};
use crate::domain::Random;
use crate::error::Error;
use crate::http::{Fault, Fields, OwnOrigins, cookie, read_fields, read_picture_form};
use crate::keys::ServerKey;

/// The cookie of the pages: of a session, or of a visitor who has none yet. The prefix keeps every other host from setting it.
pub const PAGES_COOKIE: &str = "__Host-gatehouse";
/// The field by which a form tells that we have shown it to the holder of the cookie.
pub(super) const TOKEN_FIELD: &str = "form_token";
/// A visitor's cookie has 22 characters, a session's 86.
const MAX_COOKIE_BYTES: usize = 128;

/// Who shows the pages and takes their forms.
#[derive(Debug, Clone)]
pub struct PageHost(Arc<Host>);

#[derive(Debug, Clone)]
struct Host {
    service: String,
    logo: Option<String>,
    style: Style,
    own_origins: OwnOrigins,
    tokens: Option<FormTokens>,
}

/// Makes the tokens of forms, each bound to the cookie of whom the form is shown to.
#[derive(Debug, Clone)]
pub struct FormTokens {
    key: ServerKey,
    random: Arc<dyn Random>,
}

impl FormTokens {
    /// Tokens under this key.
    pub fn new(key: ServerKey, random: Arc<dyn Random>) -> Self {
        Self { key, random }
    }

    /// A cookie for a visitor who has none: 128 random bits.
    pub(super) fn new_cookie(&self) -> String {
        BASE64URL_NOPAD.encode(&self.random.bytes::<16>())
    }

    /// The token of the forms that are shown to the holder of this cookie.
    pub fn token(&self, cookie: &str) -> String {
        BASE64URL_NOPAD.encode(&self.key.digest(&[b"form", cookie.as_bytes()]))
    }

    fn is_token(&self, cookie: &str, given: &str) -> bool {
        let given = BASE64URL_NOPAD.decode(given.as_bytes()).unwrap_or_default();
        self.key.is_digest(&[b"form", cookie.as_bytes()], &given)
    }
}

impl PageHost {
    /// Under this name and look; forms may come from pages at these URLs, of which only the origins count.
    pub fn new(service: &str, theme: &Theme, own_urls: &[&str]) -> Self {
        Self(Arc::new(Host {
            service: service.to_owned(),
            logo: theme.logo.clone(),
            style: Style::of(theme),
            own_origins: OwnOrigins::of(own_urls),
            tokens: None,
        }))
    }

    /// The same whose forms carry tokens.
    #[must_use]
    pub fn with_tokens(self, tokens: FormTokens) -> Self {
        let host = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Host {
            tokens: Some(tokens),
            ..host
        }))
    }

    pub(super) fn service(&self) -> &str {
        &self.0.service
    }

    pub(super) fn logo(&self) -> Option<&str> {
        self.0.logo.as_deref()
    }

    pub(super) fn style(&self) -> &Style {
        &self.0.style
    }

    pub(super) fn tokens(&self) -> Option<&FormTokens> {
        self.0.tokens.as_ref()
    }

    /// A form of ours, sent from a page of ours by whom we have shown it to: browsers tell from where, and a foreign page cannot
    /// make them lie; the token tells to whom.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a form from elsewhere, or shown to another; those of [`read_fields`].
    pub async fn form(&self, request: Request) -> Result<Fields, Fault> {
        let cookie = self.sender(request.headers())?;
        let fields = read_fields(request, true).await?;
        self.require_token(cookie.as_deref(), &fields)?;
        Ok(fields)
    }

    /// The same for a form with a picture in the part of this name.
    ///
    /// # Errors
    /// As [`Self::form`]; those of [`read_picture_form`].
    pub async fn picture_form(&self, request: Request, part: &str) -> Result<Bytes, Fault> {
        let cookie = self.sender(request.headers())?;
        let (fields, picture) = read_picture_form(request, part).await?;
        self.require_token(cookie.as_deref(), &fields)?;
        Ok(picture)
    }

    /// The same for a form that needs no page of ours, since its link is all that counts: only one that a browser sends from
    /// elsewhere is refused.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a form from elsewhere; those of [`read_fields`].
    pub async fn form_or_call(&self, request: Request) -> Result<Fields, Fault> {
        if self.0.own_origins.is_own(request.headers()) == Some(false) {
            return Err(Error::Malformed("the form comes from another site").into());
        }
        read_fields(request, true).await
    }

    /// The cookie of who sends a form from a page of ours.
    fn sender(&self, headers: &HeaderMap) -> Result<Option<String>, Error> {
        if self.0.own_origins.is_own(headers) != Some(true) {
            return Err(Error::Malformed("the form comes from another site"));
        }
        Ok(held_cookie(headers).map(str::to_owned))
    }

    fn require_token(&self, cookie: Option<&str>, fields: &Fields) -> Result<(), Fault> {
        let Some(tokens) = self.tokens() else {
            return Ok(());
        };
        let given = fields.optional(TOKEN_FIELD)?;
        let shown = matches!((cookie, given), (Some(cookie), Some(given)) if tokens.is_token(cookie, given));
        if !shown {
            return Err(Error::Malformed("the form was not shown to this browser").into());
        }
        Ok(())
    }
}

/// The pages' cookie, if it is one that we may have set.
pub(super) fn held_cookie(headers: &HeaderMap) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    cookie(headers, PAGES_COOKIE)
        .filter(|held| !held.is_empty() && held.len() <= MAX_COOKIE_BYTES)
        .filter(|held| held.bytes().all(plain))
}

/// The fields of an address that a page of ours has led to; none where browsers tell that nobody or another site has. What such an
/// address says has happened is shown to people, and a stranger's link must not make it up.
pub fn own_link_fields(request: &Request) -> Fields {
    let site = request.headers().get("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin") {
        return Fields::default();
    }
    link_fields(request)
}

/// The fields of a mailed link; a link that cannot be read has none.
pub fn link_fields(request: &Request) -> Fields {
    let query = request.uri().query().unwrap_or_default();
    Fields::from_urlencoded(query.as_bytes()).unwrap_or_default()
}
