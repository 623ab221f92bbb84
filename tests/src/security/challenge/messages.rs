//! The messages that a challenge sends: before its answer, or there is none; the same code again, within reason.

use shared::domain::{EmailAddress, UnmailableReason};

use super::super::factor::{
    ANN, PHONE, account_with, answer, challenge, code_in_message, resend, sent_code, sessions,
};
use super::super::{path, refusal, sign_in};
use super::{Factor, over};
use crate::harness::{MailFault, PASSWORD, Platform, SmsFault};

const DONE: &str = "200\n{\"Operation\":\"POST\",\"Details\":\"Command completed.\",\"Code\":0}";

/// The codes in all messages.
fn codes(platform: &Platform) -> Vec<String> {
    let messages = platform.inbox.messages();
    let codes = messages
        .iter()
        .map(|message| code_in_message(&message.text));
    codes.collect()
}

#[tokio::test]
async fn the_same_code_is_sent_again_at_once_and_then_after_half_a_minute() {
    for method in ["sms", "email"] {
        let platform = Platform::start().await;
        account_with(&platform, ANN, method).await;
        let uuid = challenge(&platform, ANN).await;
        assert_eq!(resend(&platform, &uuid).await.whole(), DONE, "{method}");
        platform.clock.advance_seconds(10);
        let early = resend(&platform, &uuid).await;
        let expected = refusal(429, 10, "POST", "10: too many attempts");
        assert_eq!(early.whole(), expected);
        assert_eq!(early.header("retry-after"), Some("21"), "{method}");
        assert_eq!(codes(&platform).len(), 2, "nothing was sent");
        platform.clock.advance_seconds(20);
        assert_eq!(resend(&platform, &uuid).await.whole(), DONE, "{method}");
        let mut codes = codes(&platform);
        let code = codes[0].clone();
        codes.dedup();
        assert_eq!(codes, [code.as_str()], "{method}: the same code");
        assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
    }
}

#[tokio::test]
async fn a_code_is_sent_again_three_times_at_most() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let uuid = challenge(&platform, ANN).await;
    for _ in 0..3 {
        assert_eq!(resend(&platform, &uuid).await.whole(), DONE);
        platform.clock.advance_seconds(30);
    }
    assert_eq!(resend(&platform, &uuid).await.whole(), over());
    assert_eq!(codes(&platform).len(), 4);
    let code = sent_code(&platform);
    assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
    assert_eq!(resend(&platform, &uuid).await.whole(), over());
}

#[tokio::test]
async fn two_challenges_have_codes_of_their_own() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let one = challenge(&platform, ANN).await;
    let other = challenge(&platform, ANN).await;
    let codes = codes(&platform);
    assert_ne!(codes[0], codes[1]);
    let crossed = answer(&platform, &one, &codes[1]).await;
    assert_eq!(crossed.whole(), super::wrong());
    assert_eq!(answer(&platform, &one, &codes[0]).await.status, 200);
    assert_eq!(answer(&platform, &other, &codes[1]).await.status, 200);
}

#[tokio::test]
async fn what_sends_no_message_sends_none_again() {
    let platform = Platform::start().await;
    let factor = Factor::of(&platform, "authenticator").await;
    let uuid = challenge(&platform, ANN).await;
    let unknown = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    for uuid in [&uuid, unknown, "", "challenge"] {
        assert_eq!(resend(&platform, uuid).await.whole(), over(), "{uuid}");
    }
    let empty = platform.post(&path("oauth2?resendMFACode=true"));
    let empty = empty.json(&serde_json::json!({})).send().await;
    let expected = refusal(400, 400, "POST", "1018: uuid is required");
    assert_eq!(empty.whole(), expected);
    assert_eq!(codes(&platform), [""; 0]);
    let code = factor.code(&platform);
    assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
}

/// Takes a message service away.
type Outage = fn(&Platform);

/// Whatever the message service says: a code that was not sent is no way round it.
#[tokio::test]
async fn a_code_that_cannot_be_sent_is_an_outage_and_never_a_token() {
    let expected = refusal(503, 503, "POST", "1056: the message could not be sent");
    let faults: [(&str, Outage); 4] = [
        ("email", |platform| {
            platform.mail.refuse(ANN, MailFault::Throttled);
        }),
        ("email", |platform| {
            platform.mail.refuse(ANN, MailFault::Rejected);
        }),
        ("sms", |platform| {
            platform.sms.refuse(PHONE, SmsFault::Throttled);
        }),
        ("sms", |platform| {
            platform.sms.refuse(PHONE, SmsFault::OptedOut);
        }),
    ];
    for (method, refuse) in faults {
        let platform = Platform::start().await;
        account_with(&platform, ANN, method).await;
        refuse(&platform);
        let asked = sign_in(&platform, ANN, PASSWORD).await;
        assert_eq!(asked.whole(), expected, "{method}");
        assert!(asked.header("retry-after").is_some(), "{method}");
        assert_eq!(sessions(&platform).await, 0, "{method}");
        platform.mail.heal();
        platform.sms.heal();

        let uuid = challenge(&platform, ANN).await;
        refuse(&platform);
        assert_eq!(resend(&platform, &uuid).await.whole(), expected);
        assert_eq!(codes(&platform).len(), 1, "{method}");
        let code = sent_code(&platform);
        let answered = answer(&platform, &uuid, &code).await;
        assert_eq!(answered.status, 200, "{method}: {}", answered.body);
    }
}

#[tokio::test]
async fn a_code_is_not_mailed_to_an_address_that_gets_no_mail_and_is_again_once_it_does() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let uuid = challenge(&platform, ANN).await;
    let ann = EmailAddress::parse(ANN).expect("an address");
    let mailability = platform.local.foundation.mailability();
    let noted = mailability.refuse(&ann, UnmailableReason::Bounce);
    noted.await.expect("it is noted");
    let expected = refusal(503, 503, "POST", "1056: the message could not be sent");
    assert_eq!(sign_in(&platform, ANN, PASSWORD).await.whole(), expected);
    assert_eq!(resend(&platform, &uuid).await.whole(), expected);
    assert_eq!(codes(&platform).len(), 1);
    assert_eq!(sessions(&platform).await, 0);
    let wrong = sign_in(&platform, ANN, "not the password").await;
    let unknown = sign_in(&platform, "unknown@example.com", PASSWORD).await;
    assert_eq!(wrong.whole(), unknown.whole(), "who guesses learns nothing");
    mailability.allow(&ann).await.expect("it is allowed");
    let uuid = challenge(&platform, ANN).await;
    let answered = answer(&platform, &uuid, &sent_code(&platform)).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
}

#[tokio::test]
async fn a_message_speaks_the_language_of_its_reader() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    challenge(&platform, ANN).await;
    let messages = platform.inbox.messages();
    assert_eq!(messages[0].subject, "Gatehouse: Your sign-in code");
    let code = sent_code(&platform);
    assert!(messages[0].html.contains(&code), "{}", messages[0].html);
    assert!(!messages[0].subject.contains(&code));
}
