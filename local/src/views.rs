//! The local server's own pages: what a developer sees in a browser at `/`, `/_local/inbox` and `/_local/cost`.
//!
//! Owns the pages' data and how a mail's text is split into prose and links. Routes, status codes and the choice between
//! page and JSON are the server's. The pages carry no script and load nothing, so they need no network and no CDN, and
//! all values are escaped by the templates.

use askama::Template;
use aws_smithy_types::date_time::{DateTime, Format};
use serde::{Deserialize, Serialize};

use crate::cost::Report;

/// The page at `/`: what is served, where to look next, and commands to begin with.
#[derive(Debug, Template)]
#[template(path = "start.html")]
pub struct StartPage<'a> {
    /// Scheme, host and port of this server, without a slash at the end.
    pub base: &'a str,
    /// The administrator's address; the password is printed in the terminal and never shown here.
    pub admin_email: &'a str,
    /// The dialects that are served, in the order shown.
    pub dialects: &'a [DialectLink],
}

/// One dialect on the start page.
#[derive(Debug, Clone, Copy)]
pub struct DialectLink {
    /// Its name in the documents: `User Service`.
    pub name: &'static str,
    /// The path it is served under, with its leading slash: `/user-service`. Also the name of its OpenAPI document.
    pub prefix: &'static str,
    /// What it is for, in one line.
    pub summary: &'static str,
}

/// The page of `/_local/inbox`: every mail and text message, newest first.
#[derive(Debug, Template)]
#[template(path = "inbox.html")]
pub struct InboxPage<'a> {
    /// The messages as the inbox keeps and answers them: oldest first.
    pub messages: &'a [InboxMessage],
}

/// The page of `/_local/cost`: what requests would have cost on AWS.
#[derive(Debug, Template)]
#[template(path = "cost.html")]
pub struct CostPage<'a> {
    /// All operations that were asked for.
    pub report: &'a Report,
}

/// One message that would have left the platform. Serialized, it is the wire form of `GET /_local/inbox`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InboxMessage {
    /// `email` or `sms`.
    pub channel: String,
    /// The sender: an e-mail address, or what the phone shows.
    pub from: String,
    /// The recipients: e-mail addresses, or phone numbers in E.164.
    pub to: Vec<String>,
    /// Empty for a text message.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML alternative; empty if there is none.
    pub html: String,
    /// Epoch seconds of the platform's clock.
    pub sent_at: i64,
}

impl InboxMessage {
    /// The instant of sending in RFC 3339, UTC; the bare number if it is out of the calendar.
    fn sent_at_utc(&self) -> String {
        DateTime::from_secs(self.sent_at)
            .fmt(Format::DateTime)
            .unwrap_or_else(|_| self.sent_at.to_string())
    }

    /// The text in pieces, in order and complete: joined they are the text again.
    fn text_parts(&self) -> Vec<TextPart<'_>> {
        let mut parts = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(start) = next_url(rest) {
            let (prose, from_url) = rest.split_at(start);
            let (url, after) = from_url.split_at(url_length(from_url));
            if !prose.is_empty() {
                parts.push(TextPart::Prose(prose));
            }
            parts.push(TextPart::Link(url));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(TextPart::Prose(rest));
        }
        parts
    }
}

/// A piece of a message's text.
#[derive(Debug, PartialEq, Eq)]
enum TextPart<'a> {
    Prose(&'a str),
    /// An `http` or `https` URL: no other scheme becomes a link, `javascript:` least of all.
    Link(&'a str),
}

fn next_url(text: &str) -> Option<usize> {
    let http = text.find("http://");
    let https = text.find("https://");
    http.into_iter().chain(https).min()
}

/// Length in bytes of the URL that `text` begins with. Punctuation at its end belongs to the sentence around it.
fn url_length(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"'".contains(c));
    let candidate = &text[..end.unwrap_or(text.len())];
    candidate
        .trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']'])
        .len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> InboxMessage {
        InboxMessage {
            channel: "email".to_owned(),
            from: "noreply@example.com".to_owned(),
            to: vec!["ada@example.com".to_owned()],
            subject: "Confirm <your> address".to_owned(),
            text: text.to_owned(),
            html: "<p class=\"x\">Hello</p>".to_owned(),
            sent_at: 1_700_000_000,
        }
    }

    fn inbox(messages: &[InboxMessage]) -> String {
        InboxPage { messages }
            .render()
            .expect("templates write to a string")
    }

    #[test]
    fn a_url_becomes_a_link_without_the_punctuation_after_it() {
        use TextPart::{Link, Prose};
        let cases: &[(&str, &[TextPart<'_>])] = &[
            ("", &[]),
            ("no link", &[Prose("no link")]),
            ("http://a.test/x?c=1", &[Link("http://a.test/x?c=1")]),
            (
                "see https://a.test/x.",
                &[Prose("see "), Link("https://a.test/x"), Prose(".")],
            ),
            (
                "(http://a.test) or\nhttps://b.test\n",
                &[
                    Prose("("),
                    Link("http://a.test"),
                    Prose(") or\n"),
                    Link("https://b.test"),
                    Prose("\n"),
                ],
            ),
            (
                "<http://a.test/é>",
                &[Prose("<"), Link("http://a.test/é"), Prose(">")],
            ),
            ("javascript:alert(1)", &[Prose("javascript:alert(1)")]),
            ("http://", &[Link("http://")]),
            ("http://...", &[Link("http://"), Prose("...")]),
        ];
        for (text, expected) in cases {
            assert_eq!(message(text).text_parts(), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_message_cannot_put_markup_into_the_page() {
        let page = inbox(&[message(
            "<script>alert(1)</script> http://a.test/\"onclick=x",
        )]);
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("<your>"), "{page}");
        assert!(
            !page.contains("class=\"x\""),
            "the HTML alternative must stay in the frame's attribute: {page}"
        );
        assert!(page.contains("href=\"http://a.test/\""), "{page}");
    }

    #[test]
    fn the_newest_message_is_shown_first() {
        let page = inbox(&[message("the older one"), message("the newer one")]);
        assert!(page.find("the newer one") < page.find("the older one"));
    }

    #[test]
    fn instants_are_shown_in_utc() {
        assert_eq!(message("").sent_at_utc(), "2023-11-14T22:13:20Z");
        let out_of_calendar = InboxMessage {
            sent_at: i64::MAX,
            ..message("")
        };
        assert_eq!(out_of_calendar.sent_at_utc(), i64::MAX.to_string());
    }
}
