//! The mails that the platform writes: subject, plain text and HTML from one wording per language.
//!
//! Does not decide who gets one, make the secret in it or send it. Everything set into the HTML is escaped by askama; the plain
//! text is not HTML and stays as it is.

use askama::Template;

use super::wording::{Message, Wording};
use crate::domain::{LinkLifetime, MessageLanguage};

/// What a mail says. No `Debug`: it holds a secret.
#[derive(Clone, Copy)]
pub enum Letter<'a> {
    /// The link that confirms the address.
    Activation {
        /// Where the button leads.
        link: &'a str,
        /// How long it is valid: a day or seven.
        lifetime: LinkLifetime,
    },
    /// A new password, valid for an hour; the old one keeps working until this one is first used (document 000).
    ///
    /// Clients find the password in the plain text as the only word of 16 characters or more.
    MailedPassword {
        /// The password.
        password: &'a str,
    },
    /// The code of a second factor, valid for 5 minutes.
    SignInCode {
        /// The code.
        code: &'a str,
    },
    /// The link to set a new password.
    PasswordReset {
        /// Where the button leads.
        link: &'a str,
        /// How long it is valid.
        lifetime: LinkLifetime,
    },
    /// The code to set a new password with, valid for 15 minutes (document 004).
    PasswordResetCode {
        /// The code.
        code: &'a str,
    },
    /// The link by which a new administrator sets a password, valid for a day.
    Invitation {
        /// Where the button leads.
        link: &'a str,
    },
    /// The link that moves an account to the address that this is mailed to, valid for 24 hours.
    EmailChange {
        /// Where the button leads.
        link: &'a str,
    },
    /// To the former address of an account: it has another one now.
    EmailChangedNotice,
    /// The password was changed by who is signed in.
    PasswordChangedNotice {
        /// The page that sends a [`PasswordReset`](Letter::PasswordReset); nothing for an account that no page of ours knows.
        link: Option<&'a str>,
    },
    /// To who signed up with an address that has an account.
    AlreadyRegistered {
        /// The page that sends a [`PasswordReset`](Letter::PasswordReset).
        link: &'a str,
    },
    /// The second factor was turned on, turned off or reset.
    SecondFactorNotice,
    /// Guessing has locked the account for unknown sources.
    LockoutNotice {
        /// The page that sends a [`PasswordReset`](Letter::PasswordReset); nothing for an account that no page of ours knows.
        link: Option<&'a str>,
    },
}

/// A mail ready to be sent. No `Debug`: it holds a secret.
pub struct Composed {
    /// One line.
    pub subject: String,
    /// The plain text. The link, the password or the code stands alone on its line.
    pub text: String,
    /// The same as an HTML document without external resources; empty if there is none.
    pub html: String,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct TextPart<'a>(&'a Content<'a>);

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct HtmlPart<'a>(&'a Content<'a>);

struct Content<'a> {
    language: MessageLanguage,
    service: &'a str,
    wording: &'static Wording,
    message: &'static Message,
    secret: Secret<'a>,
}

enum Secret<'a> {
    Link(&'a str),
    ToCopy(&'a str),
    None,
}

impl<'a> Letter<'a> {
    /// Writes the mail; `service` is the product's name as the reader knows it.
    pub fn compose(&self, language: MessageLanguage, service: &str) -> Composed {
        let wording = Wording::of(language);
        let message = self.message(wording);
        let content = Content {
            language,
            service,
            wording,
            message,
            secret: self.secret(),
        };
        Composed {
            subject: single_line(&format!("{service}: {}", message.title)),
            text: render(&TextPart(&content)),
            html: render(&HtmlPart(&content)),
        }
    }

    fn message(self, wording: &Wording) -> &Message {
        match self {
            Self::Activation { lifetime, .. } => match lifetime {
                LinkLifetime::Week => &wording.activation_week,
                LinkLifetime::Hour | LinkLifetime::Day => &wording.activation,
            },
            Self::MailedPassword { .. } => &wording.mailed_password,
            Self::SignInCode { .. } => &wording.sign_in_code,
            Self::PasswordReset { lifetime, .. } => match lifetime {
                LinkLifetime::Hour => &wording.password_reset,
                LinkLifetime::Day | LinkLifetime::Week => &wording.password_reset_day,
            },
            Self::PasswordResetCode { .. } => &wording.password_reset_code,
            Self::Invitation { .. } => &wording.invitation,
            Self::EmailChange { .. } => &wording.email_change,
            Self::EmailChangedNotice => &wording.email_changed,
            Self::PasswordChangedNotice { .. } => &wording.password_changed,
            Self::AlreadyRegistered { .. } => &wording.already_registered,
            Self::SecondFactorNotice => &wording.second_factor_notice,
            Self::LockoutNotice { .. } => &wording.lockout_notice,
        }
    }

    fn secret(self) -> Secret<'a> {
        match self {
            Self::MailedPassword { password } => Secret::ToCopy(password),
            Self::SignInCode { code } | Self::PasswordResetCode { code } => Secret::ToCopy(code),
            Self::EmailChangedNotice
            | Self::SecondFactorNotice
            | Self::PasswordChangedNotice { link: None }
            | Self::LockoutNotice { link: None } => Secret::None,
            Self::Activation { link, .. }
            | Self::PasswordReset { link, .. }
            | Self::Invitation { link }
            | Self::EmailChange { link }
            | Self::PasswordChangedNotice { link: Some(link) }
            | Self::AlreadyRegistered { link }
            | Self::LockoutNotice { link: Some(link) } => Secret::Link(link),
        }
    }
}

