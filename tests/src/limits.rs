//! Limits per client and per address: how many, since when, and what happens when they cannot be counted (decisions 63, 78).

use serde_json::json;
use shared::domain::{Clock as _, PhoneNumber, SystemRandom, UserId};
use shared::error::Error;
use shared::service::Limits;

use crate::harness::{Answer, Fault, PASSWORD, PUBLIC_URL, Platform, Request};

const WRONG: &str = "not the password";
const CLIENT: &str = "203.0.113.5";
const OTHER: &str = "203.0.113.6";

fn registration(platform: &Platform, email: &str) -> Request {
    platform
        .post("/user-service/v1/users/register")
        .json(&json!({ "email": email, "password": PASSWORD }))
}

fn login(platform: &Platform, email: &str, password: &str) -> Request {
    platform
        .post("/user-service/v1/users/login")
        .json(&json!({ "email": email, "password": password }))
}

fn recovery(platform: &Platform, email: &str) -> Request {
    platform
        .post("/user-service/v1/users/newPassword")
        .json(&json!({ "email": email }))
}

fn form(platform: &Platform, path: &str, email: &str) -> Request {
    platform
        .post(path)
        .header("origin", PUBLIC_URL)
        .form(&[("email", email)])
}

/// How many mails the outbox promises.
async fn promised(platform: &Platform) -> usize {
    platform.items("outbox").await.len()
}

fn assert_limited(answer: &Answer, retry_after: &str) {
    assert_eq!(answer.whole(), "429\n{\"error\":\"too many attempts\"}");
    assert_eq!(answer.header("retry-after"), Some(retry_after));
}

#[tokio::test]
async fn a_client_registers_thirty_accounts_an_hour() {
    let platform = Platform::start().await;
    for number in 0..30 {
        let request = registration(&platform, &format!("user{number}@example.com")).from(CLIENT);
        assert_eq!(request.send().await.status, 200, "{number}");
    }
    platform.clock.advance_seconds(600);
    let before = (platform.items("users").await, promised(&platform).await);
    let refused = registration(&platform, "one-more@example.com").from(CLIENT);
    assert_limited(&refused.send().await, "3001");
    let unchanged = (platform.items("users").await, promised(&platform).await);
    assert_eq!(unchanged, before);
    let other = registration(&platform, "one-more@example.com").from(OTHER);
    assert_eq!(other.send().await.status, 200);
    platform.clock.advance_seconds(3000);
    let later = registration(&platform, "later@example.com").from(CLIENT);
    assert_eq!(later.send().await.status, 200);
}

#[tokio::test]
async fn a_limited_registration_costs_no_hash_and_does_not_tell_of_a_taken_address() {
    let platform = Platform::with(&[("LIMIT_REGISTRATIONS_PER_CLIENT", "1")]).await;
    platform.register("ann@example.com").await;
    for email in ["ann@example.com", "free@example.com"] {
        platform.connector.forget();
        assert_limited(&registration(&platform, email).send().await, "3601");
        assert_eq!(
            json!(platform.connector.round_trips()),
            json!([["UpdateItem keys", "UpdateItem limits"]])
        );
    }
}

#[tokio::test]
async fn a_client_fails_a_hundred_times_in_a_quarter_of_an_hour() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    for number in 0..100 {
        let request = login(&platform, &format!("nobody{number}@example.com"), WRONG).from(CLIENT);
        assert_eq!(request.send().await.status, 401, "{number}");
    }
    platform.clock.advance_seconds(300);
    let refused = login(&platform, "ann@example.com", PASSWORD).from(CLIENT);
    assert_limited(&refused.send().await, "601");
    let other = login(&platform, "ann@example.com", PASSWORD).from(OTHER);
    assert_eq!(other.send().await.status, 200);
    platform.clock.advance_seconds(600);
    let later = login(&platform, "ann@example.com", PASSWORD).from(CLIENT);
    assert_eq!(later.send().await.status, 200);
}

