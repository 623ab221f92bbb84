//! The hosted pages as HTML, in the four languages of our messages.
//!
//! Owns what a page shows and where its forms lead. Does not choose the page, read a form or set a header. Everything set into a
//! page is escaped by askama; a page has no script and loads nothing, and its one stylesheet stands inline so that the
//! Content-Security-Policy can name its hash.

use askama::Template;
use shared::domain::{MessageLanguage, WeakPassword};

use super::wording::{Page, Wording};

/// The stylesheet exactly as it stands between `<style>` and `</style>`.
pub(super) const STYLE: &str = include_str!("../../templates/pages/style.css");

/// Confirms an address with the code of a mailed link, or asks for a new link.
#[derive(Template)]
#[template(path = "pages/activate.html")]
pub(super) struct ActivatePage<'a> {
    pub(super) language: MessageLanguage,
    pub(super) service: &'a str,
    pub(super) link: ActivationLink<'a>,
}

/// What the mailed link carries: as long as it is not sent back, nothing of it is judged.
#[derive(Clone, Copy)]
pub(super) enum ActivationLink<'a> {
    Code(&'a str),
    /// That of document 002, which names the account beside the code.
    Rbac {
        uid: &'a str,
        code: &'a str,
    },
}

/// The link to confirm an address does not count any more; asks for a new one.
#[derive(Template)]
#[template(path = "pages/activate-failed.html")]
pub(super) struct ActivateFailedPage<'a> {
    pub(super) language: MessageLanguage,
    pub(super) service: &'a str,
}

/// Asks where to send the link to set a new password.
#[derive(Template)]
#[template(path = "pages/forgot.html")]
pub(super) struct ForgotPage<'a> {
    pub(super) language: MessageLanguage,
    pub(super) service: &'a str,
}

/// Takes a new password from the holder of a mailed link.
#[derive(Template)]
#[template(path = "pages/reset.html")]
pub(super) struct ResetPage<'a> {
    pub(super) language: MessageLanguage,
    pub(super) service: &'a str,
    pub(super) uid: &'a str,
    pub(super) token: &'a str,
    /// Why the last try was not taken.
    pub(super) error: Option<ResetError>,
}

/// Why a new password was not taken. The link stays usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResetError {
    TooShort,
    TooCommon,
    TooLong,
    Unchanged,
    /// The two inputs are not the same.
    Different,
}

/// The link to set a new password does not count any more; asks where to send a new one.
#[derive(Template)]
#[template(path = "pages/reset-failed.html")]
pub(super) struct ResetFailedPage<'a> {
    pub(super) language: MessageLanguage,
    pub(super) service: &'a str,
}

/// Says how it went where there is no form to fill in.
#[derive(Template)]
#[template(path = "pages/message.html")]
pub(super) struct MessagePage<'a> {
    pub(super) language: MessageLanguage,
    pub(super) service: &'a str,
    pub(super) outcome: Outcome,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The address is confirmed.
    Activated,
    /// The answer to every request for a new link, whether or not an account waits for one.
    ResendDone,
    /// The answer to every request to set a new password, whether or not there is an account.
    ForgotDone,
    /// The new password is set.
    ResetDone,
    NotFound,
    BadRequest,
    TooMany,
    Unavailable,
    Internal,
}

impl ActivatePage<'_> {
    fn page(&self) -> &'static Page {
        &Wording::of(self.language).activate
    }
}

impl<'a> ActivationLink<'a> {
    fn path(&self) -> &'static str {
        match self {
            Self::Code(_) => "/activate",
            Self::Rbac { .. } => "/rbac-activate",
        }
    }

    fn uid(&self) -> Option<&'a str> {
        match self {
            Self::Code(_) => None,
            Self::Rbac { uid, .. } => Some(uid),
        }
    }

    fn code(&self) -> &'a str {
        match self {
            Self::Code(code) | Self::Rbac { code, .. } => code,
        }
    }
}

impl ActivateFailedPage<'_> {
    fn page(&self) -> &'static Page {
        &Wording::of(self.language).activate_failed
    }
}

impl ForgotPage<'_> {
    fn page(&self) -> &'static Page {
        &Wording::of(self.language).forgot
    }
}

impl ResetPage<'_> {
    fn page(&self) -> &'static Page {
        &Wording::of(self.language).reset
    }
}

impl ResetFailedPage<'_> {
    fn page(&self) -> &'static Page {
        &Wording::of(self.language).reset_failed
    }
}

