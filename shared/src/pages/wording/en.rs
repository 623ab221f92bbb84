//! The hosted pages in English.

use super::{
    Authenticator, Navigation, Notices, Outcomes, Page, Profile, RecoveryCodes, ResetErrors,
    Security, Sessions, SignIn, SignUp, Wording,
};

pub(super) const WORDING: Wording = Wording {
    own_name: "English",
    email: "Email address",
    invalid_email: "This is not an email address we can use. Please check it.",
    first_name: "First name",
    last_name: "Last name",
    name_too_long: "This name is too long. Please use at most 128 characters.",
    save: "Save",
    remove: "Remove",
    sign_in: SIGN_IN,
    sign_up: SignUp {
        page: Page {
            title: "Create an account",
            text: "It takes a minute. We will send you an email to confirm your address.",
        },
        button: "Create account",
        have_account: "I have an account already",
        email_taken: "This email address has an account already. Please sign in instead.",
    },
    navigation: Navigation {
        skip: "Skip to content",
        label: "Account",
        profile: "Profile",
        security: "Security",
        sessions: "Sessions",
        sign_out: "Sign out",
    },
    profile: PROFILE,
    security: SECURITY,
    authenticator: Authenticator {
        page: Page {
            title: "Set up an authenticator app",
            text: "Scan this picture with your authenticator app. Then enter the code that it shows.",
        },
        picture: "QR code for your authenticator app",
        by_hand: "If you cannot scan it, type this key into the app:",
        button: "Turn on",
        cancel: "Cancel",
    },
    recovery_codes: RecoveryCodes {
        page: Page {
            title: "Keep these recovery codes",
            text: "Each of them replaces your authenticator app once. Print them or keep them in a safe place: we cannot show them again.",
        },
        done: "I have saved them",
    },
    sessions: SESSIONS,
    notices: Notices {
        saved: "Saved.",
        password_changed: "Your password is changed. You are signed out everywhere else.",
        email_sent: "Please check the inbox of your new address: the change applies once you have opened the link in our email.",
        factor_on: "The authenticator app is on. You are signed out everywhere else.",
        factor_off: "The authenticator app is off. You are signed out everywhere else.",
        session_ended: "The session has ended.",
        sessions_ended: "You are signed out everywhere else.",
    },
    confirm_email: Page {
        title: "Use this email address",
        text: "One click and your account uses this address. You will be signed out everywhere and sign in with it again.",
    },
    activate: Page {
        title: "Confirm your email address",
        text: "One click and your account is ready to use.",
    },
    activate_button: "Confirm email address",
    activate_failed: Page {
        title: "This link is no longer valid",
        text: "It has already been used, was replaced by a newer one or has expired. If your address is confirmed, \
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
        text: "It has already been used, was replaced by a newer one or has expired.",
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
        email_changed: Page {
            title: "Your email address is changed",
            text: "Please sign in with your new address from now on.",
        },
        link_over: Page {
            title: "This link is no longer valid",
            text: "It has already been used, was replaced by a newer one or has expired. You can ask for a new one on the security page of your account.",
        },
        sign_up_done: Page {
            title: "Please check your inbox",
            text: "We have sent you an email. Open the link in it to confirm your address; it may take a few minutes, and please look in your spam folder too.",
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
            text: "Something in the request was missing, incorrect or outdated. Please go back, reload the page and try again.",
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

const SIGN_IN: SignIn = SignIn {
    page: Page {
        title: "Sign in",
        text: "Welcome back.",
    },
    new_password: Page {
        title: "Choose a new password",
        text: "Before you go on, please replace your password with one that only you know.",
    },
    code_of_authenticator: Page {
        title: "Enter your code",
        text: "Open your authenticator app and enter the six digits it shows, or use one of your recovery codes.",
    },
    code_by_sms: Page {
        title: "Enter your code",
        text: "We have sent a code to your phone by text message.",
    },
    code_by_email: Page {
        title: "Enter your code",
        text: "We have sent a code to your email address.",
    },
    password: "Password",
    button: "Sign in",
    forgot: "Forgot your password?",
    sign_up: "Create an account",
    link: "Back to sign-in",
    code: "Code",
    resend: "Send the code again",
    resent: "The code is on its way again.",
    start_over: "Start over",
    signed_up: "Your account is ready. Please sign in.",
    signed_out: "You are signed out.",
    deleted: "Your account is deleted.",
    wrong: "Email address or password is wrong. Please try again.",
    not_activated: "Please confirm your email address first: open the link in the email we sent you.",
    suspended: "This account is suspended. Please contact the people who run the service.",
    over: "The time to enter the code is over, or there were too many tries. Please sign in again.",
    wrong_code: "This code is not right, or it was used before. Please enter a new one.",
    too_soon: "A code was sent just now. Please wait half a minute before you ask for another.",
};

const PROFILE: Profile = Profile {
    page: Page {
        title: "Your profile",
        text: "What others may see of you, and the language we write to you in.",
    },
    picture: "Picture",
    your_picture: "Your picture",
    choose_picture: "Choose a picture",
    picture_hint: "PNG, JPEG, GIF or WebP, at most 2 MB. It is scaled down to 256 pixels.",
    upload: "Upload",
    remove_picture: "Remove picture",
    bad_picture: "This file is not a picture we can use. Please choose a PNG, JPEG, GIF or WebP of at most 2 MB.",
    details: "Name and language",
    language: "Language",
    attributes: "Attributes",
    attributes_text: "Short notes that apps keep about you, each under a name.",
    key: "Name",
    text: "Value",
    add: "Add",
    bad_attribute: "A name has 1 to 128 characters, a value at most 4096. Please shorten it.",
    attributes_full: "There is no room for more. Please remove something first.",
};

const SECURITY: Security = Security {
    page: Page {
        title: "Security",
        text: "How you sign in, and how you get back in.",
    },
    change_password: "Change password",
    change_password_text: "You stay signed in here and are signed out everywhere else.",
    present_password: "Present password",
    wrong_password: "The present password is wrong. Please try again.",
    email_text: "Your email address is",
    new_email: "New email address",
    change_email: "Change email address",
    factor: "Two-step sign-in",
    factor_off: "Off. With an authenticator app, nobody gets in with your password alone.",
    factor_on: "On: we ask for a code of your authenticator app after your password.",
    factor_sms: "On: we send you a code by text message after your password.",
    factor_email: "On: we send you a code by email after your password.",
    add_factor: "Set up an authenticator app",
    remove_factor: "Turn off the authenticator app",
    code_or_recovery: "Code or recovery code",
    delete: "Delete account",
    delete_text: "This removes your account and all that belongs to it, at once and for good.",
    delete_button: "Delete my account",
    last_root: "This account is the last of its kind and cannot be deleted before there is another root.",
};

const SESSIONS: Sessions = Sessions {
    page: Page {
        title: "Sessions",
        text: "Where you are signed in.",
    },
    account_pages: "Account pages",
    website: "Website",
    app: "App",
    present: "This session",
    signed_in: "Signed in",
    used: "Last used",
    end: "Sign out",
    others: "Everywhere else",
    others_text: "Signs you out of all other sessions at once. You stay signed in here.",
    end_others: "Sign out everywhere else",
};
