//! The second step of signing in on the page: a code that an authenticator shows or a message holds.

use shared::domain::{EmailAddress, UnmailableReason};

use super::{ANN, NEW_PASSWORD, WRONG, led, said, session_cookie, value_in};
use crate::harness::{Answer, Browser, PASSWORD, Platform, SmsFault};
use crate::security::factor::{
    Authenticator, PHONE, account_with, account_with_authenticator, answer, bind, challenge,
    credential, other_than, resend, sent_code, sessions,
};
use crate::user_service::expect_nothing_done;

const APP: &str = "Enter your code\nOpen your authenticator app and enter the six digits it shows, or use one of your recovery codes.";
const TEXTED: &str = "Enter your code\nWe have sent a code to your phone by text message.";
const MAILED: &str = "Enter your code\nWe have sent a code to your email address.";
const WRONG_CODE: &str = "This code is not right, or it was used before. Please enter a new one.";
const OVER: &str = "400\nSign in\nWelcome back.\nThe time to enter the code is over, or there were too many tries. Please sign in again.";
const TOO_SOON: &str =
    "A code was sent just now. Please wait half a minute before you ask for another.";
const SENT_AGAIN: &str = "The code is on its way again.";

/// A challenge as its page shows it.
#[derive(Clone)]
struct Challenge {
    browser: Browser,
    id: String,
    method: String,
}

impl Challenge {
    /// Gives the right password.
    async fn begin(platform: &Platform, next: &str) -> (Self, Answer) {
        let mut browser = Browser::default();
        let fields = [("email", ANN), ("password", PASSWORD), ("next", next)];
        let page = browser.submit(platform, "/sign-in", &fields).await;
        let challenge = Self {
            id: value_in(&page, "challenge"),
            method: value_in(&page, "method"),
            browser,
        };
        (challenge, page)
    }

    async fn answer(&mut self, platform: &Platform, code: &str) -> Answer {
        self.send(platform, "/sign-in/code", &[("code", code)])
            .await
    }

    async fn resend(&mut self, platform: &Platform) -> Answer {
        self.send(platform, "/sign-in/resend", &[]).await
    }

    async fn send(&mut self, platform: &Platform, path: &str, more: &[(&str, &str)]) -> Answer {
        let shown = [
            ("challenge", &*self.id),
            ("method", &*self.method),
            ("next", "/account/sessions"),
        ];
        let fields = [&shown[..], more].concat();
        self.browser.submit(platform, path, &fields).await
    }
}

/// An account with an authenticator whose codes so far are used up, and no session.
async fn with_authenticator(platform: &Platform) -> (Authenticator, Vec<String>) {
    let (authenticator, codes, _) = account_with_authenticator(platform, ANN).await;
    platform.clock.advance_seconds(3600);
    (authenticator, codes)
}

#[tokio::test]
async fn a_code_of_the_authenticator_opens_the_session() {
    let platform = Platform::start().await;
    let (authenticator, _) = with_authenticator(&platform).await;
    let before = sessions(&platform).await;
    let (mut challenge, page) = Challenge::begin(&platform, "/account/sessions").await;
    assert_eq!(said(&page), format!("200\n{APP}"));
    assert_eq!(challenge.method, "authenticator");
    assert_eq!(value_in(&page, "next"), "/account/sessions");
    assert!(!page.body.contains("/sign-in/resend"), "nothing is sent");
    assert_eq!(page.header("set-cookie"), None);
    assert_eq!(sessions(&platform).await, before);
    let outside = challenge.browser.get(&platform, "/account").await;
    assert_eq!(led(&outside), "303 /sign-in?next=/account");

    let wrong = authenticator.wrong_code(&platform);
    let refused = challenge.answer(&platform, &wrong).await;
    assert_eq!(said(&refused), format!("400\n{APP}\n{WRONG_CODE}"));
    assert_eq!(value_in(&refused, "challenge"), challenge.id);
    assert_eq!(value_in(&refused, "method"), "authenticator");
    assert_eq!(value_in(&refused, "next"), "/account/sessions");
    assert_eq!(sessions(&platform).await, before);

    let code = format!(" {} ", authenticator.code(&platform));
    let entered = challenge.answer(&platform, &code).await;
    assert_eq!(led(&entered), "303 /account/sessions");
    let cookie = challenge.browser.cookie.clone().expect("a cookie");
    let set = session_cookie(&cookie, 30 * super::DAY);
    assert_eq!(entered.header("set-cookie"), Some(&*set));
    assert_eq!(sessions(&platform).await, before + 1);
    assert_eq!(platform.deliver().await.len(), 0);

    let again = Challenge {
        browser: Browser::default(),
        ..challenge
    };
    let late = again.clone().answer(&platform, &code).await;
    assert_eq!(said(&late), OVER);
    assert_eq!(late.header("set-cookie"), None);
    assert_eq!(sessions(&platform).await, before + 1);
}

