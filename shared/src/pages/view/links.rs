//! The pages that mails lead to.

use askama::Template;

use super::super::Reader;
use super::super::wording::{Page, Wording};
use crate::domain::WeakPassword;

/// Confirms an address with the code of a mailed link, or leads to a new link.
#[derive(Template)]
#[template(path = "pages/activate.html")]
pub struct ActivatePage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// What the button sends.
    pub form: FormTarget<'a>,
    /// For whoever has lost patience with this link.
    pub new_link: NewLink<'a>,
}

/// Where a form leads, and what it carries unseen: what the link held, of which nothing is judged before it is sent back. No
/// `Debug`: it holds a secret.
#[derive(Clone)]
pub struct FormTarget<'a> {
    /// A path, or one from the page's own place. Of the page's origin: the policy lets forms lead to no other.
    pub action: &'a str,
    /// Names and values.
    pub hidden: Vec<(&'a str, &'a str)>,
}

/// How a reader comes by a new link.
#[derive(Debug, Clone, Copy)]
pub enum NewLink<'a> {
    /// By a form on the page, which sends an `email` to this path of the page's origin.
    Form(&'a str),
    /// By another page, at this URL, which may be of another origin.
    Page(&'a str),
}

/// The link to confirm an address does not count any more; leads to a new one.
#[derive(Template)]
#[template(path = "pages/activate-failed.html")]
pub struct ActivateFailedPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// Where to get another.
    pub new_link: NewLink<'a>,
}

/// Moves an account to the address that the link was mailed to.
#[derive(Template)]
#[template(path = "pages/confirm-email.html")]
pub struct ConfirmEmailPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// What the button sends.
    pub form: FormTarget<'a>,
}

/// Asks where to send the link to set a new password.
#[derive(Template)]
#[template(path = "pages/forgot.html")]
pub struct ForgotPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// Where the form sends the address, as `email`: a path of the page's origin.
    pub action: &'a str,
}

/// Takes a new password from the holder of a mailed link.
#[derive(Template)]
#[template(path = "pages/reset.html")]
pub struct ResetPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// Where the form leads.
    pub form: FormTarget<'a>,
    /// What the two inputs for the password are called.
    pub password_fields: [&'a str; 2],
    /// What the password has to be like.
    pub hint: PasswordHint,
    /// Why the last try was not taken.
    pub error: Option<ResetError>,
}

/// What a new password has to be like, as the page tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordHint {
    /// Long enough.
    Length,
    /// Long enough, and with characters of four kinds (document 001).
    Kinds,
}

/// Why a new password was not taken. The link stays usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetError {
    /// It needs 8 characters.
    TooShort,
    /// It is among the first that an attacker would try.
    TooCommon,
    /// Nobody's password is that long.
    TooLong,
    /// It is the present one.
    Unchanged,
    /// A kind of character is missing (document 001).
    KindsMissing,
    /// It is one of the last five (document 001).
    Recent,
    /// The two inputs are not the same.
    Different,
}

/// The link to set a new password does not count any more; leads to a new one.
#[derive(Template)]
#[template(path = "pages/reset-failed.html")]
pub struct ResetFailedPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// Where to get another.
    pub new_link: NewLink<'a>,
}

impl ActivatePage<'_> {
    fn page(&self) -> &'static Page {
        &self.reader.words().activate
    }
}

impl ActivateFailedPage<'_> {
    fn page(&self) -> &'static Page {
        &self.reader.words().activate_failed
    }
}

impl ConfirmEmailPage<'_> {
    fn page(&self) -> &'static Page {
        &self.reader.words().confirm_email
    }
}

impl ForgotPage<'_> {
    fn page(&self) -> &'static Page {
        &self.reader.words().forgot
    }
}

impl ResetPage<'_> {
    fn page(&self) -> &'static Page {
        &self.reader.words().reset
    }
}

impl ResetPage<'_> {
    fn error_text(&self) -> Option<&'static str> {
        self.error.map(|error| error.text(self.reader.words()))
    }
}

impl ResetFailedPage<'_> {
    fn page(&self) -> &'static Page {
        &self.reader.words().reset_failed
    }
}

impl From<WeakPassword> for ResetError {
    fn from(weak: WeakPassword) -> Self {
        match weak {
            WeakPassword::TooShort => Self::TooShort,
            WeakPassword::TooLong => Self::TooLong,
            WeakPassword::TooCommon => Self::TooCommon,
            WeakPassword::Unchanged => Self::Unchanged,
            WeakPassword::MissingKinds => Self::KindsMissing,
            WeakPassword::Reused => Self::Recent,
        }
    }
}

impl PasswordHint {
    pub(super) fn text(self, wording: &Wording) -> &'static str {
        match self {
            Self::Length => wording.password_hint,
            Self::Kinds => wording.password_hint_kinds,
        }
    }
}

impl ResetError {
    pub(super) fn text(self, wording: &Wording) -> &'static str {
        match self {
            Self::TooShort => wording.reset_error.too_short,
            Self::TooCommon => wording.reset_error.too_common,
            Self::TooLong => wording.reset_error.too_long,
            Self::Unchanged => wording.reset_error.unchanged,
            Self::KindsMissing => wording.reset_error.kinds_missing,
            Self::Recent => wording.reset_error.recent,
            Self::Different => wording.reset_error.different,
        }
    }
}
