//! moto behind the endpoint, where `GATEHOUSE_MOTO` holds the address of its server: what functions send is taken by somebody who
//! reads AWS's protocols independently of us.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response};
use serde_json::{Value, json};

use crate::harness::connector::Call;
use crate::harness::remote::Remote;

/// Accounts that this run has.
static ACCOUNTS: AtomicU32 = AtomicU32::new(0);

/// A server of moto's, which serves the whole run.
#[derive(Debug, Clone)]
pub(crate) struct Moto(Remote);

/// An account of its own there, with keys of nobody else's.
#[derive(Debug)]
pub(super) struct Account {
    moto: Moto,
    id: String,
}

impl Moto {
    /// If the environment names one.
    pub(crate) fn of_environment() -> Option<Self> {
        Remote::named_by("GATEHOUSE_MOTO").map(Self)
    }

    /// Passes a request on as it came, of whatever service: moto sees which by its signature. Its answer as it is.
    pub(super) async fn pass(&self, parts: &Parts, body: Bytes) -> Response<Bytes> {
        let path = parts.uri.path_and_query().expect("a path").as_str();
        let answer = self.0.ask(&parts.method, path, &parts.headers, body).await;
        without_connection(answer)
    }

    /// Makes this sender one who may send, as the owner of an account does once.
    pub(super) async fn verify(&self, sender: &str) {
        let address = sender
            .rsplit_once('<')
            .map_or(sender, |(_, address)| address);
        let identity = json!({ "EmailIdentity": address.trim_end_matches('>') });
        let headers = headers("ses", "application/json");
        let body = Bytes::from(identity.to_string());
        let path = "/v2/email/identities";
        let answer = self.0.ask(&Method::POST, path, &headers, body).await;
        assert!(answer.status().is_success(), "{sender}: {answer:?}");
    }

    /// Everything that it has taken in this run.
    pub(crate) async fn data(&self) -> Value {
        let (path, headers) = ("/moto-api/data.json", HeaderMap::new());
        let answer = self.0.ask(&Method::GET, path, &headers, Bytes::new()).await;
        serde_json::from_slice(answer.body()).expect("JSON")
    }
}

impl Account {
    /// If the environment names a server.
    pub(super) fn of_environment() -> Option<Self> {
        let moto = Moto::of_environment()?;
        let number = ACCOUNTS.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:07}{number:05}", std::process::id());
        Some(Self { moto, id })
    }

    /// Passes a call of KMS on: status and body.
    pub(super) async fn ask(&self, call: Call<'_>) -> (u16, String) {
        let mut headers = headers("kms", "application/x-amz-json-1.1");
        let value = |text: &str| HeaderValue::from_str(text).expect("a header's value");
        headers.insert("x-amz-target", value(call.target));
        headers.insert("x-moto-account-id", value(&self.id));
        let body = Bytes::copy_from_slice(call.body);
        let answer = self.moto.0.ask(&Method::POST, "/", &headers, body).await;
        let status = answer.status().as_u16();
        let body = String::from_utf8(answer.into_body().into()).expect("a text");
        (status, body)
    }
}

/// moto asks for the region and the service, and believes whatever signature there is.
fn headers(service: &str, content_type: &'static str) -> HeaderMap {
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential=owner/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=none"
    );
    let signature = HeaderValue::from_str(&signature).expect("a header's value");
    let mut headers = HeaderMap::new();
    headers.insert("authorization", signature);
    headers.insert("content-type", HeaderValue::from_static(content_type));
    headers
}

/// What concerned the connection to moto does not concern the one to the function.
fn without_connection(mut answer: Response<Bytes>) -> Response<Bytes> {
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        answer.headers_mut().remove(name);
    }
    answer
}
