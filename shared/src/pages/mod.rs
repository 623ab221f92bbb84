//! Pages for people who follow a mailed link: what they look like, in four languages and without script, how they are answered,
//! and whose forms are taken.
//!
//! Owns no route: which page is shown, and what a form does, is up to the function that shows it.

mod answer;
mod host;
mod view;
mod wording;

pub use answer::{Reader, render_fault};
pub use host::{PageHost, link_fields};
pub use view::{
    ActivateFailedPage, ActivatePage, ForgotPage, FormTarget, NewLink, Outcome, PasswordHint,
    ResetError, ResetFailedPage, ResetPage,
};
