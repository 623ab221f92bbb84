//! One exchange with a provider: a request, and its whole answer in time.
//!
//! Does not know what the answer says. Requests hold secrets, some in their addresses, so none is ever printed.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http::header::{ACCEPT, USER_AGENT};
use http::request::Builder;
use http::{Method, Request, Response, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::Value;

use super::ProviderError;
use super::breaker::Breaker;
use crate::domain::Clock;

/// From connecting to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest body of an answer.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Why there is no proper answer. It holds no secret.
pub type NoAnswer = Box<dyn StdError + Send + Sync>;

/// The edge of the network: sends one request and takes its whole answer.
///
/// It follows no redirect, gives up a body of more than [`MAX_ANSWER_BYTES`], and need not keep to a time.
pub trait ProviderHttp: Send + Sync + fmt::Debug {
    /// Sends one request.
    fn send(&self, request: Request<Vec<u8>>)
    -> BoxFuture<'_, Result<Response<Vec<u8>>, NoAnswer>>;
}

/// Asks providers, unless they are to be left alone.
#[derive(Debug)]
pub(super) struct Exchange {
    http: Arc<dyn ProviderHttp>,
    clock: Arc<dyn Clock>,
    breaker: Breaker,
}

impl Exchange {
    pub(super) fn new(http: Arc<dyn ProviderHttp>, clock: Arc<dyn Clock>) -> Self {
        Self {
            http,
            clock,
            breaker: Breaker::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sends a request and reads the answer, which has status 2xx or 4xx. If it cannot be read, that is none, and its origin is
    /// left alone for a while.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`].
    pub(super) async fn ask<T>(
        &self,
        request: http::Result<Request<Vec<u8>>>,
        read: impl FnOnce(&Response<Vec<u8>>) -> Result<T, NoAnswer>,
    ) -> Result<T, ProviderError> {
        let request = request.map_err(unavailable)?;
        let origin = origin(request.uri());
        let Some(leave) = self.breaker.leave(origin, self.now()) else {
            return Err(unavailable("it did not answer a moment ago"));
        };
        match self.send(request).await.and_then(|answer| read(&answer)) {
            Ok(answer) => {
                leave.answered();
                Ok(answer)
            }
            Err(fault) => {
                leave.failed(self.now());
                Err(unavailable(fault))
            }
        }
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, NoAnswer> {
        let answer = tokio::time::timeout(PATIENCE, self.http.send(request)).await??;
        let status = answer.status();
        if status.is_success() || status.is_client_error() {
            return Ok(answer);
        }
        Err(unexpected(status))
    }
}

/// A request to an address; its body has yet to come.
pub(super) fn request(method: Method, url: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(url)
        .header(USER_AGENT, "gatehouse")
        .header(ACCEPT, "application/json")
}

/// No proper answer, or none asked for.
pub(super) fn unavailable(fault: impl Into<NoAnswer>) -> ProviderError {
    ProviderError::Unavailable(fault.into())
}

/// What is answered to a token.
pub(super) enum Granted {
    /// It is good: this is told.
    Good(Value),
    /// It is not.
    Refused,
    /// That one user asks too often. It is an answer: what they do must not keep the others out.
    TooOften,
}

impl Granted {
    /// What is told.
    ///
    /// # Errors
    /// [`ProviderError::Refused`]; [`ProviderError::Unavailable`].
    pub(super) fn told(self) -> Result<Value, ProviderError> {
        match self {
            Self::Good(told) => Ok(told),
            Self::Refused => Err(ProviderError::Refused),
            Self::TooOften => Err(unavailable("it is asked too often for one user")),
        }
    }
}

/// What is answered to a token, by the status.
pub(super) fn granted(answer: &Response<Vec<u8>>) -> Result<Granted, NoAnswer> {
    match answer.status() {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Ok(Granted::Refused)
        }
        StatusCode::TOO_MANY_REQUESTS => Ok(Granted::TooOften),
        status if status.is_success() => json(answer).map(Granted::Good),
        status => Err(unexpected(status)),
    }
}

/// The body of an answer.
pub(super) fn json(answer: &Response<Vec<u8>>) -> Result<Value, NoAnswer> {
    // Serde's own words would quote the body.
    serde_json::from_slice(answer.body()).map_err(|_| "the answer is no JSON".into())
}

/// No answer that its provider would give.
pub(super) fn unexpected(status: StatusCode) -> NoAnswer {
    format!("the answer has status {}", status.as_u16()).into()
}

fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map(http::uri::Authority::as_str);
    format!("{scheme}://{}", authority.unwrap_or_default()).to_ascii_lowercase()
}