#[tokio::test]
async fn only_failures_of_a_client_are_counted() {
    let platform = Platform::with(&[("LIMIT_FAILURES_PER_CLIENT", "2")]).await;
    platform.register_confirmed("ann@example.com").await;
    platform.register("unconfirmed@example.com").await;
    for _ in 0..10 {
        platform.signed_in("ann@example.com", PASSWORD).await;
        let unconfirmed = login(&platform, "unconfirmed@example.com", PASSWORD);
        assert_eq!(unconfirmed.send().await.status, 400);
    }
    for _ in 0..2 {
        let failed = login(&platform, "ann@example.com", WRONG);
        assert_eq!(failed.send().await.status, 401);
    }
    let refused = login(&platform, "ann@example.com", PASSWORD);
    assert_eq!(refused.send().await.status, 429);
}

#[tokio::test]
async fn an_ipv6_network_is_one_client_and_its_neighbour_another() {
    let platform = Platform::with(&[
        ("LIMIT_REGISTRATIONS_PER_CLIENT", "2"),
        ("LIMIT_FAILURES_PER_CLIENT", "2"),
    ])
    .await;
    let sources = [
        ("2001:db8:1:2::1", [200, 401]),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", [200, 401]),
        ("2001:db8:1:2:0:0:0:7", [429, 429]),
        ("2001:db8:1:3::1", [200, 401]),
        ("::ffff:192.0.2.1", [200, 401]),
        ("192.0.2.1", [200, 401]),
        ("::ffff:192.0.2.1", [429, 429]),
    ];
    for (number, (source, expected)) in sources.into_iter().enumerate() {
        let email = format!("user{number}@example.com");
        let registered = registration(&platform, &email).from(source).send().await;
        let email = format!("nobody{number}@example.com");
        let failed = login(&platform, &email, WRONG).from(source).send().await;
        assert_eq!([registered.status, failed.status], expected, "{source}");
    }
}

#[tokio::test]
async fn no_header_moves_a_client() {
    let platform = Platform::with(&[
        ("LIMIT_REGISTRATIONS_PER_CLIENT", "1"),
        ("LIMIT_FAILURES_PER_CLIENT", "1"),
    ])
    .await;
    platform.register("ann@example.com").await;
    assert_eq!(
        platform.login("nobody@example.com", WRONG).await.status,
        401
    );
    for (name, value) in [
        ("x-forwarded-for", "198.51.100.1"),
        ("x-real-ip", "198.51.100.2"),
        ("forwarded", "for=198.51.100.3"),
        ("cf-connecting-ip", "198.51.100.4"),
        ("true-client-ip", "198.51.100.5"),
        ("x-client-ip", "198.51.100.6"),
        ("x-cluster-client-ip", "198.51.100.7"),
        ("x-amzn-source-ip", "198.51.100.8"),
        ("via", "198.51.100.9"),
    ] {
        let registered = registration(&platform, "ben@example.com").header(name, value);
        assert_eq!(registered.send().await.status, 429, "{name}");
        let failed = login(&platform, "other@example.com", WRONG).header(name, value);
        assert_eq!(failed.send().await.status, 429, "{name}");
    }
}

