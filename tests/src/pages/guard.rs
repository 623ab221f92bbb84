//! What holds for every page: what it may load, who may send its forms.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64;
use http::Method;

use super::submit;
use crate::harness::{
    Answer, PASSWORD, PUBLIC_URL, Platform, code_in, rbac_code_in, reset_link_in,
};

const UID: &str = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

/// The policy that names the page's own style sheet and allows nothing else.
fn policy_for(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("<style>").expect("a style sheet");
    let (style, _) = rest.split_once("</style>").expect("its end");
    let hash = BASE64.encode(digest(&SHA256, style.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

#[tokio::test]
async fn every_page_loads_nothing_runs_nothing_and_tells_nobody_where_it_was() {
    let platform = Platform::start().await;
    let reset = format!("/reset-password?uid={UID}&t=x");
    let get = async |path: &str| platform.get(path).send().await;
    let post = async |path: &str, fields: &[(&str, &str)]| submit(&platform, path, fields).await;
    let email = [("email", "ann@example.com")];
    let passwords = |password| {
        [
            ("uid", UID),
            ("t", "x"),
            ("password", password),
            ("password2", PASSWORD),
        ]
    };
    let pages = [
        (200, get("/activate?code=x").await),
        (200, get("/activate").await),
        (200, get(&format!("/rbac-activate?uid={UID}&code=x")).await),
        (200, get("/rbac-activate").await),
        (
            400,
            post("/rbac-activate", &[("uid", UID), ("code", "x")]).await,
        ),
        (200, get(&reset).await),
        (200, get("/reset-password").await),
        (400, post("/activate", &[("code", "x")]).await),
        (400, post("/activate", &[]).await),
        (200, post("/activate/resend", &email).await),
        (200, post("/reset-password/request", &email).await),
        (400, post("/reset-password", &passwords(PASSWORD)).await),
        (400, post("/reset-password", &passwords("other")).await),
        (
            400,
            platform
                .post("/activate")
                .form(&[("code", "x")])
                .send()
                .await,
        ),
        (404, get("/").await),
        (404, get("/activate/").await),
        (404, get("/favicon.ico").await),
        (405, platform.delete("/activate").send().await),
    ];
    for (index, (status, page)) in pages.iter().enumerate() {
        assert_eq!(page.status, *status, "{index}: {}", page.body);
        assert_eq!(
            page.header("content-security-policy"),
            Some(policy_for(page).as_str()),
            "{index}"
        );
        for (header, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(page.header(header), Some(value), "{index}");
        }
        for forbidden in [
            "<script",
            "javascript:",
            " onload=",
            " onclick=",
            " style=",
            "<iframe",
            "<img",
            "http://",
            "https://",
        ] {
            assert!(!page.body.contains(forbidden), "{index}: {forbidden}");
        }
    }
}

#[tokio::test]
async fn what_a_link_holds_is_escaped() {
    let platform = Platform::start().await;
    let hostile = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%27%26";
    for path in [
        format!("/activate?code={hostile}"),
        format!("/rbac-activate?uid={hostile}&code={hostile}"),
        format!("/reset-password?uid={hostile}&t={hostile}"),
    ] {
        let page = platform.get(&path).send().await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<script"), "{path}");
        let escaped = "value=\"&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#39;&#38;\"";
        assert!(page.body.contains(escaped), "{path}: {}", page.body);
    }
    let typed = submit(
        &platform,
        "/reset-password",
        &[
            ("uid", "\"><script>"),
            ("t", "'><script>"),
            ("password", "a"),
            ("password2", "b"),
        ],
    )
    .await;
    assert_eq!(typed.status, 400);
    assert!(!typed.body.contains("<script"), "{}", typed.body);
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused_and_does_nothing() {
    let platform = Platform::with(&[("ALLOWED_ORIGINS", "https://app.example.com")]).await;
    platform.register_confirmed("ann@example.com").await;
    platform.register("bob@example.com").await;
    let code = code_in(&platform.deliver().await[0].text);
    platform.register_by_core("cid@example.com", false).await;
    let rbac = rbac_code_in(&platform.deliver().await[0].text);
    platform.clock.advance_seconds(60);
    submit(
        &platform,
        "/reset-password/request",
        &[("email", "ann@example.com")],
    )
    .await;
    let link = reset_link_in(&platform.deliver().await[0].text);
    let (uid, token) = link
        .strip_prefix("/reset-password?uid=")
        .and_then(|rest| rest.split_once("&t="))
        .expect("a link");
    platform.clock.advance_seconds(60);
    let reset = [
        ("uid", uid),
        ("t", token),
        ("password", "chosen by a stranger"),
        ("password2", "chosen by a stranger"),
    ];
    let forms: [(&str, &[(&str, &str)]); 5] = [
        ("/activate", &[("code", &code)]),
        ("/rbac-activate", &[("uid", &rbac.0), ("code", &rbac.1)]),
        ("/activate/resend", &[("email", "bob@example.com")]),
        ("/reset-password", &reset),
        ("/reset-password/request", &[("email", "ann@example.com")]),
    ];
    let before = platform.dump().await;
    for (path, fields) in forms {
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
            &[("origin", "")],
            &[("origin", "http://127.0.0.1:3001")],
            &[("origin", "https://127.0.0.1:3000")],
            &[("origin", "http://127.0.0.1:3000.evil.example")],
            &[("origin", "http://127.0.0.1:3000/")],
            &[("referer", "http://127.0.0.1:3000/activate")],
            &[
                ("origin", "https://evil.example"),
                ("host", "evil.example"),
                ("x-forwarded-host", "evil.example"),
            ],
        ] {
            let mut request = platform.post(path).form(fields);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = request.send().await;
            assert_eq!(answer.status, 400, "{path} {headers:?}: {}", answer.body);
            assert!(
                answer.body.contains("<h1>That did not work</h1>"),
                "{path} {headers:?}"
            );
        }
    }
    assert_eq!(platform.dump().await, before);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_form_from_a_page_of_ours_is_taken() {
    let platform = Platform::start().await;
    for (index, headers) in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("origin", PUBLIC_URL)],
        &[("sec-fetch-site", "same-origin"), ("origin", PUBLIC_URL)],
    ]
    .into_iter()
    .enumerate()
    {
        platform.register(&format!("ann{index}@example.com")).await;
        let code = code_in(&platform.deliver().await[0].text);
        let mut request = platform.post("/activate").form(&[("code", &code)]);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{headers:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn our_origin_is_that_of_a_public_url_with_a_path() {
    let platform = Platform::with(&[("PUBLIC_URL", "https://id.example.com/auth/")]).await;
    platform.register("ann@example.com").await;
    let code = code_in(&platform.deliver().await[0].text);
    let answer = platform
        .post("/activate")
        .header("origin", "https://id.example.com")
        .form(&[("code", &code)])
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_wrong_method_names_the_right_ones() {
    let platform = Platform::start().await;
    for (path, allow) in [
        ("/activate", "GET, POST"),
        ("/activate/resend", "POST"),
        ("/reset-password", "GET, POST"),
        ("/reset-password/request", "POST"),
    ] {
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = platform.request(method.clone(), path).send().await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        }
    }
    for path in ["/activate/resend", "/reset-password/request"] {
        assert_eq!(platform.get(path).send().await.status, 405, "{path}");
    }
}

#[tokio::test]
async fn options_on_a_page_tells_nothing() {
    let platform = Platform::start().await;
    for path in ["/activate", "/nothing"] {
        let answer = platform.request(Method::OPTIONS, path).send().await;
        assert_eq!(answer.whole(), "204\n", "{path}");
    }
}

#[tokio::test]
async fn a_page_has_its_answer_for_head_without_a_body() {
    let platform = Platform::start().await;
    for path in ["/activate?code=x", "/reset-password"] {
        let head = platform.request(Method::HEAD, path).send().await;
        assert_eq!(head.whole(), "200\n", "{path}");
        let get = platform.get(path).send().await;
        assert_eq!(
            head.header("content-security-policy"),
            get.header("content-security-policy")
        );
    }
}
