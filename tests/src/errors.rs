//! What a caller sees of every error of the core, in each dialect: status, body, headers.

use std::fmt::Write as _;
use std::time::Duration;

use http_body_util::BodyExt as _;
use insta::assert_snapshot;
use shared::domain::{RefusedPicture, WeakPassword};
use shared::error::Error;
use shared::http::{Fault, Render};

/// One of each. An error that is new to the core does not compile here until it stands in the list.
fn all() -> Vec<Fault> {
    let secret = || "gatehouse-users: arn:aws:dynamodb".into();
    let core = [
        Error::Malformed("the body is not JSON"),
        Error::MissingField("email"),
        Error::InvalidField("email"),
        Error::BadCredentials,
        Error::NotActivated,
        Error::Suspended,
        Error::MissingToken,
        Error::InvalidToken,
        Error::InvalidRefreshToken,
        Error::ExpiredToken,
        Error::SessionEnded,
        Error::Forbidden,
        Error::NotFound,
        Error::EmailTaken,
        Error::NameTaken,
        Error::InvalidEmail,
        Error::WeakPassword(WeakPassword::TooShort),
        Error::InvalidCode,
        Error::AlreadyActivated,
        Error::TooManyAttributes,
        Error::LimitReached,
        Error::RefusedPicture(RefusedPicture::UnknownType),
        Error::RateLimited {
            retry_after: Duration::from_secs(7),
        },
        Error::Unavailable(secret()),
        Error::Internal(secret()),
    ];
    let listed = core.iter().map(place).collect::<Vec<_>>();
    assert_eq!(listed, (0..core.len()).collect::<Vec<_>>());
    let mut all: Vec<Fault> = core.into_iter().map(Fault::Core).collect();
    all.extend([
        Fault::NotFound,
        Fault::MethodNotAllowed("GET, POST".to_owned()),
        Fault::BodyTooLarge,
        Fault::UnsupportedMediaType,
    ]);
    all
}

/// Where an error stands in the list.
fn place(error: &Error) -> usize {
    match error {
        Error::Malformed(_) => 0,
        Error::MissingField(_) => 1,
        Error::InvalidField(_) => 2,
        Error::BadCredentials => 3,
        Error::NotActivated => 4,
        Error::Suspended => 5,
        Error::MissingToken => 6,
        Error::InvalidToken => 7,
        Error::InvalidRefreshToken => 8,
        Error::ExpiredToken => 9,
        Error::SessionEnded => 10,
        Error::Forbidden => 11,
        Error::NotFound => 12,
        Error::EmailTaken => 13,
        Error::NameTaken => 14,
        Error::InvalidEmail => 15,
        Error::WeakPassword(_) => 16,
        Error::InvalidCode => 17,
        Error::AlreadyActivated => 18,
        Error::TooManyAttributes => 19,
        Error::LimitReached => 20,
        Error::RefusedPicture(_) => 21,
        Error::RateLimited { .. } => 22,
        Error::Unavailable(_) => 23,
        Error::Internal(_) => 24,
    }
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
async fn the_identity_server_says_every_error_in_its_own_words() {
    assert_snapshot!(seen(rbac::render).await);
}

#[tokio::test]
async fn the_pages_say_every_error_to_people() {
    assert_snapshot!(seen(platform::render_page_fault).await);
}

#[tokio::test]
async fn the_keys_say_every_error() {
    assert_snapshot!(seen(platform::render_key_fault).await);
}
