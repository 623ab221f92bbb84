//! The hosted pages as HTML, in the four languages of our messages.
//!
//! Owns what a page shows. Does not choose the page, say where its forms lead, read one or set a header. Everything set into a
//! page is escaped by askama; a page has no script and loads nothing, and its one stylesheet stands inline so that the
//! Content-Security-Policy can name its hash.

use askama::Template;

use super::wording::{Page, Wording};
use crate::domain::{LinkLifetime, MessageLanguage, WeakPassword};

/// The stylesheet exactly as it stands between `<style>` and `</style>`.
pub(super) const STYLE: &str = include_str!("../../templates/pages/style.css");

/// Confirms an address with the code of a mailed link, or leads to a new link.
#[derive(Template)]
#[template(path = "pages/activate.html")]
pub struct ActivatePage<'a> {
    /// The reader's.
    pub language: MessageLanguage,
    /// What the platform is called.
    pub service: &'a str,
    /// What the button sends.
    pub form: FormTarget<'a>,
    /// For whoever has lost patience with this link.
    pub new_link: NewLink<'a>,
}

/// Where a form leads, and what it carries unseen: what the link held, of which nothing is judged before it is sent back. No
/// `Debug`: it holds a secret.
#[derive(Clone)]
pub struct FormTarget<'a> {
    /// A path, or one from the page's own place. Of the page's origin: the policy lets forms lead to no other.
    pub action: &'a str,
    /// Names and values.
    pub hidden: Vec<(&'a str, &'a str)>,
}

/// How a reader comes by a new link.
#[derive(Debug, Clone, Copy)]
pub enum NewLink<'a> {
    /// By a form on the page, which sends an `email` to this path of the page's origin.
    Form(&'a str),
    /// By another page, at this URL, which may be of another origin.
    Page(&'a str),
}

/// The link to confirm an address does not count any more; leads to a new one.
#[derive(Template)]
#[template(path = "pages/activate-failed.html")]
pub struct ActivateFailedPage<'a> {
    /// The reader's.
    pub language: MessageLanguage,
    /// What the platform is called.
    pub service: &'a str,
    /// Where to get another.
    pub new_link: NewLink<'a>,
}

/// Asks where to send the link to set a new password.
#[derive(Template)]
#[template(path = "pages/forgot.html")]
pub struct ForgotPage<'a> {
    /// The reader's.
    pub language: MessageLanguage,
    /// What the platform is called.
    pub service: &'a str,
    /// Where the form sends the address, as `email`: a path of the page's origin.
    pub action: &'a str,
}

/// Takes a new password from the holder of a mailed link.
#[derive(Template)]
#[template(path = "pages/reset.html")]
pub struct ResetPage<'a> {
    /// The reader's.
    pub language: MessageLanguage,
    /// What the platform is called.
    pub service: &'a str,
    /// Where the form leads.
    pub form: FormTarget<'a>,
    /// What the two inputs for the password are called.
    pub password_fields: [&'a str; 2],
    /// What the password has to be like.
    pub hint: PasswordHint,
    /// Why the last try was not taken.
    pub error: Option<ResetError>,
}

/// What a new password has to be like, as the page tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordHint {
    /// Long enough.
    Length,
    /// Long enough, and with characters of four kinds (document 001).
    Kinds,
}

/// Why a new password was not taken. The link stays usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetError {
    /// It needs 8 characters.
    TooShort,
    /// It is among the first that an attacker would try.
    TooCommon,
    /// Nobody's password is that long.
    TooLong,
    /// It is the present one.
    Unchanged,
    /// A kind of character is missing (document 001).
    KindsMissing,
    /// It is one of the last five (document 001).
    Recent,
    /// The two inputs are not the same.
    Different,
}

/// The link to set a new password does not count any more; leads to a new one.
#[derive(Template)]
#[template(path = "pages/reset-failed.html")]
pub struct ResetFailedPage<'a> {
    /// The reader's.
    pub language: MessageLanguage,
    /// What the platform is called.
    pub service: &'a str,
    /// How long it counted.
    pub lifetime: LinkLifetime,
    /// Where to get another.
    pub new_link: NewLink<'a>,
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
pub enum Outcome {
    /// The address is confirmed.
    Activated,
    /// The answer to every request for a new link, whether or not an account waits for one.
    ResendDone,
    /// The answer to every request to set a new password, whether or not there is an account.
    ForgotDone,
    /// The new password is set.
    ResetDone,
    /// There is no such page.
    NotFound,
    /// The request cannot be understood.
    BadRequest,
    /// There were too many.
    TooMany,
    /// The platform cannot do it at the moment.
    Unavailable,
    /// The platform has a fault.
    Internal,
}

impl ActivatePage<'_> {
    fn page(&self) -> &'static Page {
        &Wording::of(self.language).activate
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
        let words = Wording::of(self.language);
        match self.lifetime {
            LinkLifetime::Hour => &words.reset_failed,
            LinkLifetime::Day | LinkLifetime::Week => &words.reset_failed_day,
        }
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
            WeakPassword::TooCommon => Self::TooCommon,
            WeakPassword::Unchanged => Self::Unchanged,
            WeakPassword::MissingKinds => Self::KindsMissing,
            WeakPassword::Reused => Self::Recent,
        }
    }
}

