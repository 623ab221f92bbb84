//! POST /sms with a flag: proving that one has a phone number, and what that is good for.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use shared::domain::UserRole;

use super::super::system::with_role;
use super::super::{get, post, put, refusal, request, sign_in, token};
use super::{
    NUMBER, OTHER_NUMBER, SUCCESS, account, bad, expect_refused, limited, not_sent, texts,
};
use crate::harness::{Answer, Fault, PASSWORD, Platform, Request, SmsFault};

const CSR: &str = "csr@example.com";
const VALIDATE: &str = "sms?validateNumber=true";

/// Somebody whose role allows nothing; their token.
async fn start() -> (Platform, String) {
    let platform = Platform::start().await;
    let token = with_role(&platform, UserRole::Csr).await;
    (platform, token)
}

async fn validate(platform: &Platform, token: &str, number: &str) -> Answer {
    post(platform, token, VALIDATE, &json!({ "to": number })).await
}

/// Has a code texted to a number; the code.
async fn code_for(platform: &Platform, token: &str, number: &str) -> String {
    let answer = validate(platform, token, number).await;
    assert_eq!(answer.whole(), SUCCESS);
    last_code(platform)
}

/// The code in the message that was sent last.
fn last_code(platform: &Platform) -> String {
    let (_, text) = texts(platform).pop().expect("a message");
    let code = text.split(' ').next().expect("a word").to_owned();
    assert!(
        code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
        "{text}"
    );
    code
}

fn completion(platform: &Platform, token: &str, number: &str, code: &str) -> Request {
    let rest = format!("sms?completeValidation=true&validationCode={code}");
    let request = request(platform, token, Method::POST, &rest);
    request.json(&json!({ "to": number }))
}

async fn complete(platform: &Platform, token: &str, number: &str, code: &str) -> String {
    completion(platform, token, number, code)
        .send()
        .await
        .whole()
}

/// Proves that somebody has a number.
async fn prove(platform: &Platform, token: &str, number: &str) {
    let code = code_for(platform, token, number).await;
    assert_eq!(complete(platform, token, number, &code).await, SUCCESS);
}

fn proves_nothing() -> String {
    bad("1057: the code is not valid")
}

/// Another code than this.
fn other_than(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

/// The numbers that an account has.
async fn phones(platform: &Platform, email: &str) -> Value {
    account(platform, email).await["phones"].clone()
}

/// What is kept of the code that was texted last.
async fn record(platform: &Platform) -> Value {
    let codes = platform.items("codes").await.into_iter();
    let mut codes = codes.filter(|item| item["purpose"] == "phone");
    let record = json!(codes.next().expect("a record"));
    assert_eq!(codes.next(), None);
    record
}

#[tokio::test]
async fn a_number_is_proved_by_the_code_that_was_texted_to_it() {
    let (platform, token) = start().await;
    let answer = validate(&platform, &token, "+49 (0)1511 234-5678").await;
    assert_eq!(answer.whole(), SUCCESS);
    let code = last_code(&platform);
    let text = format!(
        "{code} is your code to confirm this number for Gatehouse. Valid for 5 minutes. Never share it with anyone."
    );
    assert_eq!(texts(&platform), [(NUMBER.to_owned(), text)]);
    let kept = record(&platform).await;
    let members: Vec<_> = kept.as_object().expect("members").keys().collect();
    assert_eq!(
        members,
        [
            "code_id",
            "credential_version",
            "expires",
            "key_version",
            "number_digest",
            "purpose",
            "tries",
            "user_id",
        ]
    );
    let stored = platform.dump().await;
    assert!(!stored.contains("15112345678"), "{stored}");
    assert_eq!(phones(&platform, CSR).await, Value::Null);

    assert_eq!(complete(&platform, &token, NUMBER, &code).await, SUCCESS);
    assert_eq!(phones(&platform, CSR).await, json!([NUMBER]));
    let id = account(&platform, CSR).await["pk"].as_str().expect("a key")[5..].to_owned();
    let shown = get(&platform, &token, &format!("user/{id}")).await.json();
    assert_eq!(
        shown["userTypeProprietaryInfo"],
        json!({
            "mobiles": [{ "number": NUMBER, "verified": true, "primary": true }],
            "mfa": { "enabled": false, "method": "" },
        })
    );
    assert_eq!(texts(&platform).len(), 1);
}

#[tokio::test]
async fn a_proven_number_is_what_the_second_factor_is_texted_to() {
    let (platform, token) = start().await;
    let id = account(&platform, CSR).await["pk"].as_str().expect("a key")[5..].to_owned();
    let own = format!("user/{id}");
    let by_sms =
        json!({ "userTypeProprietaryInfo": { "mfa": { "enabled": true, "method": "sms" } } });
    let refused = put(&platform, &token, &own, &by_sms).await;
    let expected = refusal(
        400,
        400,
        "PUT",
        "1044: a validated phone number is required",
    );
    assert_eq!(refused.whole(), expected);
    prove(&platform, &token, NUMBER).await;
    let changed = put(&platform, &token, &own, &by_sms).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(
        changed.json()["userTypeProprietaryInfo"]["mfa"],
        json!({ "enabled": true, "method": "sms" })
    );

    let challenge = sign_in(&platform, CSR, PASSWORD).await;
    assert_eq!(challenge.status, 200, "{}", challenge.body);
    let challenge = challenge.json();
    assert_eq!(challenge["method"], "sms");
    let (to, _) = texts(&platform).pop().expect("a message");
    assert_eq!(to, NUMBER);
    let answer = json!({ "uuid": challenge["uuid"], "answer": last_code(&platform) });
    let path = "/security/api/v1/oauth2?completeMFAChallenge=true";
    let answer = platform.post(path).json(&answer).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["username"], CSR);
}

