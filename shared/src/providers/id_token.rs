//! ID tokens of issuers that a project trusts (OpenID Connect Core §3.1.3.7, RFC 8725).
//!
//! The key is the issuer's, the algorithm the key's; nothing that a token says of keys is believed but the name of one.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Number, Value};

use super::exchange::Exchange;
use super::jwk::PublicKey;
use super::key_sets::KeySets;
use super::{Identity, ProviderError, is_subject, is_token, name};
use crate::domain::{EmailAddress, TrustedIssuer};

/// The issuer's clock and ours may differ by this much.
const LEEWAY: SignedDuration = SignedDuration::from_secs(5);
/// What would bring along a key or change how the token is read (RFC 7515 §4.1, RFC 7797).
const FOREIGN_HEADERS: [&str; 6] = ["crit", "b64", "jwk", "jku", "x5u", "x5c"];
/// Other kinds of tokens of an issuer do not stand in for these (RFC 8725 §3.11).
const TYPES: [&str; 2] = ["JWT", "at+jwt"];
/// Google's tokens may name their issuer without the scheme.
const GOOGLE: (&str, &str) = ("https://accounts.google.com", "accounts.google.com");

type Object = Map<String, Value>;

/// Whose token this is.
pub(super) async fn verify(
    exchange: &Exchange,
    key_sets: &KeySets,
    issuer: &TrustedIssuer<'_>,
    token: &str,
) -> Result<Identity, ProviderError> {
    let token = Token::read(token).ok_or(ProviderError::Refused)?;
    // First what costs nothing: only a token that may be good has us fetch keys.
    let (identity, expires) = judge(&token.claims, issuer, exchange.now())?;
    let wanted = (token.kid.as_str(), token.algorithm);
    let key = key_sets.key(exchange, issuer.jwks_uri, wanted).await?;
    if !token.is_signed_by(&key) {
        return Err(ProviderError::Refused);
    }
    if exchange.now() - LEEWAY >= expires {
        return Err(ProviderError::Expired);
    }
    Ok(identity)
}

/// A token, as far as it can be read without a key.
struct Token<'a> {
    kid: String,
    algorithm: Algorithm,
    claims: Object,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    fn read(token: &'a str) -> Option<Self> {
        if !is_token(token) {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header = object(header)?;
        let is_foreign = FOREIGN_HEADERS
            .iter()
            .any(|name| header.contains_key(*name));
        let is_of_type = header.get("typ").is_none_or(is_type);
        if is_foreign || !is_of_type {
            return None;
        }
        let algorithm = match header.get("alg")?.as_str()? {
            "RS256" => Algorithm::RS256,
            "ES256" => Algorithm::ES256,
            _ => return None,
        };
        Some(Self {
            kid: header.get("kid")?.as_str()?.to_owned(),
            algorithm,
            claims: object(claims)?,
            message,
            signature,
        })
    }

    fn is_signed_by(&self, key: &PublicKey) -> bool {
        let message = self.message.as_bytes();
        let genuine =
            jsonwebtoken::crypto::verify(self.signature, message, &key.key, key.algorithm);
        genuine.unwrap_or(false)
    }
}

fn is_type(typ: &Value) -> bool {
    let typ = typ.as_str().unwrap_or_default();
    TYPES.iter().any(|known| typ.eq_ignore_ascii_case(known))
}

fn object(segment: &str) -> Option<Object> {
    let bytes = BASE64URL_NOPAD.decode(segment.as_bytes()).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Who the claims speak of, and until when: checked for everything but that.
fn judge(
    claims: &Object,
    issuer: &TrustedIssuer<'_>,
    now: Timestamp,
) -> Result<(Identity, Timestamp), ProviderError> {
    let believed = is_of(claims, issuer.issuer) && is_for(claims, issuer.client_ids);
    let begun = is_past(claims, "nbf", now) && is_past(claims, "iat", now);
    let (true, true, Some(expires)) = (believed, begun, instant(claims, "exp")) else {
        return Err(ProviderError::Refused);
    };
    Ok((identity(claims, issuer.issuer)?, expires))
}

fn is_of(claims: &Object, issuer: &str) -> bool {
    let named = claims.get("iss").and_then(Value::as_str);
    named == Some(issuer) || (issuer == GOOGLE.0 && named == Some(GOOGLE.1))
}

/// Whether one of our clients is meant; beside others, one of ours has to have asked for the token.
fn is_for(claims: &Object, client_ids: &[String]) -> bool {
    let is_ours = |client: &Value| {
        client
            .as_str()
            .is_some_and(|id| client_ids.iter().any(|own| own == id))
    };
    match claims.get("aud") {
        Some(Value::Array(audience)) if !audience.iter().all(Value::is_string) => false,
        Some(Value::Array(audience)) => {
            let alone = audience.iter().all(is_ours);
            let asked = claims.get("azp").is_some_and(is_ours);
            audience.iter().any(is_ours) && (alone || asked)
        }
        Some(audience) => is_ours(audience),
        None => false,
    }
}

/// Whether an instant that need not be told is not to come yet.
fn is_past(claims: &Object, claim: &str, now: Timestamp) -> bool {
    !claims.contains_key(claim) || instant(claims, claim).is_some_and(|at| at <= now + LEEWAY)
}

/// A `NumericDate` (RFC 7519 §2), which may have a fraction.
fn instant(claims: &Object, claim: &str) -> Option<Timestamp> {
    let number: &Number = claims.get(claim)?.as_number()?;
    if let Some(seconds) = number.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    let since = SignedDuration::try_from_secs_f64(number.as_f64()?).ok()?;
    Timestamp::from_duration(since).ok()
}

fn identity(claims: &Object, issuer: &str) -> Result<Identity, ProviderError> {
    let subject = text(claims, "sub")?.filter(|subject| is_subject(subject));
    let subject = subject.ok_or(ProviderError::Refused)?;
    let email = text(claims, "email")?;
    let nickname = text(claims, "nickname")?.and_then(name);
    let whole_name = text(claims, "name")?.and_then(name);
    Ok(Identity {
        subject: subject.to_owned(),
        unique_subject: format!("{issuer}\n{subject}"),
        email: email.and_then(|email| EmailAddress::parse(email).ok()),
        email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        nickname: nickname.or(whole_name),
    })
}

/// A text, if there is anything; refused if that is none.
fn text<'a>(claims: &'a Object, claim: &str) -> Result<Option<&'a str>, ProviderError> {
    match claims.get(claim) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(ProviderError::Refused),
    }
}
