//! Signing in and signing up.

use askama::Template;

use super::super::Reader;
use super::super::wording::Page;
use super::ResetError;
use crate::domain::FactorMethod;

/// Asks for address and password, and for a new password where one is due.
#[derive(Template)]
#[template(path = "pages/sign-in.html")]
pub struct SignInPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// The address as it was typed.
    pub email: &'a str,
    /// Where the reader wants to go.
    pub next: &'a str,
    /// What has happened before.
    pub notice: Option<SignInNotice>,
    /// Why the last try was not taken.
    pub error: Option<SignInError>,
    /// Whether anybody may register.
    pub offers_sign_up: bool,
}

/// What has happened before somebody is asked to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInNotice {
    /// The account is made and may sign in.
    SignedUp,
    /// The session has ended as asked.
    SignedOut,
    /// The account is deleted.
    Deleted,
}

/// Why a sign-in was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInError {
    /// Unknown address or wrong password.
    Wrong,
    /// After the right password: the address is not confirmed.
    NotActivated,
    /// After the right password: an administrator has barred the account.
    Suspended,
    /// After the right password: it has to be changed.
    MustChange,
    /// After the right password: what it was to be changed to was not taken.
    NewPassword(ResetError),
    /// The time to enter a code, or its tries, are over.
    Over,
}

/// Asks for the second factor.
#[derive(Template)]
#[template(path = "pages/sign-in-code.html")]
pub struct CodePage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// Names the challenge.
    pub challenge: &'a str,
    /// How it is answered.
    pub method: FactorMethod,
    /// Where the reader wants to go.
    pub next: &'a str,
    /// Whether the code has just been sent again.
    pub resent: bool,
    /// Why the last try was not taken.
    pub error: Option<CodeError>,
}

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeError {
    /// It is wrong.
    Wrong,
    /// It was sent just now, and will not be sent again so soon.
    TooSoon,
}

/// Asks for what makes an account.
#[derive(Template)]
#[template(path = "pages/sign-up.html")]
pub struct SignUpPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// As it was typed.
    pub first_name: &'a str,
    /// As it was typed.
    pub last_name: &'a str,
    /// As it was typed.
    pub email: &'a str,
    /// Why the last try was not taken.
    pub error: Option<SignUpError>,
}

/// Why a registration was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUpError {
    /// No address that can have an account.
    Email,
    /// The address has an account; told only where there is no mail to tell it by.
    EmailTaken,
    /// A name of more than 128 bytes.
    Name,
    /// The password.
    Password(ResetError),
}

impl SignInPage<'_> {
    fn page(&self) -> &'static Page {
        let words = &self.reader.words().sign_in;
        if self.asks_for_new_password() {
            &words.new_password
        } else {
            &words.page
        }
    }

    fn asks_for_new_password(&self) -> bool {
        matches!(
            self.error,
            Some(SignInError::MustChange | SignInError::NewPassword(_))
        )
    }

    fn error_text(&self) -> Option<&'static str> {
        let wording = self.reader.words();
        let words = &wording.sign_in;
        match self.error? {
            SignInError::Wrong => Some(words.wrong),
            SignInError::NotActivated => Some(words.not_activated),
            SignInError::Suspended => Some(words.suspended),
            SignInError::Over => Some(words.over),
            SignInError::NewPassword(error) => Some(error.text(wording)),
            SignInError::MustChange => None,
        }
    }

    fn notice_text(&self) -> Option<&'static str> {
        let words = &self.reader.words().sign_in;
        Some(match self.notice? {
            SignInNotice::SignedUp => words.signed_up,
            SignInNotice::SignedOut => words.signed_out,
            SignInNotice::Deleted => words.deleted,
        })
    }
}

impl CodePage<'_> {
    fn page(&self) -> &'static Page {
        let words = &self.reader.words().sign_in;
        match self.method {
            FactorMethod::Authenticator => &words.code_of_authenticator,
            FactorMethod::Sms => &words.code_by_sms,
            FactorMethod::Email => &words.code_by_email,
        }
    }

    fn is_sent(&self) -> bool {
        self.method != FactorMethod::Authenticator
    }

    fn error_text(&self) -> Option<&'static str> {
        let words = &self.reader.words().sign_in;
        Some(match self.error? {
            CodeError::Wrong => words.wrong_code,
            CodeError::TooSoon => words.too_soon,
        })
    }
}

impl SignUpPage<'_> {
    fn page(&self) -> &'static Page {
        &self.reader.words().sign_up.page
    }

    fn error_text(&self) -> Option<&'static str> {
        let wording = self.reader.words();
        Some(match self.error? {
            SignUpError::Email => wording.invalid_email,
            SignUpError::EmailTaken => wording.sign_up.email_taken,
            SignUpError::Name => wording.name_too_long,
            SignUpError::Password(error) => error.text(wording),
        })
    }

    fn password_is_bad(&self) -> bool {
        matches!(self.error, Some(SignUpError::Password(_)))
    }

    fn email_is_bad(&self) -> bool {
        matches!(
            self.error,
            Some(SignUpError::Email | SignUpError::EmailTaken)
        )
    }
}
