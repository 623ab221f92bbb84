//! Every form of the pages counts only from a page of ours, sent by the browser that it was shown to.

use http::Method;
use serde_json::{Map, json};

use super::{ANN, BOB, NEW_PASSWORD, TO_SIGN_IN, led, said};
use crate::harness::{Answer, Browser, PASSWORD, PUBLIC_URL, Platform, Request};
use crate::user_service::expect_nothing_done;

const REFUSED: &str = "400\nThat did not work\nSomething in the request was missing, incorrect or outdated. Please go back, reload the page and try again.";
const SAME_ORIGIN: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];

/// What one form or another asks for.
const FIELDS: [(&str, &str); 16] = [
    ("email", ANN),
    ("password", NEW_PASSWORD),
    ("password2", NEW_PASSWORD),
    ("current", PASSWORD),
    ("first_name", "Ann"),
    ("last_name", "Lantern"),
    ("language", "de"),
    ("key", "colour"),
    ("text", "violet"),
    ("code", "000000"),
    ("secret", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    ("challenge", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
    ("session", "dmlzaXRvcgAAAAAAAAAAAA"),
    ("uid", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
    ("t", "x"),
    ("next", "/account"),
];

fn forms() -> Vec<&'static str> {
    let routes = ::platform::PAGES.routes.iter();
    let posts = routes.filter(|(method, _)| *method == Method::POST);
    posts.map(|(_, path)| *path).collect()
}

/// Whether a form comes with a picture.
fn is_multipart(path: &str) -> bool {
    path == "/account/avatar"
}

/// How a form is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    Urlencoded,
    Json,
    Multipart,
}

impl Writing {
    fn of(path: &str) -> &'static [Self] {
        if is_multipart(path) {
            &[Self::Multipart]
        } else {
            &[Self::Urlencoded, Self::Json]
        }
    }

    fn write(self, request: Request, tokens: &[&str]) -> Request {
        let tokens = tokens.iter().map(|token| ("form_token", *token));
        let fields: Vec<_> = tokens.chain(FIELDS).collect();
        match self {
            Self::Urlencoded => request.bare_form(&fields),
            Self::Json => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), json!(value)));
                request.json(&json!(fields.collect::<Map<_, _>>()))
            }
            Self::Multipart => {
                let part = |(name, value): &(&str, &str)| {
                    format!(
                        "--cut\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                    )
                };
                let parts: String = fields.iter().map(part).collect();
                let picture = part(&("picture", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"));
                request
                    .header("content-type", "multipart/form-data; boundary=cut")
                    .body(format!("{parts}{picture}--cut--\r\n"))
            }
        }
    }
}

/// A form of this browser's under these headers, with these tokens.
async fn send(
    platform: &Platform,
    browser: &Browser,
    (path, writing): (&str, Writing),
    headers: &[(&str, &str)],
    tokens: &[&str],
) -> Answer {
    let mut request = browser.with_cookie(platform.post(path));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    writing.write(request, tokens).send().await
}

/// Two who are signed in.
async fn scene() -> (Platform, Browser, Browser) {
    let platform = Platform::with(&[("ALLOWED_ORIGINS", "https://app.example.com")]).await;
    platform.register_confirmed(ANN).await;
    platform.register_confirmed(BOB).await;
    let ann = Browser::signed_in(&platform, ANN).await;
    let bob = Browser::signed_in(&platform, BOB).await;
    (platform, ann, bob)
}

#[tokio::test]
async fn there_are_all_forms_to_be_tried() {
    assert_eq!(forms().len(), 25, "{:?}", forms());
}

#[tokio::test]
async fn a_form_without_the_token_of_its_cookie_is_refused_and_does_nothing() {
    let (platform, mut ann, mut bob) = scene().await;
    let own = ann.form_token(&platform).await;
    let other = bob.form_token(&platform).await;
    let mut visitor = Browser::default();
    let visitors = visitor.form_token(&platform).await;
    let cut = &own[1..];
    let before = platform.dump().await;
    for path in forms() {
        for writing in Writing::of(path) {
            for tokens in [
                &[][..],
                &[""],
                &[&*other],
                &[&*visitors],
                &[cut],
                &["\"><script>"],
            ] {
                let form = (path, *writing);
                let refused = send(&platform, &ann, form, SAME_ORIGIN, tokens).await;
                assert_eq!(said(&refused), REFUSED, "{path} {writing:?} {tokens:?}");
                assert_eq!(refused.header("set-cookie"), None, "{path}");
                assert!(!refused.body.contains("<script"));
            }
        }
    }
    for path in forms().into_iter().filter(|path| !is_multipart(path)) {
        let form = (path, Writing::Urlencoded);
        for twice in [[&*own, &*own], [&*own, &*other]] {
            let refused = send(&platform, &ann, form, SAME_ORIGIN, &twice).await;
            assert_eq!(said(&refused), REFUSED, "{path}: two tokens");
        }
        for token in [json!(null), json!(1), json!([own]), json!({ "token": own })] {
            let request = platform.post(path).header("sec-fetch-site", "same-origin");
            let form = json!({ "form_token": token, "email": ANN, "password": PASSWORD });
            let refused = ann.with_cookie(request).json(&form).send().await;
            assert_eq!(said(&refused), REFUSED, "{path}: {token}");
        }
    }
    expect_nothing_done(&platform, &before, "forms without their tokens").await;
}