#[tokio::test]
async fn an_address_gets_three_recovery_mails_an_hour_and_nobody_is_told() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    for email in ["ann@example.com", "unknown@example.com"] {
        let mut answers = Vec::new();
        for number in 0..6 {
            let spelling = if number % 2 == 0 {
                email.to_owned()
            } else {
                format!(" {}", email.to_uppercase())
            };
            let source = format!("203.0.113.{number}");
            let answer = recovery(&platform, &spelling).from(&source).send().await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!(answer.header("retry-after"), None);
            answers.push(answer.body.to_lowercase().replace(' ', ""));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
    assert_eq!(promised(&platform).await, 6, "three for each");
    assert_eq!(
        form(&platform, "/reset-password/request", "ann@example.com")
            .send()
            .await
            .status,
        200
    );
    assert_eq!(
        promised(&platform).await,
        6,
        "links and passwords count together"
    );
    platform.clock.advance_seconds(3600);
    recovery(&platform, "ann@example.com").send().await;
    assert_eq!(promised(&platform).await, 7);
}

#[tokio::test]
async fn a_client_causes_ten_recovery_mails_an_hour_and_is_not_told() {
    let platform = Platform::start().await;
    let mut answers = Vec::new();
    for number in 0..14 {
        let email = format!("user{number:02}@example.com");
        let answer = recovery(&platform, &email).from(CLIENT).send().await;
        assert_eq!(answer.status, 200);
        answers.push(answer.body.replace(&email, "-"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(promised(&platform).await, 10);
    recovery(&platform, "other@example.com")
        .from(OTHER)
        .send()
        .await;
    assert_eq!(promised(&platform).await, 11);
}

#[tokio::test]
async fn a_confirmation_is_mailed_again_once_a_minute_and_three_times_a_day() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    let mut bodies = Vec::new();
    let mut mails = Vec::new();
    for seconds in [1, 1, 60, 60, 60, 3600] {
        platform.clock.advance_seconds(seconds);
        for email in ["ann@example.com", "unknown@example.com"] {
            let answer = form(&platform, "/activate/resend", email).send().await;
            assert_eq!(answer.status, 200);
            bodies.push(answer.body);
        }
        mails.push(platform.deliver().await.len());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the same answer for all");
    assert_eq!(
        mails,
        [1, 0, 1, 1, 0, 0],
        "what comes too soon costs nothing"
    );
    platform.clock.advance_seconds(86_400);
    form(&platform, "/activate/resend", "ann@example.com")
        .send()
        .await;
    assert_eq!(platform.deliver().await.len(), 1, "the next day");
}

#[tokio::test]
async fn mails_sent_again_count_among_a_clients_recoveries() {
    let platform = Platform::start().await;
    for number in 0..12 {
        let email = format!("user{number}@example.com");
        let answer = form(&platform, "/activate/resend", &email).from(CLIENT);
        assert_eq!(answer.send().await.status, 200);
    }
    recovery(&platform, "ann@example.com")
        .from(CLIENT)
        .send()
        .await;
    assert_eq!(promised(&platform).await, 10);
}

#[tokio::test]
async fn every_limit_can_be_configured() {
    let platform = Platform::with(&[
        ("LIMIT_REGISTRATIONS_PER_CLIENT", "3"),
        ("LIMIT_FAILURES_PER_CLIENT", "4"),
        ("LIMIT_RECOVERIES_PER_CLIENT", "5"),
        ("LIMIT_RECOVERIES_PER_ADDRESS", "1"),
        ("LIMIT_RESEND_PAUSE", "10"),
        ("LIMIT_RESENDS_PER_DAY", "2"),
    ])
    .await;
    let mut registered = Vec::new();
    let mut failed = Vec::new();
    for number in 0..5 {
        let email = format!("user{number}@example.com");
        registered.push(registration(&platform, &email).send().await.status);
        let email = format!("nobody{number}@example.com");
        failed.push(login(&platform, &email, WRONG).send().await.status);
    }
    assert_eq!(registered, [200, 200, 200, 429, 429]);
    assert_eq!(failed, [401, 401, 401, 401, 429]);
    platform.deliver().await;
    for _ in 0..2 {
        recovery(&platform, "user0@example.com").send().await;
    }
    assert_eq!(promised(&platform).await, 1, "one for an address");
    for number in 1..9 {
        recovery(&platform, &format!("user{number}@example.com"))
            .send()
            .await;
    }
    assert_eq!(
        promised(&platform).await,
        4,
        "five for a client, one of them for nothing"
    );
    let mut sent = Vec::new();
    for seconds in [0, 9, 1, 10, 10] {
        platform.clock.advance_seconds(seconds);
        let again = form(&platform, "/activate/resend", "user1@example.com");
        again.from(OTHER).send().await;
        sent.push(promised(&platform).await - 4);
    }
    assert_eq!(sent, [1, 1, 2, 2, 2], "ten seconds apart, two a day");
}

#[tokio::test]
async fn sixty_refreshes_a_minute_are_enough_for_a_session() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let refresh = || {
        platform
            .post("/user-service/v1/users/accessToken")
            .json(&json!({ "refreshToken": session.refresh_token }))
            .send()
    };
    for number in 0..60 {
        assert_eq!(refresh().await.status, 200, "{number}");
    }
    assert_limited(&refresh().await, "61");
    let other = platform.signed_in("ann@example.com", PASSWORD).await;
    let other = platform
        .post("/user-service/v1/users/accessToken")
        .json(&json!({ "refreshToken": other.refresh_token }));
    assert_eq!(other.send().await.status, 200, "of another session");
    platform.clock.advance_seconds(60);
    assert_eq!(refresh().await.status, 200);
}

#[tokio::test]
async fn without_the_limiters_table_sign_in_is_open_and_everything_that_mails_is_closed() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.deliver().await;
    let before = platform.dump().await;
    platform
        .connector
        .inject("limits", Fault::AccessDenied, 1000);
    for request in [
        registration(&platform, "ben@example.com"),
        recovery(&platform, "ann@example.com"),
        recovery(&platform, "unknown@example.com"),
    ] {
        let answer = request.send().await;
        assert_eq!(
            answer.whole(),
            "503\n{\"error\":\"temporarily unavailable\"}"
        );
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    for path in ["/reset-password/request", "/activate/resend"] {
        let answer = form(&platform, path, "ann@example.com").send().await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    let counter = |dump: &str| {
        let lines = dump.lines().filter(|line| !line.contains("counter#"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        counter(&platform.dump().await),
        counter(&before),
        "nothing was stored"
    );
    platform.signed_in("ann@example.com", PASSWORD).await;
    assert_eq!(platform.login("ann@example.com", WRONG).await.status, 401);
    assert_eq!(
        platform.login("unknown@example.com", WRONG).await.status,
        401
    );
    platform.signed_in("ann@example.com", PASSWORD).await;
}

#[tokio::test]
async fn a_limiter_stores_digests_that_end_with_their_window() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    login(&platform, "ann@example.com", WRONG)
        .from(CLIENT)
        .send()
        .await;
    recovery(&platform, "ann@example.com")
        .from("2001:db8:1:2::1")
        .send()
        .await;
    form(&platform, "/activate/resend", "ann@example.com")
        .send()
        .await;
    let items = platform.items("limits").await;
    assert_eq!(items.len(), 7, "{items:?}");
    let text = json!(items).to_string();
    for private in ["ann@", CLIENT, "192.0.2.1", "2001:db8"] {
        assert!(!text.contains(private), "{text}");
    }
    platform.clock.advance_seconds(86_400);
    let context = &platform.local.foundation.context;
    let now = shared::domain::Clock::now(&*platform.clock);
    context.store.sweep_expired(now).await.expect("a sweep");
    assert_eq!(platform.items("limits").await, []);
}

const NUMBER: &str = "+4915112345678";

fn limits_of(platform: &Platform) -> Limits {
    let local = &platform.local;
    local.foundation.limits(&local.secrets).expect("the keys")
}

/// Counts a text message; how long to wait, if it may not be sent.
async fn text(limits: &Limits, number: &str, user: UserId) -> Option<u64> {
    let number = PhoneNumber::parse(number).expect("a number");
    wait_of(limits.count_sms(&number, user).await)
}

fn wait_of(counted: Result<(), Error>) -> Option<u64> {
    match counted {
        Ok(()) => None,
        Err(Error::RateLimited { retry_after }) => Some(retry_after.as_secs()),
        Err(other) => panic!("{other:?}"),
    }
}

/// To the beginning of the next day of the clock, so that no window ends on the way.
fn begin_day(platform: &Platform) {
    let passed = platform.clock.now().as_second().rem_euclid(86_400);
    platform.clock.advance_seconds(86_400 - passed);
}

#[tokio::test]
async fn a_number_is_sent_three_text_messages_an_hour_and_ten_a_day() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    begin_day(&platform);
    let limits = limits_of(&platform);
    let user = || UserId::new(&SystemRandom);
    for sent in [3, 3, 3, 1] {
        for _ in 0..sent {
            assert_eq!(text(&limits, NUMBER, user()).await, None);
        }
        if sent == 3 {
            assert_eq!(text(&limits, NUMBER, user()).await, Some(3600));
            platform.clock.advance_seconds(3600);
        }
    }
    assert_eq!(text(&limits, NUMBER, user()).await, Some(21 * 3600));
    assert_eq!(text(&limits, "+33612345678", user()).await, None);
    platform.clock.advance_seconds(21 * 3600);
    assert_eq!(text(&limits, NUMBER, user()).await, None);
}

#[tokio::test]
async fn a_user_has_twenty_text_messages_a_day_and_what_is_refused_counts_for_no_number() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    begin_day(&platform);
    let limits = limits_of(&platform);
    let user = UserId::new(&SystemRandom);
    for sent in 0..20 {
        let number = format!("+49151123456{}", 10 + sent / 3);
        assert_eq!(text(&limits, &number, user).await, None, "{sent}");
    }
    let before = platform.items("limits").await;
    for _ in 0..5 {
        assert_eq!(text(&limits, NUMBER, user).await, Some(86_400));
    }
    assert_eq!(platform.items("limits").await, before);
    assert_eq!(
        text(&limits, NUMBER, UserId::new(&SystemRandom)).await,
        None
    );
}

#[tokio::test]
async fn all_users_together_have_exactly_as_many_text_messages_as_are_set() {
    for most in [1, 5, 11] {
        let platform = Platform::with(&[("LIMIT_SMS_PER_DAY", &most.to_string())]).await;
        begin_day(&platform);
        let limits = limits_of(&platform);
        for sent in 0..most {
            let number = format!("+49151123456{}", 10 + sent);
            let counted = text(&limits, &number, UserId::new(&SystemRandom)).await;
            assert_eq!(counted, None, "{sent} of {most}");
        }
        let refused = text(&limits, NUMBER, UserId::new(&SystemRandom)).await;
        assert_eq!(refused, Some(86_400), "{most}");
        let shards = platform.items("limits").await.into_iter();
        let shards = shards.filter(|item| json!(item["pk"]).to_string().contains("sms#all#"));
        let sum: i64 = shards.filter_map(|item| item["hits"].as_i64()).sum();
        assert_eq!(sum, most);
    }
}

#[tokio::test]
async fn a_user_mails_two_hundred_recipients_a_day_and_a_mail_counts_whole_or_not_at_all() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    begin_day(&platform);
    let limits = limits_of(&platform);
    let user = UserId::new(&SystemRandom);
    let mail = async |user, recipients| wait_of(limits.count_mail_call(user, recipients).await);
    assert_eq!(mail(user, 201).await, Some(86_400));
    assert_eq!(mail(user, 190).await, None);
    assert_eq!(mail(user, 11).await, Some(86_400));
    assert_eq!(mail(user, 10).await, None);
    assert_eq!(mail(user, 1).await, Some(86_400));
    assert_eq!(mail(UserId::new(&SystemRandom), 200).await, None);
    platform.clock.advance_seconds(86_400);
    assert_eq!(mail(user, 200).await, None);
}

#[tokio::test]
async fn no_number_is_stored_where_its_messages_are_counted() {
    let platform = Platform::start().await;
    assert_eq!(
        text(&limits_of(&platform), NUMBER, UserId::new(&SystemRandom)).await,
        None
    );
    let stored = platform.dump().await;
    assert!(stored.contains("sms#number#"), "{stored}");
    assert!(!stored.contains("15112345678"), "{stored}");
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_sent() {
    let platform = Platform::start().await;
    let limits = limits_of(&platform);
    let number = PhoneNumber::parse(NUMBER).expect("a number");
    let user = UserId::new(&SystemRandom);
    platform
        .connector
        .inject("limits", Fault::AccessDenied, 1000);
    for counted in [
        limits.count_sms(&number, user).await,
        limits.count_mail_call(user, 1).await,
    ] {
        assert!(matches!(counted, Err(Error::Unavailable(_))), "{counted:?}");
    }
    assert_eq!(platform.items("limits").await, []);
}
