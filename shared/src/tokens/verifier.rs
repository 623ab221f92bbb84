//! Verifies tokens of our own, strictly: a token that we would not have written is not ours.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use serde::de::DeserializeOwned;

use super::{Claims, Header, MAX_TOKEN_BYTES, Subject, TokenSettings, TokenUse};
use crate::domain::{Clock, DeviceId, Dialect, ProjectId, SessionId, UserId};
use crate::error::{Error, Result};
use crate::keys::{Algorithm, KeyNumbers, KeyRole, KeySet};

/// Our machines' clocks may differ by this much.
const LEEWAY: SignedDuration = SignedDuration::from_secs(5);

/// Checks signature, header and claims of our tokens. Makes no call.
#[derive(Clone)]
pub struct TokenVerifier {
    keys: Arc<HashMap<String, (Algorithm, DecodingKey)>>,
    settings: TokenSettings,
    clock: Arc<dyn Clock>,
}

impl TokenVerifier {
    /// Accepts tokens of this issuer and audience under any published key.
    ///
    /// # Errors
    /// [`Error::Internal`] if a key of the set is unreadable.
    pub fn new(key_set: &KeySet, settings: TokenSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        let mut keys = HashMap::new();
        for key in &key_set.keys {
            let decoding = match &key.numbers {
                KeyNumbers::Rsa { modulus, exponent } => {
                    DecodingKey::from_rsa_components(modulus, exponent)
                }
                KeyNumbers::Point { x, y } => DecodingKey::from_ec_components(x, y),
            };
            let decoding = decoding.map_err(|fault| Error::Internal(fault.into()))?;
            keys.insert(key.kid.clone(), (key.algorithm, decoding));
        }
        Ok(Self {
            keys: Arc::new(keys),
            settings,
            clock,
        })
    }

    /// The same, with other keys.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_keys(&self, key_set: &KeySet) -> Result<Self> {
        Self::new(key_set, self.settings.clone(), Arc::clone(&self.clock))
    }

    /// Whether a token has the form of ours and names a key that is not here. It may be younger than the key set.
    pub fn misses_key_of(&self, token: &str) -> bool {
        let Some(header) = header_of(token) else {
            return false;
        };
        let header = serde_json::from_slice::<Header<'_>>(&header);
        header.is_ok_and(|header| {
            let is_typ = |token_use: TokenUse| token_use.typ() == header.typ;
            TokenUse::ALL.into_iter().any(is_typ) && !self.keys.contains_key(header.kid)
        })
    }

    /// Whose session the token speaks for, if it is ours, for this use, in this dialect and within its time.
    ///
    /// # Errors
    /// [`Error::InvalidToken`]; [`Error::ExpiredToken`] if time is all that is wrong with it.
    pub fn verify(&self, token: &str, token_use: TokenUse, dialect: Dialect) -> Result<Subject> {
        let (subject, claims) = self.verify_all_but_time(token, token_use, dialect)?;
        self.check_time(&claims)?;
        Ok(subject)
    }

    /// The same for a token that may have expired: it still tells which session it was of.
    ///
    /// # Errors
    /// [`Error::InvalidToken`].
    pub fn verify_expired(
        &self,
        token: &str,
        token_use: TokenUse,
        dialect: Dialect,
    ) -> Result<Subject> {
        match self.verify_all_but_time(token, token_use, dialect)? {
            (_, claims) if matches!(self.check_time(&claims), Err(Error::InvalidToken)) => {
                Err(Error::InvalidToken)
            }
            (subject, _) => Ok(subject),
        }
    }

    fn verify_all_but_time(
        &self,
        token: &str,
        token_use: TokenUse,
        dialect: Dialect,
    ) -> Result<(Subject, Claims)> {
        let claims = self
            .signed_claims(token, token_use, dialect)
            .ok_or(Error::InvalidToken)?;
        let ours = claims.iss == self.settings.issuer
            && claims.aud == self.settings.audience
            && claims.token_use == token_use
            && claims.dialect == dialect;
        let subject = subject(&claims).filter(|_| ours);
        Ok((subject.ok_or(Error::InvalidToken)?, claims))
    }

    fn signed_claims(&self, token: &str, token_use: TokenUse, dialect: Dialect) -> Option<Claims> {
        let header = header_of(token)?;
        let header: Header<'_> = serde_json::from_slice(&header).ok()?;
        let (message, signature) = token.rsplit_once('.')?;
        let (_, claims) = message.split_once('.')?;
        let (algorithm, key) = self.keys.get(header.kid)?;
        if header.typ != token_use.typ() || header.alg != algorithm.as_str() {
            return None;
        }
        // Otherwise whoever has any of our private keys could forge tokens of all dialects.
        if algorithm.role() != KeyRole::of(dialect) {
            return None;
        }
        // The algorithm is that of the key, never that of the header (RFC 8725 §3.1).
        let algorithm = match algorithm {
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::Rs512 => jsonwebtoken::Algorithm::RS512,
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        };
        let genuine = jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, algorithm);
        if !genuine.unwrap_or(false) {
            return None;
        }
        decode(claims)
    }

    fn check_time(&self, claims: &Claims) -> Result<()> {
        let now = self.clock.now();
        let (Ok(not_before), Ok(expires)) = (
            Timestamp::from_second(claims.nbf),
            Timestamp::from_second(claims.exp),
        ) else {
            return Err(Error::InvalidToken);
        };
        if now < not_before - LEEWAY {
            return Err(Error::InvalidToken);
        }
        if now >= expires + LEEWAY {
            return Err(Error::ExpiredToken);
        }
        Ok(())
    }
}

impl fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenVerifier")
    }
}

/// Whom the claims speak for; nothing if they are not as we write them.
fn subject(claims: &Claims) -> Option<Subject> {
    let project = match &claims.project {
        Some(id) => Some(ProjectId::parse(id)?),
        None => None,
    };
    let device = match &claims.device {
        Some(id) => Some(DeviceId::parse(id)?),
        None => None,
    };
    // A token of document 004 is of one project, and no other token is of any.
    let fits = project.is_some() == (claims.dialect == Dialect::Identify);
    fits.then_some(Subject {
        user: UserId::parse(&claims.sub)?,
        session: SessionId::parse(&claims.sid)?,
        project,
        device,
    })
}

/// When a token says that it was issued. For tokens that were verified: nothing is checked here.
pub fn issued_at(token: &str) -> Option<Timestamp> {
    let claims: Claims = decode(token.split('.').nth(1)?)?;
    Timestamp::from_second(claims.iat).ok()
}

/// The first of a token's three parts.
fn header_of(token: &str) -> Option<Vec<u8>> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let (message, _) = token.rsplit_once('.')?;
    let (header, _) = message.split_once('.')?;
    BASE64URL_NOPAD.decode(header.as_bytes()).ok()
}

fn decode<T: DeserializeOwned>(segment: &str) -> Option<T> {
    let bytes = BASE64URL_NOPAD.decode(segment.as_bytes()).ok()?;
    serde_json::from_slice(&bytes).ok()
}
