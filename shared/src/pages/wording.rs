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
    /// What the language is called by those who speak it.
    pub(super) own_name: &'static str,
    pub(super) email: &'static str,
    pub(super) invalid_email: &'static str,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) name_too_long: &'static str,
    pub(super) save: &'static str,
    pub(super) remove: &'static str,
    pub(super) sign_in: SignIn,
    pub(super) sign_up: SignUp,
    pub(super) navigation: Navigation,
    pub(super) profile: Profile,
    pub(super) security: Security,
    pub(super) authenticator: Authenticator,
    pub(super) recovery_codes: RecoveryCodes,
    pub(super) sessions: Sessions,
    pub(super) notices: Notices,
    /// Moves an account to another address.
    pub(super) confirm_email: Page,
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
    pub(super) reset_failed: Page,
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

/// Signing in.
pub(super) struct SignIn {
    pub(super) page: Page,
    /// The password has to be changed.
    pub(super) new_password: Page,
    pub(super) code_of_authenticator: Page,
    pub(super) code_by_sms: Page,
    pub(super) code_by_email: Page,
    pub(super) password: &'static str,
    pub(super) button: &'static str,
    pub(super) forgot: &'static str,
    pub(super) sign_up: &'static str,
    /// Leads back to signing in.
    pub(super) link: &'static str,
    pub(super) code: &'static str,
    pub(super) resend: &'static str,
    pub(super) resent: &'static str,
    pub(super) start_over: &'static str,
    pub(super) signed_up: &'static str,
    pub(super) signed_out: &'static str,
    pub(super) deleted: &'static str,
    pub(super) wrong: &'static str,
    pub(super) not_activated: &'static str,
    pub(super) suspended: &'static str,
    pub(super) over: &'static str,
    pub(super) wrong_code: &'static str,
    pub(super) too_soon: &'static str,
}

/// Signing up.
pub(super) struct SignUp {
    pub(super) page: Page,
    pub(super) button: &'static str,
    pub(super) have_account: &'static str,
    pub(super) email_taken: &'static str,
}

/// What leads from page to page of an account.
pub(super) struct Navigation {
    pub(super) skip: &'static str,
    pub(super) label: &'static str,
    pub(super) profile: &'static str,
    pub(super) security: &'static str,
    pub(super) sessions: &'static str,
    pub(super) sign_out: &'static str,
}

/// What an account says of its owner.
pub(super) struct Profile {
    pub(super) page: Page,
    pub(super) picture: &'static str,
    pub(super) your_picture: &'static str,
    pub(super) choose_picture: &'static str,
    pub(super) picture_hint: &'static str,
    pub(super) upload: &'static str,
    pub(super) remove_picture: &'static str,
    pub(super) bad_picture: &'static str,
    pub(super) details: &'static str,
    pub(super) language: &'static str,
    pub(super) attributes: &'static str,
    pub(super) attributes_text: &'static str,
    pub(super) key: &'static str,
    pub(super) text: &'static str,
    pub(super) add: &'static str,
    pub(super) bad_attribute: &'static str,
    pub(super) attributes_full: &'static str,
}

/// How an account is signed in to.
pub(super) struct Security {
    pub(super) page: Page,
    pub(super) change_password: &'static str,
    pub(super) change_password_text: &'static str,
    pub(super) present_password: &'static str,
    pub(super) wrong_password: &'static str,
    /// Stands before the present address.
    pub(super) email_text: &'static str,
    pub(super) new_email: &'static str,
    pub(super) change_email: &'static str,
    pub(super) factor: &'static str,
    pub(super) factor_off: &'static str,
    pub(super) factor_on: &'static str,
    pub(super) factor_sms: &'static str,
    pub(super) factor_email: &'static str,
    pub(super) add_factor: &'static str,
    pub(super) remove_factor: &'static str,
    pub(super) code_or_recovery: &'static str,
    pub(super) delete: &'static str,
    pub(super) delete_text: &'static str,
    pub(super) delete_button: &'static str,
    pub(super) last_root: &'static str,
}

/// Binding an authenticator.
pub(super) struct Authenticator {
    pub(super) page: Page,
    pub(super) picture: &'static str,
    pub(super) by_hand: &'static str,
    pub(super) button: &'static str,
    pub(super) cancel: &'static str,
}

/// The codes that stand in for an authenticator.
pub(super) struct RecoveryCodes {
    pub(super) page: Page,
    pub(super) done: &'static str,
}

/// Where an account is signed in.
pub(super) struct Sessions {
    pub(super) page: Page,
    pub(super) account_pages: &'static str,
    pub(super) website: &'static str,
    pub(super) app: &'static str,
    pub(super) present: &'static str,
    /// Stands before a time.
    pub(super) signed_in: &'static str,
    /// Stands before a time.
    pub(super) used: &'static str,
    pub(super) end: &'static str,
    pub(super) others: &'static str,
    pub(super) others_text: &'static str,
    pub(super) end_others: &'static str,
}

/// What has just been done to an account.
pub(super) struct Notices {
    pub(super) saved: &'static str,
    pub(super) password_changed: &'static str,
    pub(super) email_sent: &'static str,
    pub(super) factor_on: &'static str,
    pub(super) factor_off: &'static str,
    pub(super) session_ended: &'static str,
    pub(super) sessions_ended: &'static str,
}

/// The pages on which there is nothing left to do.
pub(super) struct Outcomes {
    pub(super) activated: Page,
    pub(super) email_changed: Page,
    pub(super) link_over: Page,
    pub(super) sign_up_done: Page,
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
