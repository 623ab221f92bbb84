//! Signature Version 4, as far as services that speak JSON need it: always a POST to `/`, always the same headers.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

/// What the environment gives a function to sign with.
#[derive(Clone)]
pub struct Credentials {
    /// Names the secret.
    pub access_key_id: String,
    /// Never leaves the process.
    pub secret_access_key: SecretString,
    /// Of credentials that last for a while, sent with each call.
    pub session_token: Option<String>,
}

/// Signs calls of one service in one region.
pub(super) struct Signer {
    credentials: Credentials,
    region: String,
    service: &'static str,
    /// Derived from the secret for one day: four MACs of five that a signature takes.
    key: Mutex<Option<(String, hmac::Key)>>,
}

/// What is signed of a call.
pub(super) struct Signing<'a> {
    pub(super) host: &'a str,
    pub(super) content_type: &'a str,
    pub(super) target: &'a str,
    pub(super) body: &'a [u8],
}

/// Headers that a signature adds.
pub(super) struct Signed {
    /// `X-Amz-Date`.
    pub(super) date: String,
    /// `Authorization`.
    pub(super) authorization: String,
}

impl Signer {
    pub(super) fn new(credentials: Credentials, region: &str, service: &'static str) -> Self {
        Self {
            credentials,
            region: region.to_owned(),
            service,
            key: Mutex::new(None),
        }
    }

    /// `X-Amz-Security-Token`.
    pub(super) fn token(&self) -> Option<&str> {
        self.credentials.session_token.as_deref()
    }

    pub(super) fn sign(&self, call: &Signing<'_>, now: Timestamp) -> Signed {
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = &date[..8];
        let (token_header, token_name) = match self.token() {
            Some(token) => (
                format!("x-amz-security-token:{token}\n"),
                "x-amz-security-token;",
            ),
            None => (String::new(), ""),
        };
        let names = format!("content-type;host;x-amz-date;{token_name}x-amz-target");
        let canonical = format!(
            "POST\n/\n\ncontent-type:{}\nhost:{}\nx-amz-date:{date}\n{token_header}x-amz-target:{}\n\n{names}\n{}",
            call.content_type,
            call.host,
            call.target,
            sha256(call.body)
        );
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!(
            "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
            sha256(canonical.as_bytes())
        );
        let signature = HEXLOWER.encode(hmac::sign(&self.key_of(day), text.as_bytes()).as_ref());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.credentials.access_key_id
        );
        Signed {
            date,
            authorization,
        }
    }

    fn key_of(&self, day: &str) -> hmac::Key {
        let mut kept = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, key)) = &*kept
            && of == day
        {
            return key.clone();
        }
        let secret = self.credentials.secret_access_key.expose_secret();
        let root = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
        let parts = [day, &self.region, self.service, "aws4_request"];
        let key = parts.iter().fold(root, |key, part| {
            let mac = hmac::sign(&key, part.as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, mac.as_ref())
        });
        *kept = Some((day.to_owned(), key.clone()));
        key
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}
