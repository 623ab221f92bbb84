//! The mails in English.

use super::{Message, Wording};

pub(super) const WORDING: Wording = Wording {
    greeting: "Hello,",
    open_link: "Please open this link:",
    instead_of_button: "If the button does not work, open this link:",
    footer: "This email was sent automatically. We never ask for your password by email.",
    activation: ACTIVATION,
    activation_week: Message {
        validity: "The link is valid for 7 days and works once.",
        ..ACTIVATION
    },
    mailed_password: Message {
        title: "Your new password",
        lead: "You asked for a new password. Please sign in with it and then choose one of your own.",
        action: "Your new password:",
        validity: "It is valid for 1 hour. Until you first sign in with it, your old password keeps working.",
        unasked: "If you did not ask for this, you can simply ignore this email: your password stays as it is.",
    },
    sign_in_code: Message {
        title: "Your sign-in code",
        lead: "You are signing in. Please enter this code to prove that it is you.",
        action: "Your code:",
        validity: "It is valid for 5 minutes. Never share it with anyone.",
        unasked: "If you are not signing in, someone else knows your password: please set a new one.",
    },
    password_reset: PASSWORD_RESET,
    password_reset_day: Message {
        validity: "The link is valid for 24 hours and works once.",
        ..PASSWORD_RESET
    },
    password_reset_code: Message {
        title: "Your code for a new password",
        lead: "You asked to reset your password. Please enter this code where you asked for it, and choose a new password there.",
        action: "Your code:",
        validity: "It is valid for 15 minutes and works once. Never share it with anyone.",
        unasked: "If you did not ask for this, you can simply ignore this email: your password stays as it is.",
    },
    invitation: Message {
        title: "You are an administrator now",
        lead: "An administrator’s account was set up for you under this email address. Choose a password to sign in with.",
        action: "Choose a password",
        validity: "The link is valid for 24 hours and works once. After that, ask for a new one on the page where it leads.",
        unasked: "If you did not expect this, please contact the people who run the service. Without the link, nobody can sign in to the account.",
    },
    email_change: Message {
        title: "Confirm your new email address",
        lead: "You want to use this email address for your account. Please confirm that it is yours. From then on you sign in \
               with it, and mails about the account come here.",
        action: "Confirm new address",
        validity: "The link is valid for 24 hours and works once. After that, please sign in again on all your devices.",
        unasked: "If you did not ask for this, you can simply ignore this email: without the link, no account gets your address.",
    },
    email_changed: Message {
        title: "Your email address was changed",
        lead: "The account that used this email address now has another one. Mails about the account go there from now on.",
        action: "",
        validity: "This address no longer belongs to the account; you need not do anything.",
        unasked: "If you did not expect this change, please contact the people who run the service.",
    },
    password_changed: Message {
        title: "Your password was changed",
        lead: "The password of your account was changed, and all other devices were signed out. If it was not you, please set a \
               new password at once.",
        action: "Set a new password",
        validity: "If it was you, you need not do anything.",
        unasked: "If you did not change your password, please also contact the people who run the service.",
    },
    already_registered: Message {
        title: "You already have an account",
        lead: "Someone, perhaps you, has just signed up with this email address. It has an account already, so no new one was \
               made. Please sign in as usual. If you have forgotten your password, you can set a new one here.",
        action: "Set a new password",
        validity: "Your password stays as it is until you set a new one.",
        unasked: "If it was not you, you can simply ignore this email: nothing about your account has changed.",
    },
    second_factor_notice: Message {
        title: "Your second factor was changed",
        lead: "The second factor of your account was changed: it was turned on, turned off or reset.",
        action: "",
        validity: "If it was you, you need not do anything.",
        unasked: "If it was not you, please set a new password at once and contact the people who run the service.",
    },
    lockout_notice: Message {
        title: "We are protecting your account",
        lead: "Someone has entered many wrong passwords for your account. To protect it, we now accept sign-ins only from places \
               where you have signed in before. If you cannot sign in yourself, please set a new password.",
        action: "Set a new password",
        validity: "The protection stays on until you have set a new password. You can do so at any time.",
        unasked: "If it was not you and you can still sign in, you can simply ignore this email: your password stays as it is.",
    },
};

const ACTIVATION: Message = Message {
    title: "Confirm your email address",
    lead: "Welcome! Please confirm that this email address is yours. Your account is then ready to use.",
    action: "Confirm email address",
    validity: "The link is valid for 24 hours and works once.",
    unasked: "If you did not sign up, you can simply ignore this email.",
};

const PASSWORD_RESET: Message = Message {
    title: "Set a new password",
    lead: "You asked to reset your password. Here you can choose a new one.",
    action: "Set a new password",
    validity: "The link is valid for 1 hour and works once.",
    unasked: "If you did not ask for this, you can simply ignore this email: your password stays as it is.",
};