/// A line break in a subject would start a header field of its own (header injection).
fn single_line(subject: &str) -> String {
    subject.replace(char::is_control, " ")
}

pub(super) fn render(part: &impl Template) -> String {
    part.render().expect("writing to a String does not fail")
}

#[cfg(test)]
mod tests {
    use super::{Composed, Letter};
    use crate::domain::{LinkLifetime, MessageLanguage};

    const LINK: &str = "https://id.example.com/reset-password?uid=7&t=abc";
    const PASSWORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const CODE: &str = "048213";
    const LETTERS: [Letter; 9] = [
        Letter::Activation {
            link: LINK,
            lifetime: LinkLifetime::Day,
        },
        Letter::MailedPassword { password: PASSWORD },
        Letter::SignInCode { code: CODE },
        Letter::PasswordReset {
            link: LINK,
            lifetime: LinkLifetime::Hour,
        },
        Letter::PasswordResetCode { code: CODE },
        Letter::EmailChange { link: LINK },
        Letter::PasswordChangedNotice { link: Some(LINK) },
        Letter::AlreadyRegistered { link: LINK },
        Letter::LockoutNotice { link: Some(LINK) },
    ];

    fn every_letter() -> impl Iterator<Item = (Letter<'static>, MessageLanguage, Composed)> {
        LETTERS.into_iter().flat_map(|letter| {
            MessageLanguage::ALL
                .map(|language| (letter, language, letter.compose(language, "Gatehouse")))
        })
    }

