//! What our mails say, once per language. Text and HTML are made from the same words.
//!
//! Owns the sentences and nothing of their layout. Sentences are whole: the service's name and the secret are set around
//! the sentences by the template, so that no translation can forget or misplace one.

mod de;
mod en;
mod es;
mod fr;

use crate::domain::MessageLanguage;

/// The words of one language.
pub(super) struct Wording {
    pub(super) greeting: &'static str,
    /// Stands above a link where there is no button.
    pub(super) open_link: &'static str,
    /// Stands above a link that repeats the button.
    pub(super) instead_of_button: &'static str,
    pub(super) footer: &'static str,
    pub(super) activation: Message,
    /// The same for a link that is valid for seven days.
    pub(super) activation_week: Message,
    pub(super) mailed_password: Message,
    pub(super) sign_in_code: Message,
    pub(super) password_reset: Message,
    /// The same for a link that is valid for a day.
    pub(super) password_reset_day: Message,
    pub(super) password_reset_code: Message,
    pub(super) invitation: Message,
    pub(super) email_change: Message,
    pub(super) email_changed: Message,
    pub(super) password_changed: Message,
    pub(super) already_registered: Message,
    pub(super) second_factor_notice: Message,
    pub(super) lockout_notice: Message,
}

/// The words of one kind of mail.
pub(super) struct Message {
    /// Subject and heading.
    pub(super) title: &'static str,
    /// What this is and what to do.
    pub(super) lead: &'static str,
    /// The button, or the label of the password or code; empty where there is neither.
    pub(super) action: &'static str,
    /// How long it is valid.
    pub(super) validity: &'static str,
    /// What to do with a mail that nobody asked for.
    pub(super) unasked: &'static str,
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
