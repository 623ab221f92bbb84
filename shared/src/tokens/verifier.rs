//! Verifies tokens of our own, strictly: a token that we would not have written is not ours.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use super::{Claims, Header, MAX_TOKEN_BYTES, Subject, TokenSettings, TokenUse};
use crate::domain::{Clock, DeviceId, Dialect, ProjectId, SessionId, UserId};
use crate::error::{Error, Result};
use crate::keys::{KeyRole, KeySet, VerifyingKey};

/// Our machines' clocks may differ by this much.
const LEEWAY: SignedDuration = SignedDuration::from_secs(5);

/// Checks signature, header and claims of our tokens. Makes no call.
#[derive(Clone)]
pub struct TokenVerifier {
    keys: Arc<HashMap<String, VerifyingKey>>,
    settings: Arc<TokenSettings>,
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
            let verifying = VerifyingKey::try_from(key);
            let verifying = verifying.map_err(|fault| Error::Internal(fault.into()))?;
            keys.insert(key.kid.clone(), verifying);
        }
        Ok(Self {
            keys: Arc::new(keys),
            settings: Arc::new(settings),
            clock,
        })
    }

    /// The same, with other keys.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_keys(&self, key_set: &KeySet) -> Result<Self> {
        let settings = TokenSettings::clone(&self.settings);
        Self::new(key_set, settings, Arc::clone(&self.clock))
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
        let key = self.keys.get(header.kid)?;
        // The algorithm is that of the key, never that of the header (RFC 8725 §3.1).
        let algorithm = key.algorithm();
        if header.typ != token_use.typ() || header.alg != algorithm.as_str() {
            return None;
        }
        // Otherwise whoever has any of our private keys could forge tokens of all dialects.
        if algorithm.role() != KeyRole::of(dialect) {
            return None;
        }
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
        if !key.verifies(message.as_bytes(), &signature) {
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

#[cfg(test)]
mod properties {
    use std::sync::{Arc, LazyLock};

    use data_encoding::BASE64URL_NOPAD;
    use futures::FutureExt as _;
    use jiff::Timestamp;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::Map;
    use uuid::Uuid;

    use super::{Dialect, SessionId, Subject, TokenSettings, TokenUse, TokenVerifier, UserId};
    use crate::domain::{Clock, SystemRandom};
    use crate::keys::KeyFile;
    use crate::tokens::{NewToken, TokenIssuer};

    /// Stands still.
    #[derive(Debug)]
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_767_268_800).expect("a time")
        }
    }

    static OURS: LazyLock<(TokenIssuer, TokenVerifier)> = LazyLock::new(|| {
        let keys = KeyFile::generate(&SystemRandom).expect("keys can be made");
        let published = keys.key_set().expect("a key set");
        let secrets = keys.open_all().expect("secrets").fit(&published);
        let signer = secrets.expect("published keys").signer();
        let settings = TokenSettings {
            issuer: "https://id.example.com".to_owned(),
            audience: "https://id.example.com".to_owned(),
        };
        let random = Arc::new(SystemRandom);
        let issuer = TokenIssuer::new(signer.expect("a signer"), settings.clone(), random);
        let verifier = TokenVerifier::new(&published, settings, Arc::new(Noon));
        (issuer, verifier.expect("readable keys"))
    });

    /// A token of this session, and whom it speaks for.
    fn token(dialect: Dialect, token_use: TokenUse, ids: [[u8; 16]; 2]) -> (String, Subject) {
        let [user, session] = ids;
        let subject = Subject {
            user: UserId(Uuid::from_bytes(user)),
            session: SessionId(session),
            project: None,
            device: None,
        };
        let issued = OURS.0.issue(NewToken {
            subject,
            dialect,
            token_use,
            issued_at: Noon.now(),
            lifetime: std::time::Duration::from_mins(5),
            own_claims: Map::new(),
        });
        let issued = issued.now_or_never().expect("a key that is here");
        (issued.expect("a token"), subject)
    }

    /// The use for which any token that is not known verifies in any dialect.
    fn verified(text: &str) -> Option<(Dialect, TokenUse)> {
        let pairs = Dialect::ALL
            .into_iter()
            .flat_map(|dialect| TokenUse::ALL.map(|token_use| (dialect, token_use)));
        pairs.into_iter().find(|(dialect, token_use)| {
            let (_, verifier) = &*OURS;
            verifier.verify(text, *token_use, *dialect).is_ok()
                || verifier.verify_expired(text, *token_use, *dialect).is_ok()
        })
    }

    fn dialect() -> impl Strategy<Value = Dialect> {
        prop::sample::select(vec![Dialect::UserService, Dialect::Rbac, Dialect::Security])
    }

    fn token_use() -> impl Strategy<Value = TokenUse> {
        prop::sample::select(TokenUse::ALL.to_vec())
    }

    proptest! {
        // The longest keys sign here, unoptimised.
        #![proptest_config(ProptestConfig {
            cases: ProptestConfig::default().cases / 4,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_token_is_good_for_its_own_use_in_its_own_dialect(
            dialect in dialect(),
            token_use in token_use(),
            ids: [[u8; 16]; 2],
        ) {
            let (token, subject) = token(dialect, token_use, ids);
            let read = OURS.1.verify(&token, token_use, dialect);
            prop_assert_eq!(read.ok(), Some(subject));
            prop_assert_eq!(verified(&token), Some((dialect, token_use)));
        }

        #[test]
        fn a_token_of_which_a_byte_was_changed_is_none(
            dialect in dialect(),
            token_use in token_use(),
            ids: [[u8; 16]; 2],
            at in any::<prop::sample::Index>(),
            by in prop_oneof![3 => "[A-Za-z0-9_.-]", 1 => "[\\x00-\\x7f]"],
        ) {
            let (mut token, _) = token(dialect, token_use, ids);
            let at = at.index(token.len());
            prop_assume!(token[at..=at] != by);
            token.replace_range(at..=at, &by);
            prop_assert_eq!(verified(&token), None, "{}", token);
        }

        #[test]
        fn a_token_that_was_cut_or_grew_is_none(
            dialect in dialect(),
            ids: [[u8; 16]; 2],
            at in any::<prop::sample::Index>(),
            more in "[A-Za-z0-9_.=-]{1,3}",
        ) {
            let (token, _) = token(dialect, TokenUse::Access, ids);
            prop_assert_eq!(verified(&token[..at.index(token.len())]), None);
            let at = at.index(token.len() + 1);
            prop_assert_eq!(verified(&format!("{}{more}{}", &token[..at], &token[at..])), None);
        }
    }

    proptest! {
        #[test]
        fn what_we_did_not_sign_is_none(
            header in prop_oneof!["\\PC{0,40}", Just(r#"{"alg":"none","kid":"","typ":"at+jwt"}"#.to_owned())],
            claims in vec(any::<u8>(), 0..60),
            signature in vec(any::<u8>(), 0..80),
            text in "\\PC{0,60}",
        ) {
            let parts = [header.as_bytes(), &claims, &signature];
            let parts = parts.map(|part| BASE64URL_NOPAD.encode(part));
            prop_assert_eq!(verified(&parts.join(".")), None);
            prop_assert_eq!(verified(&text), None);
        }
    }
}
