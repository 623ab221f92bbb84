//! Every page in every state and language, for the rules that hold for all.

use std::collections::BTreeMap;

use askama::Template;
use jiff::Timestamp;
use uuid::Uuid;

use super::super::super::answer::reader_of;
use super::super::super::theme::{Color, Theme};
use super::super::super::{FormTokens, PageHost, Reader};
use super::super::*;
use crate::domain::{
    Attribute, Attributes, Dialect, EmailAddress, FactorMethod, Language, MessageLanguage, Name,
    PictureTag, Realm, SessionId, SystemRandom, User, UserId, UserNumber,
};
use crate::keys::ServerKey;
use crate::service::OwnSession;

const ERRORS: [ResetError; 7] = [
    ResetError::TooShort,
    ResetError::TooCommon,
    ResetError::TooLong,
    ResetError::Unchanged,
    ResetError::KindsMissing,
    ResetError::Recent,
    ResetError::Different,
];
const OUTCOMES: [Outcome; 12] = [
    Outcome::Activated,
    Outcome::EmailChanged,
    Outcome::LinkOver,
    Outcome::SignUpDone,
    Outcome::ResendDone,
    Outcome::ForgotDone,
    Outcome::ResetDone,
    Outcome::NotFound,
    Outcome::BadRequest,
    Outcome::TooMany,
    Outcome::Unavailable,
    Outcome::Internal,
];
const NOTICES: [Notice; 7] = [
    Notice::Saved,
    Notice::PasswordChanged,
    Notice::EmailSent,
    Notice::FactorOn,
    Notice::FactorOff,
    Notice::SessionEnded,
    Notice::SessionsEnded,
];

/// A page, and what tells it from the others.
pub(super) type Rendered = (String, String);

/// Every page in every state, with its name and language, set around `value`.
pub(super) fn every_page(value: &str) -> Vec<(String, MessageLanguage, String)> {
    let theme = Theme {
        accent: Color::parse("#4f46e5"),
        logo: Some(value.to_owned()),
    };
    let key = ServerKey::new([(1, Box::new([7; 32]).into())]);
    let tokens = FormTokens::new(key, std::sync::Arc::new(SystemRandom));
    let host = PageHost::new(value, &theme, &[]).with_tokens(tokens);
    let mut all = Vec::new();
    for language in MessageLanguage::ALL {
        let reader = reader_of(&host, language);
        let pages = [
            link_pages(&reader, value),
            sign_in_pages(&reader, value),
            account_pages(&reader, value),
        ];
        let named = |(name, html): Rendered| (name, language, html);
        all.extend(pages.into_iter().flatten().map(named));
    }
    all
}

fn rendered(name: impl Into<String>, page: &impl Template) -> Rendered {
    (name.into(), page.render().expect("renders"))
}

fn ways(value: &str) -> [NewLink<'_>; 2] {
    [NewLink::Form(value), NewLink::Page(value)]
}

fn target(value: &str) -> FormTarget<'_> {
    FormTarget {
        action: value,
        hidden: vec![("uid", value), (value, value)],
    }
}

pub(super) fn link_pages(reader: &Reader, value: &str) -> Vec<Rendered> {
    let form = target(value);
    let mut pages = Vec::new();
    for new_link in ways(value) {
        let form = form.clone();
        let page = ActivatePage {
            reader,
            form,
            new_link,
        };
        pages.push(rendered(format!("activate-{new_link:?}"), &page));
        let page = ActivateFailedPage { reader, new_link };
        pages.push(rendered(format!("activate-failed-{new_link:?}"), &page));
        let page = ResetFailedPage { reader, new_link };
        pages.push(rendered(format!("reset-failed-{new_link:?}"), &page));
    }
    let action = value;
    pages.push(rendered("forgot", &ForgotPage { reader, action }));
    let page = ConfirmEmailPage {
        reader,
        form: form.clone(),
    };
    pages.push(rendered("confirm-email", &page));
    for hint in [PasswordHint::Length, PasswordHint::Kinds] {
        for error in ERRORS.map(Some).into_iter().chain([None]) {
            let page = ResetPage {
                reader,
                form: form.clone(),
                password_fields: ["password1", "password2"],
                hint,
                error,
            };
            pages.push(rendered(format!("reset-{error:?}-{hint:?}"), &page));
        }
    }
    pages.extend(OUTCOMES.map(|outcome| {
        let page = MessagePage { reader, outcome };
        rendered(format!("message-{outcome:?}"), &page)
    }));
    pages
}

