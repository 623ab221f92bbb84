//! The tokens of this dialect: the claims that document 000 lists, beside the registered ones.

use std::time::Duration;

use serde_json::{Map, Value, json};
use shared::domain::{Attributes, Name, Session, User};
use shared::error::Error;
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::AttributesService;
use shared::tokens::{NewToken, Subject, TokenIssuer, TokenUse};

/// The dialect's claims as JSON may have this many bytes: the whole token stays under 3 kB.
const MAX_OWN_CLAIM_BYTES: usize = 1400;

/// Issues access and refresh tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    issuer: TokenIssuer,
    access_lifetime: Duration,
    pub(crate) refresh_lifetime: Duration,
    attribute_claims: Vec<String>,
    attributes: AttributesService,
    clock: std::sync::Arc<dyn shared::domain::Clock>,
}

impl Tokens {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            issuer: foundation.token_issuer(secrets)?,
            access_lifetime: foundation.config.access_token_lifetime,
            refresh_lifetime: foundation.config.refresh_token_lifetime,
            attribute_claims: foundation.config.token_attributes.clone(),
            attributes: foundation.attributes(),
            clock: foundation.context.clock.clone(),
        })
    }

    /// Opens the protected routes, and those of other services that verify it themselves. Reads the attributes if some of them
    /// are configured to be claims.
    pub(crate) async fn access(&self, user: &User, session: &Session) -> Result<String, Error> {
        let attributes = if self.attribute_claims.is_empty() {
            Attributes::default()
        } else {
            self.attributes.of(user.id).await?
        };
        let token = NewToken {
            subject: Subject::of(session),
            dialect: session.dialect,
            token_use: TokenUse::Access,
            issued_at: self.clock.now(),
            lifetime: self.access_lifetime,
            own_claims: self.access_claims(user, &attributes),
        };
        self.issuer.issue(token).await
    }

    /// Gets new access tokens for as long as the session lives.
    pub(crate) async fn refresh(&self, user: &User, session: &Session) -> Result<String, Error> {
        let token = NewToken {
            subject: Subject::of(session),
            dialect: session.dialect,
            token_use: TokenUse::Refresh,
            issued_at: session.created_at,
            lifetime: self.refresh_lifetime,
            own_claims: Map::from_iter([("id".to_owned(), json!(user.number.0))]),
        };
        self.issuer.issue(token).await
    }

    fn access_claims(&self, user: &User, attributes: &Attributes) -> Map<String, Value> {
        let name = |name: &Option<Name>| {
            name.as_ref()
                .map_or_else(String::new, |name| name.as_str().to_owned())
        };
        let mut claims = Map::from_iter([
            ("email".to_owned(), json!(user.email.canonical())),
            ("firstname".to_owned(), json!(name(&user.first_name))),
            ("lastname".to_owned(), json!(name(&user.last_name))),
            ("id".to_owned(), json!(user.number.0)),
            ("language".to_owned(), json!(user.language.as_str())),
            ("permissionLevel".to_owned(), json!(user.level.as_number())),
        ]);
        let mut bytes = json!(claims).to_string().len();
        for key in &self.attribute_claims {
            let Some(text) = attributes.text(key) else {
                continue;
            };
            let added = json!({ key: text }).to_string().len();
            if bytes + added <= MAX_OWN_CLAIM_BYTES {
                bytes += added;
                claims.insert(key.clone(), json!(text));
            }
        }
        claims
    }
}
