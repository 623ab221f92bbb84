//! Rows 5 and 6: a new password by six mailed digits.

use local::views::InboxMessage;
use serde_json::{Value, json};

use super::{
    ANN, BEN, CONFIRM_FORGOT, FORGOT, ISOLATED, NEW_PASSWORD, SHARING, account, ann, cognito,
    confirmed, post, put, refusal, registering_with, signed_in, signing_in,
};
use crate::harness::{Answer, PASSWORD, Platform, Request};
use crate::user_service::expect_nothing_done;

const ASKED: &str = "200\n{\"result\":1,\"message\":\"please check your email\"}";
const DONE: &str = "200\n{\"result\":1,\"message\":\"password has been updated\"}";

pub(super) fn asking(platform: &Platform, project: &str, email: &str) -> Request {
    put(
        platform,
        FORGOT,
        &cognito(project, &json!({ "email": email })),
    )
}

pub(super) fn setting(
    platform: &Platform,
    project: &str,
    (email, code): (&str, &str),
    password: &str,
) -> Request {
    let data = json!({ "email": email, "confirmationCode": code, "password": password });
    post(platform, CONFIRM_FORGOT, &cognito(project, &data))
}

/// The code in a mail: alone on its line.
pub(super) fn digits_in(mail: &InboxMessage) -> String {
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|c| c.is_ascii_digit());
    let code = mail.text.lines().find(is_code);
    code.expect("six digits").to_owned()
}

/// The code of the one mail that goes out when somebody asks for one, a second after whatever was before.
pub(super) async fn mailed_code(platform: &Platform, project: &str, email: &str) -> String {
    platform.clock.advance_seconds(1);
    let asked = asking(platform, project, email).send().await;
    assert_eq!(asked.whole(), ASKED);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [email]);
    digits_in(&mails[0])
}

/// The same where other mails wait, too.
pub(super) async fn mailed_code_among(platform: &Platform, project: &str, email: &str) -> String {
    asking(platform, project, email).send().await;
    let mails = platform.deliver().await;
    let of_code = |mail: &&InboxMessage| mail.to == [email] && mail.subject.contains("code");
    digits_in(mails.iter().find(of_code).expect("a mail with a code"))
}

/// Six digits that are not the code.
fn wrong(code: &str, step: u32) -> String {
    let code: u32 = code.parse().expect("digits");
    format!("{:06}", (code + step) % 1_000_000)
}

fn invalid() -> String {
    refusal(400, "the code is not valid", "invalid_code")
}

#[tokio::test]
async fn six_digits_set_a_password_once_and_end_all_sessions() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let elsewhere = platform.signed_in(ANN, PASSWORD).await;
    let code = mailed_code(&platform, SHARING, ANN).await;
    assert!(!platform.dump().await.contains(&format!("\"{code}\"")));
    assert_eq!(login.status(&platform).await, 200, "asking ends nothing");
    let set = setting(
        &platform,
        SHARING,
        (" ANN@example.com ", &code),
        NEW_PASSWORD,
    );
    assert_eq!(set.send().await.whole(), DONE);
    assert_eq!(login.status(&platform).await, 401);
    let status = platform.get("/user-service/v1/users/status");
    let status = status.bearer(&elsewhere.access_token).send().await;
    assert_eq!(status.status, 401);
    let old = signing_in(&platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(old.status, 401);
    let new = signing_in(&platform, SHARING, ANN, NEW_PASSWORD)
        .send()
        .await;
    assert_eq!(new.status, 200);
    let again = setting(
        &platform,
        SHARING,
        (ANN, &code),
        "seven copper kettles by the sea",
    );
    assert_eq!(again.send().await.whole(), invalid());
    let still = signing_in(&platform, SHARING, ANN, NEW_PASSWORD)
        .send()
        .await;
    assert_eq!(still.status, 200);
}

#[tokio::test]
async fn nobody_learns_by_asking_who_has_an_account() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let mut seen: Vec<Vec<(String, String)>> = Vec::new();
    for email in [ANN, "unknown@example.com"] {
        let answer: Answer = asking(&platform, SHARING, email).send().await;
        assert_eq!(answer.whole(), ASKED, "{email}");
        let headers = answer.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        });
        let mut headers: Vec<_> = headers.filter(|(name, _)| name != "x-request-id").collect();
        headers.sort();
        seen.push(headers);
    }
    assert_eq!(seen[0], seen[1]);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    let known = setting(&platform, SHARING, (ANN, "000000"), NEW_PASSWORD);
    let unknown = setting(
        &platform,
        SHARING,
        ("unknown@example.com", "000000"),
        NEW_PASSWORD,
    );
    assert_eq!(known.send().await.whole(), unknown.send().await.whole());
}

#[tokio::test]
async fn the_fifth_wrong_code_burns_it() {
    for (wrongs, expected) in [(4, DONE.to_owned()), (5, invalid())] {
        let platform = Platform::start().await;
        confirmed(&platform, SHARING, ANN).await;
        let code = mailed_code(&platform, SHARING, ANN).await;
        for step in 1..=wrongs {
            let wrong = wrong(&code, step);
            let answer = setting(&platform, SHARING, (ANN, &wrong), NEW_PASSWORD);
            assert_eq!(answer.send().await.whole(), invalid());
        }
        let right = setting(&platform, SHARING, (ANN, &code), NEW_PASSWORD);
        assert_eq!(right.send().await.whole(), expected, "{wrongs}");
    }
}