#[tokio::test]
async fn what_is_not_the_code_of_that_number_proves_nothing() {
    let (platform, token) = start().await;
    let never_asked = complete(&platform, &token, NUMBER, "123456").await;
    assert_eq!(never_asked, proves_nothing());
    let code = code_for(&platform, &token, NUMBER).await;
    let wrong = [
        (NUMBER, other_than(&code)),
        (OTHER_NUMBER, code.clone()),
        (NUMBER, String::new()),
        (NUMBER, format!("{code}0")),
    ];
    for (number, wrong) in wrong {
        let answer = complete(&platform, &token, number, &wrong).await;
        assert_eq!(answer, proves_nothing(), "{number} {wrong}");
    }
    assert_eq!(phones(&platform, CSR).await, Value::Null);
    assert_eq!(complete(&platform, &token, NUMBER, &code).await, SUCCESS);
    let used = completion(&platform, &token, NUMBER, &code);
    expect_refused(&platform, used, &proves_nothing(), "used").await;
    assert_eq!(phones(&platform, CSR).await, json!([NUMBER]));
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes() {
    let (platform, token) = start().await;
    let code = code_for(&platform, &token, NUMBER).await;
    platform.clock.advance_seconds(300);
    let late = completion(&platform, &token, NUMBER, &code);
    expect_refused(&platform, late, &proves_nothing(), "late").await;
    let code = code_for(&platform, &token, NUMBER).await;
    platform.clock.advance_seconds(299);
    assert_eq!(complete(&platform, &token, NUMBER, &code).await, SUCCESS);
}

#[tokio::test]
async fn a_newer_code_replaces_the_older_also_that_of_another_number() {
    let (platform, token) = start().await;
    let first = code_for(&platform, &token, NUMBER).await;
    let second = code_for(&platform, &token, NUMBER).await;
    assert_ne!(first, second);
    assert_eq!(
        complete(&platform, &token, NUMBER, &first).await,
        proves_nothing()
    );
    let third = code_for(&platform, &token, OTHER_NUMBER).await;
    assert_eq!(
        complete(&platform, &token, NUMBER, &second).await,
        proves_nothing()
    );
    assert_eq!(
        complete(&platform, &token, OTHER_NUMBER, &third).await,
        SUCCESS
    );
    assert_eq!(phones(&platform, CSR).await, json!([OTHER_NUMBER]));
}

#[tokio::test]
async fn a_code_is_its_owners_alone() {
    let (platform, token) = start().await;
    let other = with_role(&platform, UserRole::Noc).await;
    let code = code_for(&platform, &token, NUMBER).await;
    let theirs = code_for(&platform, &other, NUMBER).await;
    assert_ne!(code, theirs);
    assert_eq!(
        complete(&platform, &other, NUMBER, &code).await,
        proves_nothing()
    );
    assert_eq!(complete(&platform, &other, NUMBER, &theirs).await, SUCCESS);
    assert_eq!(complete(&platform, &token, NUMBER, &code).await, SUCCESS);
    assert_eq!(phones(&platform, CSR).await, json!([NUMBER]));
    assert_eq!(phones(&platform, "noc@example.com").await, json!([NUMBER]));
}

#[tokio::test]
async fn a_new_password_voids_a_code() {
    let (platform, token_before) = start().await;
    let id = account(&platform, CSR).await["pk"].as_str().expect("a key")[5..].to_owned();
    let code = code_for(&platform, &token_before, NUMBER).await;
    let password = json!({ "currentPassword": super::super::STRICT_PASSWORD });
    let changed = put(&platform, &token_before, &format!("user/{id}"), &password).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let token = token(&platform, CSR, super::super::STRICT_PASSWORD).await;
    let old = completion(&platform, &token, NUMBER, &code);
    expect_refused(&platform, old, &proves_nothing(), "an old credential").await;
}

#[tokio::test]
async fn a_code_has_five_tries_also_of_those_at_once() {
    let (platform, token) = start().await;
    let code = code_for(&platform, &token, NUMBER).await;
    let wrong = other_than(&code);
    let guesses = (0..64).map(|_| complete(&platform, &token, NUMBER, &wrong));
    for answer in join_all(guesses).await {
        assert_eq!(answer, proves_nothing());
    }
    assert_eq!(record(&platform).await["tries"], 5);
    let sixth = completion(&platform, &token, NUMBER, &code);
    expect_refused(&platform, sixth, &proves_nothing(), "the sixth").await;
    assert_eq!(phones(&platform, CSR).await, Value::Null);
}

#[tokio::test]
async fn of_sixty_four_uses_of_a_code_at_once_one_succeeds() {
    let (platform, token) = start().await;
    let code = code_for(&platform, &token, NUMBER).await;
    let uses = (0..64).map(|_| complete(&platform, &token, NUMBER, &code));
    let answers = join_all(uses).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| **answer == SUCCESS);
    assert_eq!(done.len(), 1);
    let expected = proves_nothing();
    assert!(
        refused.iter().all(|answer| **answer == expected),
        "{refused:?}"
    );
    assert_eq!(phones(&platform, CSR).await, json!([NUMBER]));
}

