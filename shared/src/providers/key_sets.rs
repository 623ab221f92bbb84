//! The key sets of issuers, kept for some minutes, and fetched once for all who wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;

use super::ProviderError;
use super::exchange::{Exchange, json, request, unexpected};
use super::jwk::PublicKey;

/// A key that an issuer has withdrawn is taken for this long at most.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(5);
/// Whoever makes up names of keys makes us ask no oftener than this.
const ASK_ANEW_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// The sets, by where they are published.
#[derive(Debug, Default)]
pub(super) struct KeySets(Mutex<HashMap<String, Arc<KeySet>>>);

#[derive(Debug, Default)]
struct KeySet {
    kept: Mutex<Option<Arc<Fetched>>>,
    /// Whoever holds it may fetch.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Fetched {
    keys: Vec<PublicKey>,
    at: Timestamp,
    /// Whether somebody missed a key in the one before, although it was fresh.
    is_asked_anew: bool,
}

impl KeySets {
    /// The key of this name for this algorithm at `jwks_uri`. No call if it is known.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] if there is none; [`ProviderError::Unavailable`] if that is not known.
    pub(super) async fn key(
        &self,
        exchange: &Exchange,
        jwks_uri: &str,
        (kid, algorithm): (&str, Algorithm),
    ) -> Result<PublicKey, ProviderError> {
        let set = self.set(jwks_uri);
        let known = |fetched: &Fetched| fetched.find(kid, algorithm);
        if let Some(key) = set.fresh(exchange.now()).as_deref().and_then(known) {
            return Ok(key);
        }
        let _turn = set.turn.lock().await;
        // Somebody may have fetched it while we waited.
        let kept = set.fresh(exchange.now());
        if let Some(kept) = &kept {
            if let Some(key) = known(kept) {
                return Ok(key);
            }
            if kept.is_asked_anew && exchange.now() < kept.at + ASK_ANEW_AFTER {
                return Err(ProviderError::Refused);
            }
        }
        let keys = fetch(exchange, jwks_uri).await?;
        let fetched = set.keep(Fetched {
            keys,
            at: exchange.now(),
            is_asked_anew: kept.is_some(),
        });
        known(&fetched).ok_or(ProviderError::Refused)
    }

    fn set(&self, jwks_uri: &str) -> Arc<KeySet> {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sets.entry(jwks_uri.to_owned()).or_default())
    }
}

impl KeySet {
    fn fresh(&self, now: Timestamp) -> Option<Arc<Fetched>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fetched = kept.as_ref()?;
        let is_fresh = fetched.at <= now && now < fetched.at + FRESH_FOR;
        is_fresh.then(|| Arc::clone(fetched))
    }

    fn keep(&self, fetched: Fetched) -> Arc<Fetched> {
        let fetched = Arc::new(fetched);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Arc::clone(&fetched));
        fetched
    }
}

impl Fetched {
    fn find(&self, kid: &str, algorithm: Algorithm) -> Option<PublicKey> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.kid == kid && key.algorithm == algorithm)
            .cloned()
    }
}

async fn fetch(exchange: &Exchange, jwks_uri: &str) -> Result<Vec<PublicKey>, ProviderError> {
    let request = request(Method::GET, jwks_uri).body(Vec::new());
    let read = exchange.ask(request, |answer| {
        if !answer.status().is_success() {
            return Err(unexpected(answer.status()));
        }
        PublicKey::of_set(&json(answer)?).ok_or_else(|| "the answer is no key set".into())
    });
    read.await
}
