//! Paths that one reader could take for another path than the next. They are refused before routing, wherever they come in.

use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;

/// Marks a request that stands in the place of a refused event. Whoever sends it themselves is refused, too.
pub const REFUSED: HeaderName = HeaderName::from_static("x-gatehouse-refused");

/// Whether a decoded path would change its meaning when it is read as a URL again: by a `?`, `#`, `\`, control character or dot
/// segment, or for want of a slash at its start.
pub fn is_ambiguous(path: &str) -> bool {
    !path.starts_with('/')
        || path.contains(['?', '#', '\\'])
        || path.chars().any(char::is_control)
        || path.split('/').any(is_dot_segment)
}

/// Whether a request's path, as it was sent, is such a one.
pub(super) fn is_refused(path: &str, headers: &HeaderMap) -> bool {
    let decoded = percent_decode_str(path).decode_utf8();
    headers.contains_key(REFUSED) || decoded.is_ok_and(|decoded| is_ambiguous(&decoded))
}

/// A dot may be spelled `%2e` (WHATWG URL, "single-dot path segment").
fn is_dot_segment(segment: &str) -> bool {
    matches!(
        segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
        "." | ".."
    )
}