impl MessagePage<'_> {
    fn page(&self) -> &'static Page {
        let pages = &Wording::of(self.language).outcome;
        match self.outcome {
            Outcome::Activated => &pages.activated,
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

impl From<WeakPassword> for ResetError {
    fn from(weak: WeakPassword) -> Self {
        match weak {
            WeakPassword::TooShort => Self::TooShort,
            WeakPassword::TooLong => Self::TooLong,
            WeakPassword::TooCommon | WeakPassword::MissingKinds => Self::TooCommon,
            WeakPassword::Unchanged | WeakPassword::Reused => Self::Unchanged,
        }
    }
}

impl ResetError {
    fn text(self, wording: &Wording) -> &'static str {
        match self {
            Self::TooShort => wording.reset_error.too_short,
            Self::TooCommon => wording.reset_error.too_common,
            Self::TooLong => wording.reset_error.too_long,
            Self::Unchanged => wording.reset_error.unchanged,
            Self::Different => wording.reset_error.different,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const HOSTILE: &str = r#""><script>alert('1')</script>&"#;
    const ERRORS: [Option<ResetError>; 6] = [
        None,
        Some(ResetError::TooShort),
        Some(ResetError::TooCommon),
        Some(ResetError::TooLong),
        Some(ResetError::Unchanged),
        Some(ResetError::Different),
    ];
    const OUTCOMES: [Outcome; 9] = [
        Outcome::Activated,
        Outcome::ResendDone,
        Outcome::ForgotDone,
        Outcome::ResetDone,
        Outcome::NotFound,
        Outcome::BadRequest,
        Outcome::TooMany,
        Outcome::Unavailable,
        Outcome::Internal,
    ];

    /// Every page in every state, with its name and language, set around `value`.
    fn every_page(value: &str) -> Vec<(String, MessageLanguage, String)> {
        let service = value;
        MessageLanguage::ALL
            .into_iter()
            .flat_map(|language| {
                let mut pages = vec![
                    (
                        "activate".to_owned(),
                        ActivatePage {
                            language,
                            service,
                            link: ActivationLink::Code(value),
                        }
                        .render(),
                    ),
                    (
                        "rbac-activate".to_owned(),
                        ActivatePage {
                            language,
                            service,
                            link: ActivationLink::Rbac {
                                uid: value,
                                code: value,
                            },
                        }
                        .render(),
                    ),
                    (
                        "activate-failed".to_owned(),
                        ActivateFailedPage { language, service }.render(),
                    ),
                    (
                        "forgot".to_owned(),
                        ForgotPage { language, service }.render(),
                    ),
                    (
                        "reset-failed".to_owned(),
                        ResetFailedPage { language, service }.render(),
                    ),
                ];
                pages.extend(ERRORS.map(|error| {
                    let page = ResetPage {
                        language,
                        service,
                        uid: value,
                        token: value,
                        error,
                    };
                    (format!("reset-{error:?}"), page.render())
                }));
                pages.extend(OUTCOMES.map(|outcome| {
                    (
                        format!("message-{outcome:?}"),
                        MessagePage {
                            language,
                            service,
                            outcome,
                        }
                        .render(),
                    )
                }));
                pages
                    .into_iter()
                    .map(move |(name, html)| (name, language, html.expect("renders")))
            })
            .collect()
    }

    #[test]
    fn a_page_has_one_heading_and_names_its_language_and_service() {
        for (name, language, html) in every_page("Gatehouse") {
            assert!(html.starts_with("<!doctype html>\n"), "{name}: {html}");
            assert!(
                html.contains(&format!("<html lang=\"{}\">", language.as_str())),
                "{name}"
            );
            assert_eq!(html.matches("<h1").count(), 1, "{name}");
            assert!(html.contains(" · Gatehouse</title>"), "{name}");
        }
    }

    #[test]
    fn a_page_loads_nothing_and_runs_nothing() {
        for (name, _, html) in every_page("Gatehouse") {
            for forbidden in [
                "<script",
                "http://",
                "https://",
                "src=",
                "url(",
                "@import",
                " style=",
                " onclick=",
            ] {
                assert!(!html.contains(forbidden), "{name}: {forbidden}");
            }
        }
    }

    #[test]
    fn the_stylesheet_stands_in_the_page_as_it_is_hashed() {
        for (name, _, html) in every_page("Gatehouse") {
            let (_, rest) = html.split_once("<style>").expect("a stylesheet");
            let (style, rest) = rest.split_once("</style>").expect("its end");
            assert_eq!(style, STYLE, "{name}");
            assert!(!rest.contains("<style"), "{name}");
        }
    }

    #[test]
    fn hostile_values_are_escaped() {
        for ((name, _, hostile), (_, _, harmless)) in
            every_page(HOSTILE).iter().zip(every_page("x"))
        {
            for delimiter in ["<", ">", "\""] {
                assert_eq!(
                    hostile.matches(delimiter).count(),
                    harmless.matches(delimiter).count(),
                    "{name}: {delimiter}"
                );
            }
            assert!(hostile.contains("&#34;&#62;&#60;script&#62;"), "{name}");
        }
    }

    #[test]
    fn every_visible_input_has_a_label_and_a_purpose() {
        for (name, _, html) in every_page("Gatehouse") {
            for input in html
                .split("<input ")
                .skip(1)
                .filter(|input| !input.starts_with("type=\"hidden\""))
            {
                let tag = input.split('>').next().unwrap_or_default();
                let id = tag
                    .strip_prefix("id=\"")
                    .and_then(|rest| rest.split('"').next())
                    .expect("an id");
                assert!(
                    html.contains(&format!("<label for=\"{id}\">")),
                    "{name}: {id}"
                );
                assert!(tag.contains(" autocomplete="), "{name}: {id}");
            }
        }
    }

    #[test]
    fn a_refused_password_is_announced_and_bound_to_the_inputs() {
        for (name, _, html) in every_page("Gatehouse") {
            let refused = name.starts_with("reset-Some");
            assert_eq!(
                html.contains("id=\"error\" role=\"alert\""),
                refused,
                "{name}"
            );
            let bound = html.matches("aria-describedby=\"error hint\"").count();
            assert_eq!(bound, if refused { 2 } else { 0 }, "{name}");
        }
    }

    #[test]
    fn no_two_pages_are_the_same() {
        let pages = every_page("Gatehouse");
        let different: BTreeSet<&String> = pages.iter().map(|(_, _, html)| html).collect();
        assert_eq!(different.len(), pages.len());
    }
}