fn sign_in_pages(reader: &Reader, value: &str) -> Vec<Rendered> {
    let sign_in = || SignInPage {
        reader,
        email: value,
        next: value,
        notice: None,
        error: None,
        offers_sign_up: true,
    };
    let sign_up = || SignUpPage {
        reader,
        first_name: value,
        last_name: value,
        email: value,
        error: None,
    };
    let code = |method| CodePage {
        reader,
        challenge: value,
        method,
        next: value,
        resent: false,
        error: None,
    };
    let mut pages = vec![
        rendered("sign-in", &sign_in()),
        rendered("sign-up", &sign_up()),
    ];
    let closed = SignInPage {
        offers_sign_up: false,
        ..sign_in()
    };
    pages.push(rendered("sign-in-closed", &closed));
    for notice in [
        SignInNotice::SignedUp,
        SignInNotice::SignedOut,
        SignInNotice::Deleted,
    ] {
        let page = SignInPage {
            notice: Some(notice),
            ..sign_in()
        };
        pages.push(rendered(format!("sign-in-{notice:?}"), &page));
    }
    for error in [
        SignInError::Wrong,
        SignInError::NotActivated,
        SignInError::Suspended,
        SignInError::MustChange,
        SignInError::NewPassword(ResetError::TooShort),
        SignInError::Over,
    ] {
        let page = SignInPage {
            error: Some(error),
            ..sign_in()
        };
        pages.push(rendered(format!("sign-in-{error:?}"), &page));
    }
    for error in [
        SignUpError::Email,
        SignUpError::EmailTaken,
        SignUpError::Name,
        SignUpError::Password(ResetError::TooCommon),
    ] {
        let page = SignUpPage {
            error: Some(error),
            ..sign_up()
        };
        pages.push(rendered(format!("sign-up-{error:?}"), &page));
    }
    for method in FactorMethod::ALL {
        for error in [None, Some(CodeError::Wrong), Some(CodeError::TooSoon)] {
            let page = CodePage {
                error,
                ..code(method)
            };
            pages.push(rendered(format!("code-{method:?}-{error:?}"), &page));
        }
    }
    let page = CodePage {
        resent: true,
        ..code(FactorMethod::Sms)
    };
    pages.push(rendered("code-resent", &page));
    pages
}

fn somebody(value: &str) -> User {
    User {
        first_name: Name::parse(value),
        last_name: Name::parse(value),
        ..User::new(
            UserId(Uuid::from_bytes([7; 16])),
            UserNumber(7),
            Realm::default_realm(),
            EmailAddress::parse("ann@example.com").expect("an address"),
            Language::parse("en").expect("a tag"),
            Timestamp::UNIX_EPOCH,
        )
    }
}

fn account_pages(reader: &Reader, value: &str) -> Vec<Rendered> {
    let mut pages = profile_pages(reader, value);
    pages.extend(security_pages(reader, value));
    pages.extend(session_pages(reader));
    for wrong in [false, true] {
        let page = AuthenticatorPage {
            reader,
            secret: value,
            picture: value,
            wrong,
        };
        pages.push(rendered(format!("authenticator-{wrong}"), &page));
    }
    let codes = [value; 10];
    let page = RecoveryCodesPage {
        reader,
        codes: &codes,
    };
    pages.push(rendered("recovery-codes", &page));
    pages
}

fn profile_pages(reader: &Reader, value: &str) -> Vec<Rendered> {
    let none = Attributes(BTreeMap::new());
    let attribute = Attribute {
        id: 1,
        text: value.to_owned(),
    };
    let some = Attributes(BTreeMap::from([(value.to_owned(), attribute)]));
    let plain = somebody(value);
    let pictured = User {
        avatar: Some(PictureTag::from_stored("abc".to_owned())),
        language: Language::parse("pt-BR").expect("a tag"),
        ..somebody(value)
    };
    let page = |user, attributes| ProfilePage {
        reader,
        user,
        attributes,
        notice: None,
        problem: None,
    };
    let mut pages = vec![
        rendered("profile", &page(&plain, &none)),
        rendered("profile-whole", &page(&pictured, &some)),
    ];
    pages.extend(NOTICES.map(|notice| {
        let page = ProfilePage {
            notice: Some(notice),
            ..page(&plain, &none)
        };
        rendered(format!("profile-{notice:?}"), &page)
    }));
    for (section, why) in [
        (Section::Picture, Why::Picture),
        (Section::Details, Why::Name),
        (Section::Attributes, Why::Attribute),
        (Section::Attributes, Why::AttributesFull),
    ] {
        let page = ProfilePage {
            problem: Some(Problem { section, why }),
            ..page(&plain, &none)
        };
        pages.push(rendered(format!("profile-{why:?}"), &page));
    }
    pages
}

fn security_pages(reader: &Reader, value: &str) -> Vec<Rendered> {
    let users = [
        None,
        Some(FactorMethod::Sms),
        Some(FactorMethod::Email),
        Some(FactorMethod::Authenticator),
    ]
    .map(|second_factor| User {
        second_factor,
        ..somebody(value)
    });
    let page = |user| SecurityPage {
        reader,
        user,
        notice: None,
        problem: None,
    };
    let mut pages: Vec<_> = users
        .iter()
        .map(|user| rendered(format!("security-{:?}", user.second_factor), &page(user)))
        .collect();
    for (section, why) in [
        (Section::Password, Why::WrongPassword),
        (Section::Password, Why::NewPassword(ResetError::Different)),
        (Section::Email, Why::Address),
        (Section::Email, Why::WrongPassword),
        (Section::Factor, Why::WrongCode),
        (Section::Deletion, Why::WrongPassword),
        (Section::Deletion, Why::LastRoot),
    ] {
        let page = SecurityPage {
            problem: Some(Problem { section, why }),
            ..page(&users[3])
        };
        pages.push(rendered(format!("security-{section:?}-{why:?}"), &page));
    }
    pages
}

fn session_pages(reader: &Reader) -> Vec<Rendered> {
    let session = |dialect, is_current| OwnSession {
        id: SessionId([7; 16]),
        dialect,
        created_at: Timestamp::UNIX_EPOCH,
        used_at: Timestamp::UNIX_EPOCH,
        is_current,
    };
    let sessions = [
        session(Dialect::Pages, true),
        session(Dialect::Session, false),
        session(Dialect::Rbac, false),
    ];
    let pages = [&sessions[..1], &sessions[..]].map(|sessions| {
        let page = SessionsPage {
            reader,
            sessions,
            notice: None,
        };
        rendered(format!("sessions-{}", sessions.len()), &page)
    });
    pages.into()
}
