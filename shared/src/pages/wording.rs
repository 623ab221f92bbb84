//! What the hosted pages say, once per language.
//!
//! Owns the sentences and nothing of their layout. Sentences are whole: what varies stands beside them.

mod de;
mod en;
mod es;
mod fr;

use crate::domain::MessageLanguage;

/// The words of one language.
pub(super) struct Wording {
    pub(super) email: &'static str,
    pub(super) activate: Page,
    pub(super) activate_button: &'static str,
    pub(super) activate_failed: Page,
    pub(super) resend_title: &'static str,
    pub(super) resend_button: &'static str,
    /// Leads to the page where a new link is asked for.
    pub(super) new_link: &'static str,
    pub(super) forgot: Page,
    pub(super) forgot_button: &'static str,
    pub(super) reset: Page,
    /// For a link that was good for an hour.
    pub(super) reset_failed: Page,
    /// For a link that was good for a day.
    pub(super) reset_failed_day: Page,
    /// Follows where the form for a new link stands on the same page.
    pub(super) reset_failed_email: &'static str,
    pub(super) password: &'static str,
    pub(super) password_again: &'static str,
    pub(super) password_hint: &'static str,
    /// For passwords of document 001.
    pub(super) password_hint_kinds: &'static str,
    pub(super) reset_button: &'static str,
    pub(super) reset_error: ResetErrors,
    pub(super) outcome: Outcomes,
}

/// The heading of a page and the sentences below it.
pub(super) struct Page {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

/// Why a new password was not taken.
pub(super) struct ResetErrors {
    pub(super) too_short: &'static str,
    pub(super) too_common: &'static str,
    pub(super) too_long: &'static str,
    pub(super) unchanged: &'static str,
    pub(super) kinds_missing: &'static str,
    pub(super) recent: &'static str,
    pub(super) different: &'static str,
}

/// The pages on which there is nothing left to do.
pub(super) struct Outcomes {
    pub(super) activated: Page,
    pub(super) resend_done: Page,
    pub(super) forgot_done: Page,
    pub(super) reset_done: Page,
    pub(super) not_found: Page,
    pub(super) bad_request: Page,
    pub(super) too_many: Page,
    pub(super) unavailable: Page,
    pub(super) internal: Page,
}

impl Wording {
    pub(super) fn of(language: MessageLanguage) -> &'static Self {
        match language {
            MessageLanguage::En => &en::WORDING,
            MessageLanguage::De => &de::WORDING,
            MessageLanguage::Fr => &fr::WORDING,
            MessageLanguage::Es => &es::WORDING,
        }
    }
}