#[tokio::test]
async fn five_wrong_codes_lead_back_to_the_start() {
    let platform = Platform::start().await;
    let (authenticator, _) = with_authenticator(&platform).await;
    let before = sessions(&platform).await;
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    for number in 0..5 {
        let wrong = authenticator.wrong_code(&platform);
        let refused = challenge.answer(&platform, &wrong).await;
        assert_eq!(
            said(&refused),
            format!("400\n{APP}\n{WRONG_CODE}"),
            "{number}"
        );
    }
    let code = authenticator.code(&platform);
    let refused = challenge.answer(&platform, &code).await;
    assert_eq!(said(&refused), OVER);
    assert_eq!(value_in(&refused, "next"), "/account/sessions");
    assert_eq!(sessions(&platform).await, before);
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    let entered = challenge.answer(&platform, &code).await;
    assert_eq!(led(&entered), "303 /account/sessions");
}

#[tokio::test]
async fn a_challenge_waits_five_minutes() {
    let platform = Platform::start().await;
    let (authenticator, _) = with_authenticator(&platform).await;
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    let (mut late, _) = Challenge::begin(&platform, "").await;
    platform.clock.advance_seconds(299);
    let code = authenticator.code(&platform);
    let entered = challenge.answer(&platform, &code).await;
    assert_eq!(led(&entered), "303 /account/sessions");
    let before = sessions(&platform).await;
    let code = authenticator.next_code(&platform);
    let refused = late.answer(&platform, &code).await;
    assert_eq!(said(&refused), OVER);
    assert_eq!(sessions(&platform).await, before);
}

#[tokio::test]
async fn a_recovery_code_works_once() {
    let platform = Platform::start().await;
    let (_, codes) = with_authenticator(&platform).await;
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    let entered = challenge.answer(&platform, &codes[0]).await;
    assert_eq!(led(&entered), "303 /account/sessions");
    let left = credential(&platform).await["recovery_codes"].clone();
    assert_eq!(left.as_array().map(Vec::len), Some(9));
    let before = sessions(&platform).await;
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    let again = challenge.answer(&platform, &codes[0]).await;
    assert_eq!(said(&again), format!("400\n{APP}\n{WRONG_CODE}"));
    assert_eq!(sessions(&platform).await, before);
    let other = challenge.answer(&platform, &codes[1]).await;
    assert_eq!(led(&other), "303 /account/sessions");
}

#[tokio::test]
async fn a_wrong_password_gets_no_challenge_and_no_message() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "sms").await;
    let codes = platform.items("codes").await;
    let mut browser = Browser::default();
    let refused = browser.sign_in(&platform, ANN, WRONG).await;
    assert_eq!(
        said(&refused),
        "400\nSign in\nWelcome back.\nEmail address or password is wrong. Please try again."
    );
    assert_eq!(platform.items("codes").await, codes);
    assert_eq!(platform.inbox.messages().len(), 0);
}