#[tokio::test]
async fn a_form_of_who_holds_no_cookie_is_refused_and_does_nothing() {
    let (platform, mut ann, _) = scene().await;
    let token = ann.form_token(&platform).await;
    let before = platform.dump().await;
    for cookie in [None, Some("other"), Some("not/plain")] {
        let nobody = Browser {
            cookie: cookie.map(str::to_owned),
        };
        for path in forms() {
            for writing in Writing::of(path) {
                let form = (path, *writing);
                let refused = send(&platform, &nobody, form, SAME_ORIGIN, &[&token]).await;
                if path.starts_with("/account/") {
                    let led = led(&refused);
                    assert_eq!(led, TO_SIGN_IN, "{path} {cookie:?}");
                } else {
                    assert_eq!(said(&refused), REFUSED, "{path} {cookie:?}");
                }
            }
        }
    }
    expect_nothing_done(&platform, &before, "forms without their cookie").await;
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused_and_does_nothing_even_with_its_token() {
    let (platform, mut ann, _) = scene().await;
    let token = ann.form_token(&platform).await;
    let before = platform.dump().await;
    for path in forms() {
        for writing in Writing::of(path) {
            for headers in [
                &[][..],
                &[("sec-fetch-site", "cross-site")],
                &[("sec-fetch-site", "same-site")],
                &[("sec-fetch-site", "none")],
                &[("sec-fetch-site", "")],
                &[("sec-fetch-site", "cross-site"), ("origin", PUBLIC_URL)],
                &[("origin", "https://evil.example")],
                &[("origin", "https://app.example.com")],
                &[("origin", "null")],
                &[("referer", PUBLIC_URL)],
            ] {
                let form = (path, *writing);
                let refused = send(&platform, &ann, form, headers, &[&token]).await;
                assert_eq!(said(&refused), REFUSED, "{path} {writing:?} {headers:?}");
            }
        }
    }
    expect_nothing_done(&platform, &before, "forms from elsewhere").await;
    assert_eq!(ann.get(&platform, "/account").await.status, 200);
}

/// The same forms do get somewhere, so what was refused above was refused for its sender.
#[tokio::test]
async fn the_same_form_from_a_page_of_ours_is_taken() {
    let (platform, ..) = scene().await;
    for path in forms() {
        for writing in Writing::of(path) {
            platform.clock.advance_seconds(3600);
            let mut bob = Browser::signed_in(&platform, BOB).await;
            let own = bob.form_token(&platform).await;
            let sent_from = match writing {
                Writing::Json => &[("origin", PUBLIC_URL)],
                Writing::Urlencoded | Writing::Multipart => SAME_ORIGIN,
            };
            let answer = send(&platform, &bob, (path, *writing), sent_from, &[&own]).await;
            assert!(answer.status < 429, "{path}: {}", answer.body);
            let refused = answer.body.contains("<h1>That did not work</h1>");
            assert!(!refused, "{path} {writing:?}");
            match path {
                "/account/password" => change_back(&platform).await,
                "/account/delete" => {
                    platform.register_confirmed(BOB).await;
                }
                _ => {}
            }
        }
    }
}

/// Gives Bob the password back that all accounts of tests have.
async fn change_back(platform: &Platform) {
    let mut bob = Browser::default();
    let entered = bob.sign_in(platform, BOB, NEW_PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");
    let fields = [
        ("current", NEW_PASSWORD),
        ("password", PASSWORD),
        ("password2", PASSWORD),
    ];
    let changed = bob.submit(platform, "/account/password", &fields).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
}

#[tokio::test]
async fn what_is_no_form_is_refused_and_does_nothing() {
    let (platform, mut ann, _) = scene().await;
    let token = ann.form_token(&platform).await;
    let before = platform.dump().await;
    for path in forms() {
        let other = if is_multipart(path) {
            Writing::Urlencoded
        } else {
            Writing::Multipart
        };
        let refused = send(&platform, &ann, (path, other), SAME_ORIGIN, &[&token]).await;
        assert_eq!(refused.status, 415, "{path}");
        let request = platform.post(path).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "text/plain");
        let body = format!("form_token={token}");
        let refused = ann.with_cookie(request).body(body).send().await;
        assert_eq!(refused.status, 415, "{path}");
    }
    expect_nothing_done(&platform, &before, "no forms").await;
}

#[tokio::test]
async fn looking_at_pages_changes_nothing() {
    let (platform, mut ann, _) = scene().await;
    let before = platform.dump().await;
    let routes = ::platform::PAGES.routes.iter();
    let pages = routes.filter(|(method, _)| *method == Method::GET);
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(FIELDS)
        .finish();
    let mut seen = 0;
    for (_, path) in pages {
        for path in [(*path).to_owned(), format!("{path}?{query}")] {
            let page = ann.get(&platform, &path).await;
            assert!(page.status < 405, "{path}: {}", page.status);
            let page = platform.get(&path).send().await;
            assert!(page.status < 405, "{path}: {}", page.status);
            seen += 1;
        }
    }
    assert_eq!(seen, 22);
    expect_nothing_done(&platform, &before, "pages").await;
}

/// Forms of two tabs are of one visit.
#[tokio::test]
async fn all_forms_that_a_browser_is_shown_carry_the_token_of_its_cookie() {
    let platform = Platform::start().await;
    let mut browser = Browser::default();
    let first = browser.form_token(&platform).await;
    let cookie = browser.cookie.clone();
    for path in [
        "/sign-in",
        "/sign-up",
        "/reset-password",
        "/activate?code=x",
    ] {
        let page = browser.get(&platform, path).await;
        assert_eq!(page.header("set-cookie"), None, "{path}");
        let mut tokens = page.body.split("name=\"form_token\" value=\"").skip(1);
        assert!(tokens.all(|rest| rest.starts_with(&first)), "{path}");
    }
    assert_eq!(browser.cookie, cookie);
    let other = Browser::default().form_token(&platform).await;
    assert_ne!(other, first);
}
