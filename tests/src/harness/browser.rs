//! Somebody with a browser: it keeps the pages' cookie, and sends forms as it was shown them.

use http::header::SET_COOKIE;
use shared::pages::PAGES_COOKIE;

use super::{Answer, PASSWORD, Platform, Request};

/// A browser with nothing but the pages' cookie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Browser {
    /// The value of the cookie, if there is one.
    pub(crate) cookie: Option<String>,
}

/// The token of the forms on a page.
pub(crate) fn form_token_in(page: &str) -> String {
    let (_, rest) = page
        .split_once("name=\"form_token\" value=\"")
        .unwrap_or_else(|| panic!("no form: {page}"));
    rest.split('"').next().expect("a token").to_owned()
}

impl Browser {
    /// Signs in, which leads to the account.
    pub(crate) async fn signed_in(platform: &Platform, email: &str) -> Self {
        let mut browser = Self::default();
        let answer = browser.sign_in(platform, email, PASSWORD).await;
        assert_eq!(answer.whole(), "303\n");
        assert_eq!(answer.header("location"), Some("/account"));
        browser
    }

    /// Sends the form that signs in.
    pub(crate) async fn sign_in(
        &mut self,
        platform: &Platform,
        email: &str,
        password: &str,
    ) -> Answer {
        let fields = [("email", email), ("password", password)];
        self.submit(platform, "/sign-in", &fields).await
    }

    /// Opens a page.
    pub(crate) async fn get(&mut self, platform: &Platform, path: &str) -> Answer {
        let answer = self.with_cookie(platform.get(path)).send().await;
        self.keep(&answer);
        answer
    }

    /// Sends a form of a page that was opened before.
    pub(crate) async fn submit(
        &mut self,
        platform: &Platform,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let form = self.form(platform, path, fields).await;
        let answer = form.send().await;
        self.keep(&answer);
        answer
    }

    /// The same, not sent yet.
    pub(crate) async fn form(
        &mut self,
        platform: &Platform,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Request {
        let token = self.form_token(platform).await;
        let token = [("form_token", &*token)];
        let fields: Vec<_> = token.into_iter().chain(fields.iter().copied()).collect();
        let request = platform.post(path).header("sec-fetch-site", "same-origin");
        self.with_cookie(request).bare_form(&fields)
    }

    /// What the forms carry that this browser is shown.
    pub(crate) async fn form_token(&mut self, platform: &Platform) -> String {
        form_token_in(&self.get(platform, "/reset-password").await.body)
    }

    /// Adds the cookie.
    pub(crate) fn with_cookie(&self, request: Request) -> Request {
        match &self.cookie {
            Some(value) => request.header("cookie", &format!("{PAGES_COOKIE}={value}")),
            None => request,
        }
    }

    fn keep(&mut self, answer: &Answer) {
        let Some(set) = answer.headers.get(SET_COOKIE) else {
            return;
        };
        let set = set.to_str().expect("a text");
        let pair = set.split(';').next().unwrap_or_default();
        let value = pair.strip_prefix(PAGES_COOKIE).expect("the pages' cookie");
        let value = value.trim_start_matches('=');
        self.cookie = (!value.is_empty()).then(|| value.to_owned());
    }
}
