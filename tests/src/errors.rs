//! What a caller sees of every error of the core, in each dialect: status, body, headers.

use std::fmt::Write as _;
use std::time::Duration;

use http_body_util::BodyExt as _;
use insta::assert_snapshot;
use shared::domain::{RefusedPicture, WeakPassword};
use shared::error::Error;
use shared::http::{Fault, Render};

/// Lists errors, and does not compile while one of the core's is missing.
macro_rules! one_of_each {
    ($($error:expr => $pattern:pat,)+) => {
        fn core() -> Vec<Error> {
            let _ = |error: &Error| match error {
                $($pattern => {})+
            };
            vec![$($error),+]
        }
    };
}

one_of_each! {
    Error::Malformed("the body is not JSON") => Error::Malformed(_),
    Error::MissingField("email") => Error::MissingField(_),
    Error::InvalidField("email") => Error::InvalidField(_),
    Error::BadCredentials => Error::BadCredentials,
    Error::NotActivated => Error::NotActivated,
    Error::Suspended => Error::Suspended,
    Error::PasswordChangeRequired => Error::PasswordChangeRequired,
    Error::SecondFactorRequired => Error::SecondFactorRequired,
    Error::AlreadyEnrolled => Error::AlreadyEnrolled,
    Error::ChallengeOver => Error::ChallengeOver,
    Error::WrongAnswer => Error::WrongAnswer,
    Error::PhoneRequired => Error::PhoneRequired,
    Error::NotSent("gatehouse-users: arn:aws:dynamodb".into()) => Error::NotSent(_),
    Error::MissingToken => Error::MissingToken,
    Error::InvalidToken => Error::InvalidToken,
    Error::InvalidRefreshToken => Error::InvalidRefreshToken,
    Error::ExpiredToken => Error::ExpiredToken,
    Error::SessionEnded => Error::SessionEnded,
    Error::Forbidden => Error::Forbidden,
    Error::NotFound => Error::NotFound,
    Error::UnknownProject => Error::UnknownProject,
    Error::UnsupportedProvider => Error::UnsupportedProvider,
    Error::DeviceTaken => Error::DeviceTaken,
    Error::EmailTaken => Error::EmailTaken,
    Error::NameTaken => Error::NameTaken,
    Error::InvalidEmail => Error::InvalidEmail,
    Error::RefusedPicture(RefusedPicture::Broken) => Error::RefusedPicture(_),
    Error::InvalidPhone => Error::InvalidPhone,
    Error::SmsOff => Error::SmsOff,
    Error::WeakPassword(WeakPassword::TooShort) => Error::WeakPassword(_),
    Error::InvalidCode => Error::InvalidCode,
    Error::AlreadyActivated => Error::AlreadyActivated,
    Error::TooManyAttributes => Error::TooManyAttributes,
    Error::LimitReached => Error::LimitReached,
    Error::RateLimited {
            retry_after: Duration::from_secs(7),
        } => Error::RateLimited { .. },
    Error::Unavailable("gatehouse-users: arn:aws:dynamodb".into()) => Error::Unavailable(_),
    Error::ProviderUnavailable("gatehouse-users: arn:aws:dynamodb".into()) => Error::ProviderUnavailable(_),
    Error::Internal("gatehouse-users: arn:aws:dynamodb".into()) => Error::Internal(_),
}

/// One of each.
fn all() -> Vec<Fault> {
    let mut all: Vec<Fault> = core().into_iter().map(Fault::Core).collect();
    all.extend([
        Fault::NotFound,
        Fault::MethodNotAllowed("GET, POST".to_owned()),
        Fault::BodyTooLarge,
        Fault::UnsupportedMediaType,
        Fault::DeadlinePassed,
    ]);
    all
}

/// A line for each: the error, the status, the headers that tell something, and the body or, of a page, its heading.
async fn seen(render: Render) -> String {
    let mut lines = String::new();
    for fault in all() {
        let name = match &fault {
            Fault::Core(error) => format!("{error:?}"),
            other => format!("{other:?}"),
        };
        let name = name.split(['(', ' ']).next().expect("a name");
        let answer = render(&fault);
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("a text");
        assert!(!body.contains("arn:"), "{name}: {body}");
        let told = ["allow", "retry-after", "www-authenticate"].map(|header| {
            let value = parts.headers.get(header)?.to_str().expect("a text");
            Some(format!(" [{header}: {value}]"))
        });
        let told: String = told.into_iter().flatten().collect();
        let body = match body.split_once("<h1>") {
            Some((_, rest)) => rest.split("</h1>").next().expect("a heading"),
            None => &body,
        };
        writeln!(lines, "{name}: {}{told} {body}", parts.status.as_u16()).expect("a text grows");
    }
    lines
}

#[tokio::test]
async fn the_user_service_says_every_error_in_its_own_words() {
    assert_snapshot!(seen(user_service::render).await);
}

#[tokio::test]
async fn the_security_service_says_every_error_in_its_own_words() {
    let render = |fault: &Fault| security::complete(&http::Method::PUT, security::render(fault));
    assert_snapshot!(seen(render).await);
}

#[tokio::test]
async fn the_identity_server_says_every_error_in_its_own_words() {
    assert_snapshot!(seen(rbac::render).await);
}

#[tokio::test]
async fn the_session_api_says_every_error_in_its_own_words() {
    assert_snapshot!(seen(session::render).await);
}

#[tokio::test]
async fn the_identify_api_says_every_error_in_its_own_words() {
    assert_snapshot!(seen(identify::render).await);
}

#[tokio::test]
async fn the_pages_say_every_error_to_people() {
    assert_snapshot!(seen(platform::render_page_fault).await);
}

#[tokio::test]
async fn the_keys_say_every_error() {
    assert_snapshot!(seen(platform::render_key_fault).await);
}
