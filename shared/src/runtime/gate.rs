//! Events that cannot be routed as they are: one reader could take them for another path than the next.
//!
//! The gateway has decoded the path already, and some events would make the HTTP adapter panic. It leaves in the path what it
//! chose the API by.

use http::{HeaderValue, Uri};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;

use crate::http::{REFUSED, is_ambiguous};

/// Puts a marked request in the place of a hostile event, and takes from every event what it says of the host: links come from
/// configuration, and an unreadable one would not get through the adapter. The path loses that of `bases`
/// which it is under; the longest stands first.
pub(super) fn tame(event: &mut ApiGatewayV2httpRequest, bases: &[String]) {
    event.raw_path = event.raw_path.take().map(|path| below(path, bases));
    event.request_context.domain_name = None;
    event.headers.remove(http::header::HOST);
    event.headers.remove("x-forwarded-proto");
    if let Some(cookies) = &mut event.cookies {
        // One that no header can hold would take all others with it.
        cookies.retain(|cookie| HeaderValue::from_str(cookie).is_ok());
    }
    if is_hostile(event) {
        event.raw_path = Some("/".to_owned());
        event.raw_query_string = None;
        event
            .headers
            .insert(REFUSED, HeaderValue::from_static("path"));
    }
}

/// The path under the first base that it is under; else as it is: the gateway's own host has none.
fn below(path: String, bases: &[String]) -> String {
    let rest = bases.iter().find_map(|base| {
        let rest = path.strip_prefix(base.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    });
    match rest {
        Some("") => "/".to_owned(),
        Some(rest) => rest.to_owned(),
        None => path,
    }
}

fn is_hostile(event: &ApiGatewayV2httpRequest) -> bool {
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    is_ambiguous(event.raw_path.as_deref().unwrap_or_default())
        || Uri::try_from(format!("/?{query}")).is_err()
}

#[cfg(test)]
mod tests {
    use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;

    use super::tame;
    use crate::http::REFUSED;

    fn refused(path: &str, query: &str) -> bool {
        let mut event = ApiGatewayV2httpRequest::default();
        event.raw_path = Some(path.to_owned());
        event.raw_query_string = Some(query.to_owned());
        tame(&mut event, &[]);
        event.headers.contains_key(REFUSED)
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
    fn a_cookie_that_no_header_can_hold_hides_no_other() {
        let mut event = ApiGatewayV2httpRequest::default();
        event.raw_path = Some("/".to_owned());
        event.cookies = Some(vec!["a=\u{7}".to_owned(), "sid=a".to_owned()]);
        tame(&mut event, &[]);
        assert_eq!(event.cookies, Some(vec!["sid=a".to_owned()]));
    }

    #[test]
    fn what_the_domain_chose_the_api_by_is_not_the_path() {
        for (path, under) in [
            ("/id/v1/users", "/users"),
            ("/id/v1/", "/"),
            ("/id/v1", "/"),
            ("/id/v1/id/v1/a", "/id/v1/a"),
            ("/id/v12/users", "/id/v12/users"),
            ("/id/users", "/id/users"),
            ("/users", "/users"),
            ("/app/users", "/users"),
            ("/app/id/v1", "/id/v1"),
        ] {
            let mut event = ApiGatewayV2httpRequest::default();
            event.raw_path = Some(path.to_owned());
            tame(&mut event, &["/id/v1".to_owned(), "/app".to_owned()]);
            assert_eq!(event.raw_path.as_deref(), Some(under), "{path}");
        }
    }

    #[test]
    fn a_path_is_judged_under_its_base() {
        let mut event = ApiGatewayV2httpRequest::default();
        event.raw_path = Some("/id/../users".to_owned());
        tame(&mut event, &["/id".to_owned()]);
        assert!(event.headers.contains_key(REFUSED));
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
