//! Issues tokens: header and claims here, the signature by the [`Signer`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Claims, Header, RESERVED_CLAIMS, Subject, TokenSettings, TokenUse};
use crate::domain::{Dialect, Random};
use crate::error::{Error, Result};
use crate::keys::{KeyRole, SignError, Signer};

/// Makes signed tokens for sessions.
#[derive(Clone)]
pub struct TokenIssuer {
    signer: Arc<dyn Signer>,
    settings: TokenSettings,
    random: Arc<dyn Random>,
}

/// What a new token is to say.
#[derive(Debug)]
pub struct NewToken {
    /// The session it speaks for.
    pub subject: Subject,
    /// That session's dialect.
    pub dialect: Dialect,
    /// What it is for.
    pub token_use: TokenUse,
    /// `iat` and `nbf`.
    pub issued_at: Timestamp,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
    /// The dialect's own claims. One that would take a reserved name is left out.
    pub own_claims: Map<String, Value>,
}

impl TokenIssuer {
    /// An issuer under this name with these keys.
    pub fn new(signer: Arc<dyn Signer>, settings: TokenSettings, random: Arc<dyn Random>) -> Self {
        Self {
            signer,
            settings,
            random,
        }
    }

    /// Signs a token with the key that signs its session's dialect, by that key's algorithm.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the signer does not answer or has no active key for it.
    pub async fn issue(&self, token: NewToken) -> Result<String> {
        let key = self.signer.active(KeyRole::of(token.dialect));
        let key = key.ok_or_else(|| unsigned(SignError::UnknownKey))?;
        let header = Header {
            alg: key.algorithm.as_str(),
            kid: key.kid,
            typ: token.token_use.typ(),
        };
        let mut message = format!("{}.{}", encode(&header)?, encode(&self.claims(token)?)?);
        let signature = self
            .signer
            .sign(key.kid, message.as_bytes())
            .await
            .map_err(unsigned)?;
        message.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut message);
        Ok(message)
    }

    fn claims(&self, token: NewToken) -> Result<Map<String, Value>> {
        let issued_at = token.issued_at.as_second();
        let lifetime = i64::try_from(token.lifetime.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: token.subject.user.to_string(),
            iat: issued_at,
            nbf: issued_at,
            exp: issued_at.saturating_add(lifetime),
            jti: self.random.uuid().to_string(),
            sid: token.subject.session.to_string(),
            token_use: token.token_use,
            dialect: token.dialect,
            project: token.subject.project.map(|id| id.to_string()),
            device: token.subject.device.map(|id| id.to_string()),
        };
        let mut all = token.own_claims;
        all.retain(|name, _| !RESERVED_CLAIMS.contains(&name.as_str()));
        let Value::Object(registered) = serde_json::to_value(claims).map_err(internal)? else {
            return Err(Error::Internal("claims are an object".into()));
        };
        all.extend(registered);
        Ok(all)
    }
}

impl fmt::Debug for TokenIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenIssuer")
    }
}

fn encode(value: &impl serde::Serialize) -> Result<String> {
    Ok(BASE64URL_NOPAD.encode(&serde_json::to_vec(value).map_err(internal)?))
}

fn internal(fault: serde_json::Error) -> Error {
    Error::Internal(fault.into())
}

fn unsigned(fault: SignError) -> Error {
    Error::Unavailable(fault.into())
}
