//! Pages for people: what they look like, in four languages and without script, how they are answered, and whose forms are taken.
//!
//! Owns no route: which page is shown, and what a form does, is up to the function that shows it.

mod answer;
mod host;
mod theme;
mod view;
mod wording;

pub use answer::{Reader, render_fault};
pub use host::{FormTokens, PAGES_COOKIE, PageHost, link_fields, own_link_fields};
pub use theme::{Color, Theme};
pub use view::{
    ActivateFailedPage, ActivatePage, AuthenticatorPage, CodeError, CodePage, ConfirmEmailPage,
    ForgotPage, FormTarget, NewLink, Notice, Outcome, PasswordHint, Problem, ProfilePage,
    RecoveryCodesPage, ResetError, ResetFailedPage, ResetPage, Section, SecurityPage, SessionsPage,
    SignInError, SignInNotice, SignInPage, SignUpError, SignUpPage, Why,
};
