//! GET and POST /actionLink: the pages that this dialect's mails lead to.

use serde_json::json;
use shared::domain::{Dialect, EmailAddress, MessageLanguage, NewPassword, Realm};
use shared::service::Registration;

use super::factor::ANN;
use super::{STRICT_PASSWORD, get, path, sign_in, token};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform};
use crate::user_service::expect_nothing_done;

/// What a mailed link holds.
struct Link {
    action: &'static str,
    id: String,
}

impl Link {
    fn in_mail(action: &'static str, text: &str) -> Self {
        let start = format!(
            "{PUBLIC_URL}{}",
            path(&format!("actionLink?action={action}&id="))
        );
        let id = text.lines().find_map(|line| line.strip_prefix(&start));
        let id = id
            .unwrap_or_else(|| panic!("no such link: {text}"))
            .to_owned();
        Self { action, id }
    }

    async fn show(&self, platform: &Platform) -> Answer {
        let rest = format!("actionLink?action={}&id={}", self.action, self.id);
        platform.get(&path(&rest)).send().await
    }

    /// Sends the page's form, with more fields.
    async fn act(&self, platform: &Platform, more: &[(&str, &str)]) -> Answer {
        let mut fields = vec![("action", self.action), ("id", self.id.as_str())];
        fields.extend(more);
        submit(platform, &fields).await
    }
}

async fn submit(platform: &Platform, fields: &[(&str, &str)]) -> Answer {
    let request = platform.post(&path("actionLink"));
    let request = request.header("origin", PUBLIC_URL);
    request.form(fields).send().await
}

fn passwords<'a>(one: &'a str, other: &'a str) -> [(&'a str, &'a str); 2] {
    [("password1", one), ("password2", other)]
}

/// An account that this dialect asked to confirm its address.
async fn verification(platform: &Platform) -> Link {
    let local = &platform.local;
    let hashes = local.foundation.passwords().expect("passwords");
    let registrar = local.foundation.registrar(&local.secrets, &hashes);
    let registrar = registrar.expect("the keys");
    let registration = Registration {
        realm: Realm::default_realm(),
        dialect: Dialect::Security,
        email: &EmailAddress::parse(ANN).expect("an address"),
        password: &NewPassword::parse(PASSWORD, &[]).expect("a good password"),
        first_name: None,
        last_name: None,
        display_name: None,
        nickname: None,
        attributes: Vec::new(),
        must_change_password: false,
        language: MessageLanguage::En.into(),
        client: None,
    };
    let admission = registrar.admit_anybody().expect("open registration");
    let registered = registrar.register(admission, registration).await;
    registered.expect("an account");
    Link::in_mail("email_verification", &platform.deliver().await[0].text)
}

/// A link to set another password of a confirmed account.
async fn reset(platform: &Platform) -> Link {
    platform.clock.advance_seconds(1);
    let ask = platform.post(&path("oauth2?forgotPassword=true"));
    ask.json(&json!({ "userId": ANN })).send().await;
    Link::in_mail("password_reset", &platform.deliver().await[0].text)
}

fn heading(answer: &Answer) -> (u16, &str) {
    let (_, rest) = answer.body.split_once("<h1>").expect("a page");
    (answer.status, rest.split("</h1>").next().expect("its end"))
}

const NO_LINK: (u16, &str) = (404, "This link is no longer valid");

