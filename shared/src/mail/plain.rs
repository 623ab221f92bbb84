//! Mails whose words are somebody else's: the text as it is, and the same as HTML that shows it so.

use askama::Template;

use super::Composed;
use super::letter::render;
use crate::domain::{MailBody, MailSubject};

#[derive(Template)]
#[template(path = "mail/plain.html")]
struct HtmlPart<'a> {
    subject: &'a str,
    text: &'a str,
}

impl Composed {
    /// A mail of these words. Nothing of them is markup.
    pub fn of_words(subject: &MailSubject, text: &MailBody) -> Self {
        let (subject, text) = (subject.as_str(), text.as_str());
        Self {
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: render(&HtmlPart { subject, text }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Composed;
    use crate::domain::{MailBody, MailSubject};

    #[test]
    fn words_are_no_markup() {
        let subject = MailSubject::parse("1 < 2 & </title>").expect("a subject");
        let text = MailBody::parse("<script>alert(1)</script>\n\"quoted\"").expect("a text");
        let mail = Composed::of_words(&subject, &text);
        assert_eq!(mail.subject, "1 < 2 & </title>");
        assert_eq!(mail.text, "<script>alert(1)</script>\n\"quoted\"");
        assert!(!mail.html.contains("<script"), "{}", mail.html);
        assert_eq!(mail.html.matches("</title>").count(), 1, "{}", mail.html);
        let shown = "&#60;script&#62;alert(1)&#60;/script&#62;\n&#34;quoted&#34;";
        assert!(mail.html.contains(shown), "{}", mail.html);
    }
}