impl PasswordHint {
    fn text(self, wording: &Wording) -> &'static str {
        match self {
            Self::Length => wording.password_hint,
            Self::Kinds => wording.password_hint_kinds,
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
            Self::KindsMissing => wording.reset_error.kinds_missing,
            Self::Recent => wording.reset_error.recent,
            Self::Different => wording.reset_error.different,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const HOSTILE: &str = r#""><script>alert('1')</script>&"#;
    const ERRORS: [Option<ResetError>; 8] = [
        None,
        Some(ResetError::TooShort),
        Some(ResetError::TooCommon),
        Some(ResetError::TooLong),
        Some(ResetError::Unchanged),
        Some(ResetError::KindsMissing),
        Some(ResetError::Recent),
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
        let in_every_language = MessageLanguage::ALL.into_iter().flat_map(|language| {
            let mut pages = activation_pages(language, value);
            pages.extend(reset_pages(language, value));
            pages.extend(OUTCOMES.map(|outcome| {
                let page = MessagePage {
                    language,
                    service: value,
                    outcome,
                };
                (format!("message-{outcome:?}"), page.render())
            }));
            let named = move |(name, html): Rendered| (name, language, html.expect("renders"));
            pages.into_iter().map(named)
        });
        in_every_language.collect()
    }

    type Rendered = (String, askama::Result<String>);

    fn ways(value: &str) -> [NewLink<'_>; 2] {
        [NewLink::Form(value), NewLink::Page(value)]
    }

    fn activation_pages(language: MessageLanguage, value: &str) -> Vec<Rendered> {
        let service = value;
        let forms = [vec![("code", value)], vec![("uid", value), (value, value)]];
        let mut pages = Vec::new();
        for new_link in ways(value) {
            for hidden in forms.clone() {
                let name = format!("activate-{new_link:?}-{}", hidden.len());
                let form = FormTarget {
                    action: value,
                    hidden,
                };
                let page = ActivatePage {
                    language,
                    service,
                    form,
                    new_link,
                };
                pages.push((name, page.render()));
            }
            let page = ActivateFailedPage {
                language,
                service,
                new_link,
            };
            pages.push((format!("activate-failed-{new_link:?}"), page.render()));
        }
        pages
    }

    fn reset_pages(language: MessageLanguage, value: &str) -> Vec<Rendered> {
        let service = value;
        let forgot = ForgotPage {
            language,
            service,
            action: value,
        };
        let mut pages = vec![("forgot".to_owned(), forgot.render())];
        for hint in [PasswordHint::Length, PasswordHint::Kinds] {
            pages.extend(ERRORS.map(|error| {
                let page = ResetPage {
                    language,
                    service,
                    form: FormTarget {
                        action: value,
                        hidden: vec![("uid", value), (value, value)],
                    },
                    password_fields: ["password1", "password2"],
                    hint,
                    error,
                };
                (format!("reset-{error:?}-{hint:?}"), page.render())
            }));
        }
        for new_link in ways(value) {
            pages.extend([LinkLifetime::Hour, LinkLifetime::Day].map(|lifetime| {
                let page = ResetFailedPage {
                    language,
                    service,
                    lifetime,
                    new_link,
                };
                let name = format!("reset-failed-{lifetime:?}-{new_link:?}");
                (name, page.render())
            }));
        }
        pages
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

    /// The page from its heading on.
    fn main_part(page: &impl Template) -> String {
        let html = page.render().expect("renders");
        let (_, main) = html.split_once("<h1>").expect("a heading");
        let (main, _) = main.split_once("</main>").expect("its end");
        main.to_owned()
    }

    #[test]
    fn a_form_leads_where_it_is_told_and_carries_what_it_is_told() {
        let page = ResetPage {
            language: MessageLanguage::En,
            service: "Gatehouse",
            form: FormTarget {
                action: "actionLink",
                hidden: vec![("action", "password_reset"), ("id", "c0de")],
            },
            password_fields: ["password1", "password2"],
            hint: PasswordHint::Kinds,
            error: Some(ResetError::Recent),
        };
        assert_eq!(
            main_part(&page),
            r#"Set a new password</h1>
<p class="lead">Your new password applies at once. You will be signed out on all devices.</p>
<form method="post" action="actionLink">
<p class="error" id="error" role="alert">This was one of your last five passwords. Please choose another one.</p>
<input type="hidden" name="action" value="password_reset">
<input type="hidden" name="id" value="c0de">
<label for="password1">New password</label>
<input id="password1" name="password1" type="password" autocomplete="new-password" required aria-invalid="true" aria-describedby="error hint">
<p class="hint" id="hint">At least 8 characters, among them an upper and a lower case letter, a digit and one of #?!@$%^&#38;*-</p>
<label for="password2">Repeat new password</label>
<input id="password2" name="password2" type="password" autocomplete="new-password" required aria-invalid="true" aria-describedby="error hint">
<button>Save password</button>
</form>
"#
        );
    }

    #[test]
    fn a_new_link_of_another_page_is_a_link_and_no_form() {
        let page = ResetFailedPage {
            language: MessageLanguage::En,
            service: "Gatehouse",
            lifetime: LinkLifetime::Day,
            new_link: NewLink::Page("https://ui.example.com/reset-password"),
        };
        assert_eq!(
            main_part(&page),
            r#"This link is no longer valid</h1>
<p class="lead">It has already been used, was replaced by a newer one or is older than 24 hours.</p>
<section>
<a href="https://ui.example.com/reset-password">Get a new link</a>
</section>
"#
        );
    }

    #[test]
    fn no_two_pages_are_the_same() {
        let pages = every_page("Gatehouse");
        let different: BTreeSet<&String> = pages.iter().map(|(_, _, html)| html).collect();
        assert_eq!(different.len(), pages.len());
    }
}