#[tokio::test]
async fn showing_a_link_consumes_nothing_and_its_button_confirms_the_address() {
    let platform = Platform::start().await;
    let link = verification(&platform).await;
    let before = platform.dump().await;
    for _ in 0..3 {
        let page = link.show(&platform).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(
            page.body
                .contains("<form method=\"post\" action=\"actionLink\">")
        );
        for (name, value) in [("action", "email_verification"), ("id", &*link.id)] {
            let field = format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
            assert!(page.body.contains(&field), "{}", page.body);
        }
    }
    assert_eq!(platform.dump().await, before);
    assert_eq!(
        sign_in(&platform, ANN, PASSWORD).await.json()["ErrorCode"],
        4
    );
    let done = link.act(&platform, &[]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let token = token(&platform, ANN, PASSWORD).await;
    let me = get(&platform, &token, "oauth2?me=true").await.json();
    assert_eq!(me["validated"], true);
    assert_eq!(me["waitingForEmailCheck"], false);
    assert_eq!(platform.items("sessions").await.len(), 1, "of the sign-in");
}

#[tokio::test]
async fn a_form_may_hold_the_code_alone() {
    let platform = Platform::start().await;
    let link = verification(&platform).await;
    let done = submit(&platform, &[("id", &link.id)]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    token(&platform, ANN, PASSWORD).await;
    let link = reset(&platform).await;
    let [one, other] = passwords(STRICT_PASSWORD, STRICT_PASSWORD);
    let done = submit(&platform, &[("id", &link.id), one, other]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    token(&platform, ANN, STRICT_PASSWORD).await;
}

#[tokio::test]
async fn a_password_is_set_once_and_ends_all_sessions() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let old = token(&platform, ANN, PASSWORD).await;
    let link = reset(&platform).await;
    let before = platform.dump().await;
    assert_eq!(link.show(&platform).await.status, 200);
    assert_eq!(platform.dump().await, before);
    let typed = passwords(STRICT_PASSWORD, STRICT_PASSWORD);
    let done = link.act(&platform, &typed).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(get(&platform, &old, "oauth2?me=true").await.status, 403);
    token(&platform, ANN, STRICT_PASSWORD).await;
    for again in [
        link.show(&platform).await,
        link.act(&platform, &typed).await,
    ] {
        assert_eq!(again.status, 404, "{}", again.body);
    }
}

#[tokio::test]
async fn passwords_that_may_not_be_set_leave_the_link() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let body = json!({ "userId": ANN, "password": PASSWORD, "newPassword": STRICT_PASSWORD });
    let changed = platform.post(&path("oauth2")).json(&body).send().await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let link = reset(&platform).await;
    let before = platform.dump().await;
    let good = "Marble-lantern-7-walks";
    for typed in [
        &passwords(good, "Marble-lantern-8-walks")[..],
        &passwords(good, ""),
        &[("password1", good)],
        &[("password2", good)],
        &[],
        &passwords("short", "short"),
        &passwords("violet tractor sings", "violet tractor sings"),
        &passwords(STRICT_PASSWORD, STRICT_PASSWORD),
    ] {
        let page = link.act(&platform, typed).await;
        assert_eq!(page.status, 400, "{typed:?}: {}", page.body);
        assert!(page.body.contains("role=\"alert\""), "{typed:?}");
        assert!(page.body.contains(&link.id), "{typed:?}: the form again");
        assert!(!page.body.contains(good), "{typed:?}");
    }
    expect_nothing_done(&platform, &before, "refused passwords").await;
    let done = link.act(&platform, &passwords(good, good)).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

#[tokio::test]
async fn what_is_no_link_is_a_page_that_says_so() {
    let platform = Platform::start().await;
    let link = verification(&platform).await;
    let id = &link.id;
    let spoilt = format!("{}x", &id[..id.len() - 1]);
    let before = platform.dump().await;
    for rest in [
        "actionLink".to_owned(),
        "actionLink?action=email_verification".to_owned(),
        format!("actionLink?id={id}"),
        format!("actionLink?action=dance&id={id}"),
        format!("actionLink?action=password_reset&id={id}"),
        format!("actionLink?action=email_verification&id={spoilt}"),
        "actionLink?action=email_verification&id=".to_owned(),
        "actionLink?action=password_reset&id=x".to_owned(),
    ] {
        let page = platform.get(&path(&rest)).send().await;
        assert_eq!(page.status, 404, "{rest}: {}", page.body);
        assert!(page.body.contains("<h1>"), "{rest}");
    }
    let [one, other] = passwords(STRICT_PASSWORD, STRICT_PASSWORD);
    for fields in [
        &[("action", "password_reset"), ("id", id), one, other][..],
        &[("action", "email_verification"), ("id", &spoilt)],
        &[("id", "x")],
        &[("id", "x"), one, other],
    ] {
        let page = submit(&platform, fields).await;
        assert_eq!(page.status, 404, "{fields:?}: {}", page.body);
    }
    let empty = submit(&platform, &[]).await;
    assert_eq!(empty.status, 400, "{}", empty.body);
    expect_nothing_done(&platform, &before, "no link").await;
    assert_eq!(link.act(&platform, &[]).await.status, 200);
    platform.clock.advance_seconds(86_400);
    assert_eq!(heading(&link.show(&platform).await), NO_LINK);
}

#[tokio::test]
async fn its_pages_keep_to_themselves_as_all_pages_do() {
    let platform = Platform::start().await;
    let model = platform.get("/activate?code=x").send().await;
    let link = verification(&platform).await;
    let shown = link.show(&platform).await;
    let done = link.act(&platform, &[]).await;
    let reset = reset(&platform).await;
    let different = reset.act(&platform, &passwords("a", "b")).await;
    let missing = platform.get(&path("actionLink")).send().await;
    let refused = platform.post(&path("actionLink")).form(&[("id", "x")]);
    let refused = refused.send().await;
    let form = reset.show(&platform).await;
    for page in [shown, done, different, missing, refused, form] {
        for header in [
            "content-security-policy",
            "content-type",
            "referrer-policy",
            "x-frame-options",
            "x-content-type-options",
            "cache-control",
        ] {
            assert_eq!(page.header(header), model.header(header), "{}", page.body);
        }
        assert_eq!(page.headers.get("set-cookie"), None);
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused_and_does_nothing() {
    let platform = Platform::start().await;
    let link = verification(&platform).await;
    let before = platform.dump().await;
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", PUBLIC_URL)],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ] {
        let mut request = platform.post(&path("actionLink")).form(&[("id", &link.id)]);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        assert_eq!(answer.status, 400, "{headers:?}: {}", answer.body);
        assert!(
            answer.body.contains("<h1>That did not work</h1>"),
            "{headers:?}"
        );
    }
    expect_nothing_done(&platform, &before, "forms from elsewhere").await;
    assert_eq!(link.act(&platform, &[]).await.status, 200);
}

#[tokio::test]
async fn what_a_link_holds_is_escaped() {
    let platform = Platform::start().await;
    let hostile = "\"><script>alert(1)</script>";
    let [one, other] = passwords("a", "b");
    for fields in [
        &[("id", hostile)][..],
        &[("action", hostile), ("id", hostile), one, other],
    ] {
        let page = submit(&platform, fields).await;
        assert!(!page.body.contains("<script"), "{}", page.body);
    }
    let query = "action=password_reset&id=%22%3E%3Cscript%3E";
    let page = platform
        .get(&path(&format!("actionLink?{query}")))
        .send()
        .await;
    assert!(!page.body.contains("<script"), "{}", page.body);
}
