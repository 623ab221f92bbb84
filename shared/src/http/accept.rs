//! What a client would like to be answered.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_LANGUAGE};

use crate::domain::MessageLanguage;

/// Whether the client is one that shows pages: a browser that follows a link.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    let header = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    header.is_some_and(|types| types.to_ascii_lowercase().contains("text/html"))
}

/// The language of ours that the client likes best.
pub fn accepted_language(headers: &HeaderMap) -> MessageLanguage {
    let header = headers.get(ACCEPT_LANGUAGE);
    let header = header.and_then(|value| value.to_str().ok());
    MessageLanguage::accepted(header.unwrap_or_default())
}
