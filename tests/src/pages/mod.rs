//! The pages that mails lead to, and the public keys.

mod activate;
mod guard;
mod keys;
mod rbac_activate;
mod reset;

use crate::harness::{Answer, Platform};

/// Sends a form as a browser does from a page of ours.
async fn submit(platform: &Platform, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = platform.post(path).header("sec-fetch-site", "same-origin");
    request.form(fields).send().await
}

/// What a page says: its title, heading, sentence and, if there is one, its error.
fn said(answer: &Answer) -> String {
    let parts = [
        ("<h1>", "</h1>"),
        ("<p class=\"lead\">", "</p>"),
        ("role=\"alert\">", "</p>"),
    ];
    let mut said = vec![answer.status.to_string()];
    for (start, end) in parts {
        if let Some((_, rest)) = answer.body.split_once(start) {
            said.push(rest.split(end).next().expect("an end").to_owned());
        }
    }
    said.join("\n")
}

/// A page from its heading on, without the tokens of its forms, which differ every time.
fn main_part(answer: &Answer) -> String {
    let (_, main) = answer.body.split_once("<main>").expect("a page");
    let lines = main.trim().lines();
    let lines: Vec<_> = lines
        .filter(|line| !line.contains("name=\"form_token\""))
        .collect();
    format!("{}\n{}", answer.status, lines.join("\n"))
}