#[tokio::test]
async fn a_code_is_good_for_fifteen_minutes() {
    for (seconds, expected) in [(899, DONE.to_owned()), (900, invalid())] {
        let platform = Platform::start().await;
        confirmed(&platform, SHARING, ANN).await;
        let code = mailed_code(&platform, SHARING, ANN).await;
        platform.clock.advance_seconds(seconds);
        let answer = setting(&platform, SHARING, (ANN, &code), NEW_PASSWORD);
        assert_eq!(answer.send().await.whole(), expected, "{seconds}");
    }
}

#[tokio::test]
async fn a_newer_code_voids_the_one_before() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let first = mailed_code(&platform, SHARING, ANN).await;
    let second = mailed_code(&platform, SHARING, ANN).await;
    assert_ne!(first, second);
    let old = setting(&platform, SHARING, (ANN, &first), NEW_PASSWORD);
    assert_eq!(old.send().await.whole(), invalid());
    let new = setting(&platform, SHARING, (ANN, &second), NEW_PASSWORD);
    assert_eq!(new.send().await.whole(), DONE);
}

#[tokio::test]
async fn a_code_is_of_one_account_in_one_realm() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    confirmed(&platform, SHARING, BEN).await;
    confirmed(&platform, ISOLATED, ANN).await;
    let code = mailed_code(&platform, SHARING, ANN).await;
    for (project, email) in [(ISOLATED, ANN), (SHARING, BEN)] {
        let answer = setting(&platform, project, (email, &code), NEW_PASSWORD);
        assert_eq!(answer.send().await.whole(), invalid(), "{project} {email}");
    }
    let own = setting(&platform, SHARING, (ANN, &code), NEW_PASSWORD);
    assert_eq!(own.send().await.whole(), DONE);
    signed_in(&platform, ISOLATED, ANN).await;
}

#[tokio::test]
async fn the_code_confirms_whoever_waited_for_the_other_mail() {
    let platform = Platform::start().await;
    registering_with(&platform, SHARING, ANN).send().await;
    platform.deliver().await;
    let code = mailed_code(&platform, SHARING, ANN).await;
    let set = setting(&platform, SHARING, (ANN, &code), NEW_PASSWORD);
    assert_eq!(set.send().await.whole(), DONE);
    let user = account(&platform, ANN).await;
    assert_eq!(user["confirmed"], json!(true));
    assert!(user["email_proved_at"].is_i64());
    let new = signing_in(&platform, SHARING, ANN, NEW_PASSWORD)
        .send()
        .await;
    assert_eq!(new.status, 200);
}

#[tokio::test]
async fn a_weak_password_leaves_the_code_as_it_is() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let code = mailed_code(&platform, SHARING, ANN).await;
    for (password, why) in [
        ("short", "the password needs at least 8 characters"),
        (ANN, "the password is too easy to guess"),
    ] {
        for _ in 0..6 {
            let answer = setting(&platform, SHARING, (ANN, &code), password);
            assert_eq!(
                answer.send().await.whole(),
                refusal(400, why, "weak_password")
            );
        }
    }
    let set = setting(&platform, SHARING, (ANN, &code), NEW_PASSWORD);
    assert_eq!(set.send().await.whole(), DONE);
}

#[tokio::test]
async fn what_is_missing_or_has_a_wrong_form_is_named() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let before = platform.dump().await;
    let bad = |message: &str| refusal(400, message, "bad_request");
    for (data, expected) in [
        (json!({}), bad("email is required")),
        (
            json!({ "email": "ann" }),
            bad("the e-mail address is not valid"),
        ),
        (json!({ "email": 7 }), bad("email is not valid")),
        (Value::Null, bad("data is required")),
    ] {
        let answer = put(&platform, FORGOT, &cognito(SHARING, &data))
            .send()
            .await;
        assert_eq!(answer.whole(), expected, "{data}");
    }
    let whole = json!({ "email": ANN, "confirmationCode": "123456", "password": NEW_PASSWORD });
    for (field, value, expected) in [
        ("email", Value::Null, bad("email is required")),
        (
            "confirmationCode",
            Value::Null,
            bad("confirmationCode is required"),
        ),
        ("password", Value::Null, bad("password is required")),
        (
            "confirmationCode",
            json!(123_456),
            bad("confirmationCode is not valid"),
        ),
        ("confirmationCode", json!("12345"), invalid()),
        ("confirmationCode", json!("12345x"), invalid()),
    ] {
        let mut data = whole.clone();
        data[field] = value;
        let body = cognito(SHARING, &data);
        let answer = post(&platform, CONFIRM_FORGOT, &body).send().await;
        assert_eq!(answer.whole(), expected, "{data}");
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn over_the_limit_nothing_is_mailed_and_nothing_told() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    for _ in 0..6 {
        platform.clock.advance_seconds(61);
        assert_eq!(asking(&platform, SHARING, ANN).send().await.whole(), ASKED);
    }
    assert_eq!(platform.deliver().await.len(), 3, "three in an hour");
}
