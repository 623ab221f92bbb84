//! What holds for every page.

mod every_page;

use std::collections::BTreeSet;

use askama::Template;

use super::super::PageHost;
use super::super::answer::reader_of;
use super::super::theme::Theme;
use super::*;
use crate::domain::MessageLanguage;
use every_page::{every_page, link_pages};

const HOSTILE: &str = r#""><script>alert('1')</script>&"#;

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
fn a_page_loads_nothing_of_others_and_runs_nothing() {
    for (name, _, html) in every_page("Gatehouse") {
        for forbidden in [
            "<script",
            "http://",
            "https://",
            "src=\"//",
            "url(",
            "@import",
            " style=",
            " onclick=",
            "<iframe",
        ] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[test]
fn hostile_values_are_escaped() {
    for ((name, _, hostile), (_, _, harmless)) in every_page(HOSTILE).iter().zip(every_page("x")) {
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
fn every_form_carries_a_token() {
    for (name, _, html) in every_page("Gatehouse") {
        let forms: Vec<_> = html.split("<form ").skip(1).collect();
        for form in forms {
            let (form, _) = form.split_once("</form>").expect("its end");
            assert!(form.contains("method=\"post\""), "{name}: {form}");
            let tokens = form.matches("name=\"form_token\"").count();
            assert_eq!(tokens, 1, "{name}: {form}");
        }
    }
}

#[test]
fn a_form_of_another_function_carries_none() {
    let host = PageHost::new("Gatehouse", &Theme::default(), &[]);
    let reader = reader_of(&host, MessageLanguage::En);
    for (name, html) in link_pages(&reader, "x") {
        assert!(!html.contains("form_token"), "{name}");
    }
}

#[test]
fn every_visible_input_has_a_label_of_its_own() {
    for (name, _, html) in every_page("Gatehouse") {
        let mut ids = BTreeSet::new();
        let inputs = html.split("<input ").skip(1);
        let selects = html.split("<select ").skip(1);
        for input in inputs.chain(selects) {
            let tag = input.split('>').next().unwrap_or_default();
            if tag.starts_with("type=\"hidden\"") || tag.ends_with(" hidden") {
                continue;
            }
            let id = tag
                .strip_prefix("id=\"")
                .and_then(|rest| rest.split('"').next())
                .expect("an id");
            let label = format!("<label for=\"{id}\">");
            assert_eq!(html.matches(&label).count(), 1, "{name}: {id}");
            assert!(ids.insert(id), "{name}: {id} stands twice");
        }
    }
}

#[test]
fn what_describes_or_labels_is_there() {
    for (name, _, html) in every_page("Gatehouse") {
        for attribute in ["aria-describedby=\"", "aria-labelledby=\""] {
            for rest in html.split(attribute).skip(1) {
                let ids = rest.split('"').next().unwrap_or_default();
                for id in ids.split(' ') {
                    let place = format!(" id=\"{id}\"");
                    assert_eq!(html.matches(&place).count(), 1, "{name}: {id}");
                }
            }
        }
    }
}

#[test]
fn what_was_not_taken_is_announced() {
    for (name, _, html) in every_page("Gatehouse") {
        let refused = ["reset-Some", "sign-up-", "authenticator-true"];
        let refused = refused.iter().any(|start| name.starts_with(start))
            || name.starts_with("code-") && name.contains("Some")
            || name.starts_with("security-") && name.matches('-').count() > 1;
        if refused {
            assert_eq!(html.matches("role=\"alert\"").count(), 1, "{name}");
        }
        assert!(html.matches("role=\"alert\"").count() <= 1, "{name}");
    }
}

#[test]
fn no_two_pages_are_the_same() {
    let pages = every_page("Gatehouse");
    let different: BTreeSet<&String> = pages.iter().map(|(_, _, html)| html).collect();
    assert_eq!(different.len(), pages.len());
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
    let host = PageHost::new("Gatehouse", &Theme::default(), &[]);
    let page = ResetPage {
        reader: &reader_of(&host, MessageLanguage::En),
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
    let host = PageHost::new("Gatehouse", &Theme::default(), &[]);
    let page = ResetFailedPage {
        reader: &reader_of(&host, MessageLanguage::En),
        new_link: NewLink::Page("https://ui.example.com/reset-password"),
    };
    assert_eq!(
        main_part(&page),
        r#"This link is no longer valid</h1>
<p class="lead">It has already been used, was replaced by a newer one or has expired.</p>
<section>
<a href="https://ui.example.com/reset-password">Get a new link</a>
</section>
"#
    );
}