#[tokio::test]
async fn a_code_is_sent_before_its_page_is_shown_and_again_when_asked_for() {
    for (method, page_says, to) in [("sms", TEXTED, PHONE), ("email", MAILED, ANN)] {
        let platform = Platform::start().await;
        account_with(&platform, ANN, method).await;
        let (mut challenge, page) = Challenge::begin(&platform, "/account").await;
        assert_eq!(said(&page), format!("200\n{page_says}"));
        assert_eq!(challenge.method, method);
        assert!(page.body.contains("action=\"/sign-in/resend\""));
        let sent = platform.inbox.messages();
        assert_eq!(sent.len(), 1, "{method}");
        assert_eq!(
            (&*sent[0].channel, &*sent[0].to),
            (method, &[to.to_owned()][..])
        );
        let code = sent_code(&platform);
        assert!(!page.body.contains(&code) && !platform.dump().await.contains(&code));

        let resent = challenge.resend(&platform).await;
        assert_eq!(said(&resent), format!("200\n{page_says}\n{SENT_AGAIN}"));
        assert_eq!(value_in(&resent, "challenge"), challenge.id);
        assert_eq!(sent_code(&platform), code);
        let early = challenge.resend(&platform).await;
        assert_eq!(said(&early), format!("400\n{page_says}\n{TOO_SOON}"));
        assert_eq!(platform.inbox.messages().len(), 2, "{method}");
        platform.clock.advance_seconds(30);
        assert_eq!(challenge.resend(&platform).await.status, 200, "{method}");

        let wrong = challenge.answer(&platform, other_than(&code)).await;
        assert_eq!(said(&wrong), format!("400\n{page_says}\n{WRONG_CODE}"));
        let entered = challenge.answer(&platform, &code).await;
        assert_eq!(led(&entered), "303 /account/sessions");
        assert_eq!(sessions(&platform).await, 1);
    }
}

#[tokio::test]
async fn a_mail_is_sent_again_three_times_at_most() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    for _ in 0..3 {
        assert_eq!(challenge.resend(&platform).await.status, 200);
        platform.clock.advance_seconds(30);
    }
    let over = challenge.resend(&platform).await;
    assert_eq!(said(&over), OVER);
    assert_eq!(platform.inbox.messages().len(), 4);
}

#[tokio::test]
async fn a_number_that_had_its_messages_is_not_told_to_wait_half_a_minute() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "sms").await;
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    for _ in 0..2 {
        assert_eq!(challenge.resend(&platform).await.status, 200);
        platform.clock.advance_seconds(30);
    }
    let limited = challenge.resend(&platform).await;
    assert_eq!(
        said(&limited),
        "429\nA short break, please\nThere were too many attempts in a short time. Please wait a little and try again."
    );
    let wait = limited.header("retry-after").expect("a time");
    assert!(
        wait.parse::<u64>().is_ok_and(|seconds| seconds > 60),
        "{wait}"
    );
    assert_eq!(platform.inbox.messages().len(), 3);
    let entered = challenge.answer(&platform, &sent_code(&platform)).await;
    assert_eq!(led(&entered), "303 /account/sessions");
}

#[tokio::test]
async fn a_code_that_cannot_be_sent_is_an_outage_and_no_way_in() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "sms").await;
    platform.sms.refuse(PHONE, SmsFault::Throttled);
    let page = Browser::default().sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(
        said(&page),
        "503\nWe will be right back\nThe service cannot be reached at the moment. Please try again in a few minutes."
    );
    assert!(page.header("retry-after").is_some());
    assert_eq!(sessions(&platform).await, 0);
}

#[tokio::test]
async fn a_code_to_an_address_that_gets_no_mail_is_an_outage_and_no_way_in() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let ann = EmailAddress::parse(ANN).expect("an address");
    let mailability = platform.local.foundation.mailability();
    let noted = mailability.refuse(&ann, UnmailableReason::Bounce);
    noted.await.expect("it is noted");
    let page = Browser::default().sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(
        said(&page),
        "503\nWe will be right back\nThe service cannot be reached at the moment. Please try again in a few minutes."
    );
    assert_eq!(platform.inbox.messages().len(), 0);
    assert_eq!(sessions(&platform).await, 0);
}

