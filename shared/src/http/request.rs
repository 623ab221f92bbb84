//! What stands around a request: who sent it, under which id, with which token.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::domain::ClientAddress;

/// Whether what is sent there is safe on its way: https, or no way at all.
pub fn is_https_or_local(uri: &Uri) -> bool {
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]")),
        _ => false,
    }
}

/// The client's address, put into the request's extensions by whoever accepted the connection. Never read from a header.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub Option<ClientAddress>);

impl Client {
    /// The client with this address.
    pub fn at(address: IpAddr) -> Self {
        Self(Some(ClientAddress::new(address)))
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(None)))
    }
}

/// Names one request in logs and in its answer.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1); nothing if there is none or it is of another scheme.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token)
}
