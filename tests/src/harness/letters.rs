//! What a reader takes out of a mail.

use super::PUBLIC_URL;

/// The code in a mail's activation link.
pub(crate) fn code_in(text: &str) -> String {
    let (_, code) = text
        .split_once("/activate?code=")
        .expect("an activation link");
    code.split_whitespace().next().expect("a code").to_owned()
}

/// The path and query of a mail's link to set a new password.
pub(crate) fn reset_link_in(text: &str) -> String {
    let link = text
        .lines()
        .find(|line| line.contains("/reset-password?"))
        .expect("a reset link");
    link.strip_prefix(PUBLIC_URL)
        .expect("a link of ours")
        .to_owned()
}

/// The user id and the code in a mail's link to set a new password.
pub(crate) fn reset_code_in(text: &str) -> (String, String) {
    let link = reset_link_in(text);
    let (_, query) = link.split_once('?').expect("a query");
    (field(query, "uid"), field(query, "t"))
}

/// The user id and the code in the link that confirms an account of document 002.
pub(crate) fn rbac_code_in(text: &str) -> (String, String) {
    let start = format!("{PUBLIC_URL}/rbac-activate?");
    let query = text.lines().find_map(|line| line.strip_prefix(&start));
    let query = query.expect("an activation link");
    (field(query, "uid"), field(query, "code"))
}

fn field(query: &str, name: &str) -> String {
    let found = form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name);
    found.expect("a field").1.into_owned()
}

/// The password in a mail: alone on its line.
pub(crate) fn password_in(text: &str) -> String {
    let is_password = |line: &&str| {
        line.len() == 26
            && line
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    text.lines()
        .find(is_password)
        .expect("a mailed password")
        .to_owned()
}