#[tokio::test]
async fn a_number_that_is_there_stays_where_it_is() {
    let (platform, token) = start().await;
    for number in [NUMBER, OTHER_NUMBER, NUMBER] {
        prove(&platform, &token, number).await;
    }
    assert_eq!(phones(&platform, CSR).await, json!([NUMBER, OTHER_NUMBER]));
}

#[tokio::test]
async fn an_account_has_five_numbers_at_most() {
    let (platform, token) = start().await;
    let numbers: Vec<_> = (0..5).map(|n| format!("+4915112345{n}00")).collect();
    for number in &numbers {
        prove(&platform, &token, number).await;
    }
    let sixth = request(&platform, &token, Method::POST, VALIDATE).json(&json!({ "to": NUMBER }));
    let expected = bad("1012: no more can be added");
    expect_refused(&platform, sixth, &expected, "a sixth").await;
    prove(&platform, &token, &numbers[4]).await;
    assert_eq!(phones(&platform, CSR).await, json!(numbers));
}

#[tokio::test]
async fn a_code_that_cannot_be_sent_is_503_and_a_retry_ends_well() {
    let (platform, token) = start().await;
    for fault in [SmsFault::Throttled, SmsFault::OptedOut] {
        platform.sms.refuse("15112345678", fault);
        let answer = validate(&platform, &token, NUMBER).await;
        platform.sms.heal();
        assert_eq!(answer.whole(), not_sent(), "{fault:?}");
        assert_eq!(answer.header("retry-after"), Some("5"), "{fault:?}");
    }
    assert_eq!(texts(&platform), []);
    prove(&platform, &token, NUMBER).await;
}

#[tokio::test]
async fn a_code_that_cannot_be_counted_or_kept_is_not_sent() {
    let (platform, token) = start().await;
    let expected = refusal(503, 503, "POST", "503: temporarily unavailable");
    let calls = ["TransactWriteItems limits", "PutItem codes"];
    for call in calls {
        platform.connector.inject(call, Fault::AccessDenied, 1000);
        let answer = validate(&platform, &token, NUMBER).await;
        platform.connector.heal();
        assert_eq!(answer.whole(), expected, "{call}");
    }
    assert_eq!(texts(&platform), []);
    let code = code_for(&platform, &token, NUMBER).await;
    for call in ["UpdateItem codes", "TransactWriteItems codes+users"] {
        platform.connector.inject(call, Fault::AccessDenied, 1000);
        let answer = complete(&platform, &token, NUMBER, &code).await;
        platform.connector.heal();
        assert_eq!(answer, expected, "{call}");
        assert_eq!(phones(&platform, CSR).await, Value::Null, "{call}");
    }
    assert_eq!(complete(&platform, &token, NUMBER, &code).await, SUCCESS);
}

#[tokio::test]
async fn a_lost_reply_and_a_collision_change_no_answer() {
    let (platform, token) = start().await;
    for (round, fault) in [Fault::LostReply, Fault::TransactionConflict]
        .into_iter()
        .enumerate()
    {
        let number = format!("+4915112345{round}00");
        for call in ["TransactWriteItems limits", "PutItem codes"] {
            platform.connector.inject(call, fault, 1);
        }
        let code = code_for(&platform, &token, &number).await;
        for call in ["UpdateItem codes", "TransactWriteItems codes+users"] {
            platform.connector.inject(call, fault, 1);
        }
        let answer = complete(&platform, &token, &number, &code).await;
        assert_eq!(answer, SUCCESS, "{fault:?}");
        platform.connector.heal();
    }
    assert_eq!(
        phones(&platform, CSR).await,
        json!(["+4915112345000", "+4915112345100"])
    );
    assert_eq!(texts(&platform).len(), 2);
}