    fn secret_of(letter: Letter<'static>) -> &'static str {
        match letter {
            Letter::MailedPassword { .. } => PASSWORD,
            Letter::SignInCode { .. } | Letter::PasswordResetCode { .. } => CODE,
            _ => LINK,
        }
    }

    #[test]
    fn the_subject_is_one_line_that_names_the_service() {
        for (_, _, mail) in every_letter() {
            assert!(mail.subject.starts_with("Gatehouse: "), "{}", mail.subject);
            assert_eq!(mail.subject.lines().count(), 1);
        }
    }

    #[test]
    fn a_notice_without_a_link_has_none() {
        let mail = Letter::EmailChangedNotice.compose(MessageLanguage::En, "Gatehouse");
        assert_eq!(
            mail.text,
            "Hello,\n\nThe account that used this email address now has another one. Mails about the account go there \
             from now on.\n\nThis address no longer belongs to the account; you need not do anything.\n\nIf you did not \
             expect this change, please contact the people who run the service.\n\nGatehouse\nThis email was sent \
             automatically. We never ask for your password by email."
        );
        assert!(!mail.html.contains("href"));
    }

    #[test]
    fn an_account_that_no_page_of_ours_knows_is_told_without_a_link() {
        let letters = [
            Letter::PasswordChangedNotice { link: None },
            Letter::LockoutNotice { link: None },
        ];
        for letter in letters {
            let mail = letter.compose(MessageLanguage::En, "Gatehouse");
            assert!(!mail.html.contains("href"), "{}", mail.html);
            assert!(!mail.text.contains("link"), "{}", mail.text);
            assert!(mail.text.contains("set a"), "{}", mail.text);
        }
    }

    #[test]
    fn a_changed_second_factor_is_told_without_a_link() {
        let mail = Letter::SecondFactorNotice.compose(MessageLanguage::En, "Gatehouse");
        assert_eq!(
            mail.text,
            "Hello,\n\nThe second factor of your account was changed: it was turned on, turned off or reset.\n\nIf it was you, \
             you need not do anything.\n\nIf it was not you, please set a new password at once and contact the people who run \
             the service.\n\nGatehouse\nThis email was sent automatically. We never ask for your password by email."
        );
        assert!(!mail.html.contains("href"));
    }

    #[test]
    fn a_reset_code_stands_between_what_it_is_for_and_how_long_it_is_good() {
        let letter = Letter::PasswordResetCode { code: CODE };
        let mail = letter.compose(MessageLanguage::En, "Gatehouse");
        assert_eq!(mail.subject, "Gatehouse: Your code for a new password");
        assert_eq!(
            mail.text,
            "Hello,\n\nYou asked to reset your password. Please enter this code where you asked for it, and choose a new \
             password there.\n\nYour code:\n\n048213\n\nIt is valid for 15 minutes and works once. Never share it with \
             anyone.\n\nIf you did not ask for this, you can simply ignore this email: your password stays as it is.\n\n\
             Gatehouse\nThis email was sent automatically. We never ask for your password by email."
        );
        assert!(!mail.html.contains("href"));
    }

    #[test]
    fn a_line_break_in_the_name_starts_no_header_field() {
        let mail = LETTERS[0].compose(MessageLanguage::En, "Evil\r\nBcc: all@example.com");
        assert!(!mail.subject.contains(['\r', '\n']));
    }

    #[test]
    fn the_secret_stands_alone_on_its_line_of_the_text() {
        for (letter, _, mail) in every_letter() {
            let secret = secret_of(letter);
            assert_eq!(
                mail.text.lines().filter(|line| *line == secret).count(),
                1,
                "{}",
                mail.text
            );
            assert_eq!(mail.text.matches(secret).count(), 1, "{}", mail.text);
        }
    }

    #[test]
    fn the_mailed_password_is_the_only_long_word_of_its_mail() {
        for language in MessageLanguage::ALL {
            let mail = Letter::MailedPassword { password: PASSWORD }.compose(language, "Gatehouse");
            let long: Vec<&str> = mail
                .text
                .split(' ')
                .flat_map(str::lines)
                .filter(|word| word.len() >= 16)
                .collect();
            assert_eq!(long, [PASSWORD], "{}", language.as_str());
        }
    }

    #[test]
    fn the_html_holds_the_link_escaped_as_button_and_as_text() {
        let escaped = LINK.replace('&', "&#38;");
        for (letter, language, mail) in every_letter() {
            let expected = if secret_of(letter) == LINK { 3 } else { 0 };
            assert_eq!(
                mail.html.matches(&escaped).count(),
                expected,
                "{}",
                mail.html
            );
            assert!(!mail.html.contains(LINK));
            assert!(
                mail.html
                    .contains(&format!("<html lang=\"{}\"", language.as_str()))
            );
        }
    }

    #[test]
    fn names_and_secrets_are_escaped_in_html_and_untouched_in_text() {
        for language in MessageLanguage::ALL {
            let mail = Letter::MailedPassword {
                password: "<b>'\"&",
            }
            .compose(language, "<b>ACME</b> & Co");
            assert!(!mail.html.contains("<b>"), "{}", mail.html);
            assert!(
                mail.html.contains("&#60;b&#62;&#39;&#34;&#38;"),
                "{}",
                mail.html
            );
            assert!(
                mail.text.lines().any(|line| line == "<b>'\"&"),
                "{}",
                mail.text
            );
            assert!(mail.text.contains("<b>ACME</b> & Co"));
        }
    }

    #[test]
    fn the_html_loads_nothing() {
        for (_, _, mail) in every_letter() {
            for tag in [
                "<img", "<script", "<link", "<style", "src=", "url(", "@import",
            ] {
                assert!(!mail.html.contains(tag), "{tag}");
            }
        }
    }

    #[test]
    fn a_reset_link_for_a_day_is_the_mail_for_an_hour_with_another_time() {
        for (language, hour, day) in [
            (MessageLanguage::En, "for 1 hour", "for 24 hours"),
            (MessageLanguage::De, "1 Stunde", "24 Stunden"),
            (MessageLanguage::Fr, "1 heure", "24 heures"),
            (MessageLanguage::Es, "1 hora", "24 horas"),
        ] {
            let [for_hour, for_day] = [LinkLifetime::Hour, LinkLifetime::Day].map(|lifetime| {
                Letter::PasswordReset {
                    link: LINK,
                    lifetime,
                }
                .compose(language, "Gatehouse")
            });
            assert_eq!(for_day.subject, for_hour.subject);
            for (for_hour, for_day) in
                [(for_hour.text, for_day.text), (for_hour.html, for_day.html)]
            {
                assert_eq!(for_hour.matches(hour).count(), 1, "{for_hour}");
                assert_eq!(for_day, for_hour.replace(hour, day));
            }
        }
    }

    #[test]
    fn every_language_and_kind_has_its_own_words() {
        let mut leads: Vec<String> = every_letter().map(|(_, _, mail)| mail.text).collect();
        leads.sort();
        leads.dedup();
        assert_eq!(leads.len(), LETTERS.len() * MessageLanguage::ALL.len());
        let subjects: std::collections::BTreeSet<String> =
            every_letter().map(|(_, _, mail)| mail.subject).collect();
        assert_eq!(subjects.len(), LETTERS.len() * MessageLanguage::ALL.len());
    }
}
