//! The page that confirms an account of document 002, whose links name the account beside the code.

use insta::assert_snapshot;

use super::{main_part, said, submit};
use crate::harness::{Answer, PASSWORD, Platform, code_in, rbac_code_in};

const ANN: &str = "ann@example.com";

async fn waiting(platform: &Platform, email: &str) -> (String, String) {
    platform.register_by_core(email, false).await;
    let mails = platform.deliver().await;
    rbac_code_in(&mails[0].text)
}

async fn confirm(platform: &Platform, uid: &str, code: &str) -> Answer {
    submit(platform, "/rbac-activate", &[("uid", uid), ("code", code)]).await
}

#[tokio::test]
async fn a_link_leads_where_the_configuration_says_and_names_the_account() {
    let platform = Platform::with(&[("UI_URL", "https://id.example.com/ui/")]).await;
    let user = platform.register_by_core(ANN, false).await;
    let mails = platform.deliver().await;
    let start = format!(
        "https://id.example.com/ui/rbac-activate?uid={}&code=",
        user.id
    );
    let mut lines = mails[0].text.lines();
    let code = lines.find_map(|line| line.strip_prefix(&start));
    assert_eq!(code.map(str::len), Some(86), "{}", mails[0].text);
    assert_eq!(mails[0].subject, "Gatehouse: Confirm your email address");
}

#[tokio::test]
async fn following_the_link_shows_a_button_and_uses_nothing_up() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    let before = platform.dump().await;
    let link = format!("/rbac-activate?uid={uid}&code={code}");
    let page = platform.get(&link).send().await;
    let shown = main_part(&page)
        .replace(&code, "[code]")
        .replace(&uid, "[uid]");
    assert_snapshot!(shown, @r#"
    200
    <h1>Confirm your email address</h1>
    <p class="lead">One click and your account is ready to use.</p>
    <form method="post" action="/rbac-activate">
    <input type="hidden" name="uid" value="[uid]">
    <input type="hidden" name="code" value="[code]">
    <button>Confirm email address</button>
    </form>
    <section>
    <h2>Need a new link?</h2>
    <form method="post" action="/activate/resend">
    <label for="email">Email address</label>
    <input id="email" name="email" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required>
    <button>Send again</button>
    </form>
    </section>
    </main>
    </body>
    </html>
    "#);
    let again = platform.get(&link).send().await;
    assert_eq!(main_part(&again), main_part(&page));
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn the_button_confirms_the_account_once() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 400);
    let done = confirm(&platform, &uid, &code).await;
    assert_snapshot!(said(&done), @"
    200
    Your address is confirmed
    Thank you! You can close this page and sign in.
    ");
    platform.signed_in(ANN, PASSWORD).await;
    let before = platform.dump().await;
    let again = confirm(&platform, &uid, &code).await;
    assert_snapshot!(said(&again), @"
    400
    This link is no longer valid
    It has already been used, was replaced by a newer one or has expired. If your address is confirmed, you can simply sign in. Otherwise we will gladly send you a new link.
    ");
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_code_confirms_the_account_that_the_link_names_or_none() {
    let platform = Platform::start().await;
    let (ann, code) = waiting(&platform, ANN).await;
    let (ben, _) = waiting(&platform, "ben@example.com").await;
    let before = platform.dump().await;
    let nobody = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let mut refusals = Vec::new();
    for (uid, code) in [
        (&*ben, &*code),
        (nobody, &code),
        ("no uuid", &code),
        ("", &code),
        (&ann, "no code"),
        (&ann, ""),
    ] {
        refusals.push(confirm(&platform, uid, code).await.whole());
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals[0].starts_with("400\n"), "{}", refusals[0]);
    assert!(refusals[0].contains("action=\"/activate/resend\""));
    assert_eq!(platform.dump().await, before);
    assert_eq!(confirm(&platform, &ann, &code).await.status, 200);
}

#[tokio::test]
async fn a_form_without_uid_or_code_is_refused_and_a_link_without_offers_a_new_one() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    let before = platform.dump().await;
    for fields in [&[("uid", &*uid)][..], &[("code", &*code)], &[]] {
        let refused = submit(&platform, "/rbac-activate", fields).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains("<h1>That did not work</h1>"));
    }
    for query in [
        format!("?uid={uid}"),
        format!("?code={code}"),
        String::new(),
    ] {
        let page = platform.get(&format!("/rbac-activate{query}")).send().await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("<h1>This link is no longer valid</h1>"));
    }
    assert_eq!(platform.dump().await, before);
}

/// One purpose, one live code: both pages use up the same.
#[tokio::test]
async fn the_code_is_that_of_the_other_page_too() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    platform.clock.advance_seconds(60);
    submit(&platform, "/activate/resend", &[("email", ANN)]).await;
    let newer = code_in(&platform.deliver().await[0].text);
    assert_eq!(confirm(&platform, &uid, &code).await.status, 400);
    assert_eq!(confirm(&platform, &uid, &newer).await.status, 200);

    let (_, code) = waiting(&platform, "ben@example.com").await;
    let done = submit(&platform, "/activate", &[("code", &code)]).await;
    assert_eq!(done.status, 200);
    platform.signed_in("ben@example.com", PASSWORD).await;
}

#[tokio::test]
async fn a_code_expires_after_a_day() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    platform.clock.advance_seconds(86_400);
    assert_eq!(confirm(&platform, &uid, &code).await.status, 400);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 400);
}