#[tokio::test]
async fn numbers_that_come_and_go_meanwhile_are_kept_as_they_are() {
    let (platform, token) = start().await;
    prove(&platform, &token, OTHER_NUMBER).await;
    let code = code_for(&platform, &token, NUMBER).await;
    platform.connector.forget();
    platform
        .connector
        .inject("TransactWriteItems codes+users", Fault::Held, 1);
    let meanwhile = async {
        let begun = platform
            .connector
            .begun("TransactWriteItems codes+users", 1);
        begun.await;
        let key = account(&platform, CSR).await["pk"]
            .as_str()
            .expect("a key")
            .to_owned();
        let numbers = ["+4915112345000".to_owned()].map(AttributeValue::S);
        let update = platform.database().update_item();
        let update = update
            .table_name("gatehouse-users")
            .key("pk", AttributeValue::S(key))
            .update_expression("SET phones = :phones")
            .expression_attribute_values(":phones", AttributeValue::L(numbers.into()));
        update.send().await.expect("the item can be changed");
        platform.connector.heal();
    };
    let (answer, ()) = tokio::join!(complete(&platform, &token, NUMBER, &code), meanwhile);
    assert_eq!(answer, SUCCESS);
    let expected = json!(["+4915112345000", NUMBER]);
    assert_eq!(phones(&platform, CSR).await, expected);
}

#[tokio::test]
async fn a_user_has_three_codes_an_hour_for_one_number() {
    let (platform, token) = start().await;
    for _ in 0..3 {
        code_for(&platform, &token, NUMBER).await;
    }
    let code = last_code(&platform);
    let fourth = request(&platform, &token, Method::POST, VALIDATE).json(&json!({ "to": NUMBER }));
    expect_refused(&platform, fourth, &limited(), "a fourth").await;
    let answer = complete(&platform, &token, NUMBER, &code).await;
    assert_eq!(answer, SUCCESS, "a refused code voids none");
}

#[tokio::test]
async fn what_is_asked_has_to_be_clear() {
    let (platform, token) = start().await;
    code_for(&platform, &token, NUMBER).await;
    let to = json!({ "to": NUMBER });
    for (query, body, description) in [
        (
            "validateNumber=true&completeValidation=true&validationCode=123456",
            &to,
            "1018: completeValidation is not valid",
        ),
        (
            "validateNumber=yes",
            &to,
            "1018: validateNumber is not valid",
        ),
        (
            "completeValidation=1",
            &to,
            "1018: completeValidation is not valid",
        ),
        (
            "completeValidation=true",
            &to,
            "1018: validationCode is required",
        ),
        ("validateNumber=true", &json!({}), "1018: to is required"),
        (
            "validateNumber=true",
            &json!({ "to": [NUMBER] }),
            "1018: to is not valid",
        ),
        (
            "validateNumber=true",
            &json!({ "to": "+1234" }),
            "1018: the phone number is not valid",
        ),
        (
            "completeValidation=true&validationCode=123456",
            &json!({ "to": "somebody" }),
            "1018: the phone number is not valid",
        ),
        (
            "validateNumber=true&validateNumber=true",
            &to,
            "1003: a field stands twice or is no text",
        ),
    ] {
        let sent = request(&platform, &token, Method::POST, &format!("sms?{query}"));
        expect_refused(&platform, sent.json(body), &bad(description), query).await;
    }
    let not_flagged = request(&platform, &token, Method::POST, "sms?validateNumber=false");
    let expected = refusal(403, 7, "POST", "7: not allowed");
    expect_refused(&platform, not_flagged.json(&to), &expected, "plain").await;
}

/// The database has counted the try, its first reply is lost, and the same write comes again.
#[tokio::test]
async fn a_try_whose_reply_is_lost_counts_once() {
    let (platform, csr) = start().await;
    let code = code_for(&platform, &csr, NUMBER).await;
    for tries in 1..=4 {
        let connector = &platform.connector;
        connector.inject("UpdateItem codes", Fault::LostReply, 1);
        let wrong = complete(&platform, &csr, NUMBER, &other_than(&code)).await;
        assert_eq!(wrong, proves_nothing());
        let codes = platform.items("codes").await;
        assert_eq!(codes[0]["tries"], tries);
    }
    platform
        .connector
        .inject("UpdateItem codes", Fault::LostReply, 1);
    assert_eq!(complete(&platform, &csr, NUMBER, &code).await, SUCCESS);
}
