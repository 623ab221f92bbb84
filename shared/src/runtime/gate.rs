//! What is refused before routing: events that one reader could take for another path than the next.
//!
//! The gateway has decoded the path already. A `?`, `#`, `\` or dot segment in it would change meaning when it is read as a URL
//! again, and some events would make the HTTP adapter panic.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;

/// Marks a request that stands in the place of a refused event. Whoever sends it themselves is refused, too.
const REFUSED: HeaderName = HeaderName::from_static("x-gatehouse-refused");

/// Puts a marked request in the place of a hostile event, and takes from every event what it says of the host: links come from
/// configuration, and an unreadable one would not get through the adapter.
pub(super) fn tame(event: &mut ApiGatewayV2httpRequest) {
    event.request_context.domain_name = None;
    event.headers.remove(http::header::HOST);
    event.headers.remove("x-forwarded-proto");
    if is_hostile(event) {
        event.raw_path = Some("/".to_owned());
        event.raw_query_string = None;
        event
            .headers
            .insert(REFUSED, HeaderValue::from_static("path"));
    }
}

/// Whether a request stands in the place of a refused event.
pub(super) fn is_refused(headers: &HeaderMap) -> bool {
    headers.contains_key(REFUSED)
}

fn is_hostile(event: &ApiGatewayV2httpRequest) -> bool {
    let path = event.raw_path.as_deref().unwrap_or_default();
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    !path.starts_with('/')
        || path.contains(['?', '#', '\\'])
        || path.chars().any(char::is_control)
        || path.split('/').any(is_dot_segment)
        || Uri::try_from(format!("/?{query}")).is_err()
}

/// A dot may be spelled `%2e` (WHATWG URL, "single-dot path segment").
fn is_dot_segment(segment: &str) -> bool {
    matches!(
        segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
        "." | ".."
    )
}

#[cfg(test)]
mod tests {
    use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;

    use super::{is_refused, tame};

    fn refused(path: &str, query: &str) -> bool {
        let mut event = ApiGatewayV2httpRequest::default();
        event.raw_path = Some(path.to_owned());
        event.raw_query_string = Some(query.to_owned());
        tame(&mut event);
        is_refused(&event.headers)
    }

    #[test]
    fn a_path_with_two_readings_is_refused() {
        for path in [
            "",
            "users",
            "/a?b",
            "/a#b",
            "/a\\b",
            "/a\u{0}",
            "/a\nb",
            "/a/./b",
            "/a/../b",
            "/..",
            "/a/%2e%2E/b",
            "/.%2e",
        ] {
            assert!(refused(path, ""), "{path:?}");
        }
        for path in [
            "/",
            "/a/b",
            "/a b",
            "/ä",
            "/a/...",
            "/.well-known/jwks.json",
            "/a%20b",
        ] {
            assert!(!refused(path, ""), "{path:?}");
        }
    }

    #[test]
    fn a_query_that_no_uri_can_hold_is_refused() {
        for query in ["a=b c", "a=\u{7f}", "a=\u{0}"] {
            assert!(refused("/", query), "{query:?}");
        }
        for query in ["", "a=b&a=c", "a=%20", "code=x-_~"] {
            assert!(!refused("/", query), "{query:?}");
        }
    }
}