#[tokio::test]
async fn a_challenge_of_the_security_service_is_not_answered_here() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let uuid = challenge(&platform, ANN).await;
    let code = sent_code(&platform);
    let mut here = Challenge {
        browser: Browser::default(),
        id: uuid.clone(),
        method: "email".to_owned(),
    };
    let refused = here.answer(&platform, &code).await;
    assert_eq!(said(&refused), OVER);
    let refused = here.resend(&platform).await;
    assert_eq!(said(&refused), OVER);
    assert_eq!(platform.inbox.messages().len(), 1);
    assert_eq!(sessions(&platform).await, 0);
    assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
}

#[tokio::test]
async fn a_challenge_of_the_page_is_not_answered_by_the_security_service() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    let code = sent_code(&platform);
    let refused = answer(&platform, &challenge.id, &code).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let refused = resend(&platform, &challenge.id).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(platform.inbox.messages().len(), 1);
    assert_eq!(sessions(&platform).await, 0);
    let entered = challenge.answer(&platform, &code).await;
    assert_eq!(led(&entered), "303 /account/sessions");
}

#[tokio::test]
async fn what_names_no_challenge_leads_back_to_the_start() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let before = platform.dump().await;
    for id in [
        "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
        "no challenge",
        "\"><script>",
        "",
    ] {
        let mut challenge = Challenge {
            browser: Browser::default(),
            id: id.to_owned(),
            method: "\"><script>".to_owned(),
        };
        for page in [
            challenge.answer(&platform, "000000").await,
            challenge.resend(&platform).await,
        ] {
            assert_eq!(said(&page), OVER, "{id}");
            assert!(!page.body.contains("<script"), "{id}");
        }
    }
    expect_nothing_done(&platform, &before, "no challenge").await;
}

#[tokio::test]
async fn a_password_change_ends_the_challenge() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    let code = sent_code(&platform);
    let mut browser = Browser::default();
    let fields = [("email", ANN)];
    browser
        .submit(&platform, "/reset-password/request", &fields)
        .await;
    let mails = platform.deliver().await;
    let link = crate::harness::reset_code_in(&mails.last().expect("a mail").text);
    assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
    let refused = challenge.answer(&platform, &code).await;
    assert_eq!(said(&refused), OVER);
    assert_eq!(sessions(&platform).await, 0);
}

#[tokio::test]
async fn a_new_password_waits_for_the_code() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let mut browser = Browser::default();
    let fields = [
        ("email", ANN),
        ("password", PASSWORD),
        ("new_password", NEW_PASSWORD),
    ];
    let page = browser.submit(&platform, "/sign-in", &fields).await;
    assert_eq!(said(&page), format!("200\n{MAILED}"));
    let mut other = Browser::default();
    let old = other.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(old.status, 200, "the old one still counts");
    platform.inbox.empty().expect("an inbox in memory");
    let mut challenge = Challenge {
        id: value_in(&page, "challenge"),
        method: "email".to_owned(),
        browser,
    };
    challenge.resend(&platform).await;
    let code = sent_code(&platform);
    let entered = challenge.answer(&platform, &code).await;
    assert_eq!(led(&entered), "303 /account/sessions");
    let old = other.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(old.status, 400);
    let new = other.sign_in(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(said(&new), format!("200\n{MAILED}"));
}

#[tokio::test]
async fn a_session_that_was_there_before_ends_with_the_right_code() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let token = platform.security_token(ANN).await;
    let (authenticator, _) = bind(&platform, &token).await;
    platform.clock.advance_seconds(3600);
    let code = authenticator.code(&platform);
    let (mut challenge, _) = Challenge::begin(&platform, "").await;
    assert_eq!(challenge.answer(&platform, &code).await.status, 303);
    let before = sessions(&platform).await;
    let mut former = challenge.browser.clone();
    let fields = [("email", ANN), ("password", PASSWORD)];
    let page = challenge
        .browser
        .submit(&platform, "/sign-in", &fields)
        .await;
    challenge.id = value_in(&page, "challenge");
    assert_eq!(former.get(&platform, "/account").await.status, 200);
    let code = authenticator.next_code(&platform);
    assert_eq!(challenge.answer(&platform, &code).await.status, 303);
    assert_eq!(sessions(&platform).await, before);
    assert_eq!(former.get(&platform, "/account").await.status, 303);
}
