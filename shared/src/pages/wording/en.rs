//! The hosted pages in English.

use super::{Outcomes, Page, ResetErrors, Wording};

pub(super) const WORDING: Wording = Wording {
    email: "Email address",
    activate: Page {
        title: "Confirm your email address",
        text: "One click and your account is ready to use.",
    },
    activate_button: "Confirm email address",
    activate_failed: Page {
        title: "This link is no longer valid",
        text: "It has already been used, was replaced by a newer one or is older than 24 hours. If your address is confirmed, \
               you can simply sign in. Otherwise we will gladly send you a new link.",
    },
    resend_title: "Need a new link?",
    resend_button: "Send again",
    new_link: "Get a new link",
    forgot: Page {
        title: "Forgot your password?",
        text: "Enter your email address and we will send you a link to set a new password.",
    },
    forgot_button: "Send link",
    reset: Page {
        title: "Set a new password",
        text: "Your new password applies at once. You will be signed out on all devices.",
    },
    reset_failed: Page {
        title: "This link is no longer valid",
        text: "It has already been used, was replaced by a newer one or is older than 1 hour.",
    },
    reset_failed_day: Page {
        title: "This link is no longer valid",
        text: "It has already been used, was replaced by a newer one or is older than 24 hours.",
    },
    reset_failed_email: "Enter your email address and we will send you a new one.",
    password: "New password",
    password_again: "Repeat new password",
    password_hint: "At least 8 characters. A few unrelated words make a good password.",
    password_hint_kinds: "At least 8 characters, among them an upper and a lower case letter, a digit and one of #?!@$%^&*-",
    reset_button: "Save password",
    reset_error: ResetErrors {
        too_short: "This password is too short. Please use at least 8 characters.",
        too_common: "This password is too easy to guess. Please choose another one.",
        too_long: "This password is too long. Please choose a shorter one.",
        unchanged: "This is your present password. Please choose another one.",
        kinds_missing: "This password needs upper and lower case letters, a digit and one of #?!@$%^&*-",
        recent: "This was one of your last five passwords. Please choose another one.",
        different: "The two passwords differ. Please enter the same one twice.",
    },
    outcome: Outcomes {
        activated: Page {
            title: "Your address is confirmed",
            text: "Thank you! You can close this page and sign in.",
        },
        resend_done: Page {
            title: "Please check your inbox",
            text: "If an account with this address is waiting for confirmation, an email with a new link is on its way. \
                   It may take a few minutes; please look in your spam folder too.",
        },
        forgot_done: Page {
            title: "Please check your inbox",
            text: "If there is an account with this address, an email with a link is on its way. The link is valid for 1 hour. \
                   It may take a few minutes; please look in your spam folder too.",
        },
        reset_done: Page {
            title: "Your password is saved",
            text: "You can close this page and sign in with your new password.",
        },
        not_found: Page {
            title: "Page not found",
            text: "There is nothing at this address. Please check whether the link is complete.",
        },
        bad_request: Page {
            title: "That did not work",
            text: "Something in the request was missing or incorrect. Please go back, check what you entered and try again.",
        },
        too_many: Page {
            title: "A short break, please",
            text: "There were too many attempts in a short time. Please wait a little and try again.",
        },
        unavailable: Page {
            title: "We will be right back",
            text: "The service cannot be reached at the moment. Please try again in a few minutes.",
        },
        internal: Page {
            title: "Something went wrong",
            text: "The fault is ours, not yours. Please try again in a few minutes.",
        },
    },
};
