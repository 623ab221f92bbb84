//! How it went, where there is no form to fill in.

use askama::Template;

use super::super::Reader;
use super::super::wording::Page;

/// Says how it went.
#[derive(Template)]
#[template(path = "pages/message.html")]
pub(in super::super) struct MessagePage<'a> {
    pub(in super::super) reader: &'a Reader,
    pub(in super::super) outcome: Outcome,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The address is confirmed.
    Activated,
    /// The account has another address.
    EmailChanged,
    /// The link does not count any more, and whoever followed it can ask for another where it was asked for.
    LinkOver,
    /// The answer to every registration, whether or not the address had an account.
    SignUpDone,
    /// The answer to every request for a new link, whether or not an account waits for one.
    ResendDone,
    /// The answer to every request to set a new password, whether or not there is an account.
    ForgotDone,
    /// The new password is set.
    ResetDone,
    /// There is no such page.
    NotFound,
    /// The request cannot be understood.
    BadRequest,
    /// There were too many.
    TooMany,
    /// The platform cannot do it at the moment.
    Unavailable,
    /// The platform has a fault.
    Internal,
}

/// The sign before the heading.
enum Mark {
    Done,
    Mail,
    Caution,
}

impl Outcome {
    fn mark(self) -> Mark {
        match self {
            Self::Activated | Self::EmailChanged | Self::ResetDone => Mark::Done,
            Self::SignUpDone | Self::ResendDone | Self::ForgotDone => Mark::Mail,
            _ => Mark::Caution,
        }
    }

    /// Whether signing in is what comes next.
    fn leads_to_sign_in(self) -> bool {
        matches!(self, Self::Activated | Self::EmailChanged | Self::ResetDone)
    }
}

impl MessagePage<'_> {
    fn page(&self) -> &'static Page {
        let pages = &self.reader.words().outcome;
        match self.outcome {
            Outcome::Activated => &pages.activated,
            Outcome::EmailChanged => &pages.email_changed,
            Outcome::LinkOver => &pages.link_over,
            Outcome::SignUpDone => &pages.sign_up_done,
            Outcome::ResendDone => &pages.resend_done,
            Outcome::ForgotDone => &pages.forgot_done,
            Outcome::ResetDone => &pages.reset_done,
            Outcome::NotFound => &pages.not_found,
            Outcome::BadRequest => &pages.bad_request,
            Outcome::TooMany => &pages.too_many,
            Outcome::Unavailable => &pages.unavailable,
            Outcome::Internal => &pages.internal,
        }
    }
}
