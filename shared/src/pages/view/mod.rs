//! The hosted pages as HTML, in the four languages of our messages.
//!
//! Owns what a page shows. Does not choose the page, say where the forms of links lead, read one or set a header. Everything set
//! into a page is escaped by askama; a page has no script and loads nothing but our own pictures, and its one stylesheet stands
//! inline so that the Content-Security-Policy can name its hash.

mod account;
mod links;
mod message;
mod sign_in;

pub use account::{
    AuthenticatorPage, Notice, Problem, ProfilePage, RecoveryCodesPage, Section, SecurityPage,
    SessionsPage, Why,
};
pub use links::{
    ActivateFailedPage, ActivatePage, ConfirmEmailPage, ForgotPage, FormTarget, NewLink,
    PasswordHint, ResetError, ResetFailedPage, ResetPage,
};
pub(super) use message::MessagePage;
pub use message::Outcome;
pub use sign_in::{
    CodeError, CodePage, SignInError, SignInNotice, SignInPage, SignUpError, SignUpPage,
};
