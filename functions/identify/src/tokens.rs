//! The tokens of this dialect: an access token, a profile token and a refresh token that rotates.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use shared::domain::{
    Clock, DeviceId, ExternalId, Generation, Name, Project, ProviderName, Session, User,
};
use shared::error::Error;
use shared::runtime::{Foundation, Secrets, StartError};
use shared::tokens::{NewToken, RefreshTokens, Subject, TokenIssuer, TokenUse};

use crate::DIALECT;
use crate::view::{LoginData, TokenData};

/// Issues tokens as document 004 has them.
#[derive(Clone)]
pub(crate) struct Tokens {
    issuer: TokenIssuer,
    refresh: RefreshTokens,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
}

/// An access token and a profile token.
pub(crate) struct Signed {
    access: String,
    profile: String,
}

impl Tokens {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            issuer: foundation.token_issuer(secrets)?,
            refresh: foundation.refresh_tokens(secrets)?,
            clock: Arc::clone(&foundation.context.clock),
            lifetime: foundation.config.access_token_lifetime,
        })
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How long an access token lives.
    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// What a refresh token names.
    pub(crate) fn read(&self, refresh_token: &str) -> Result<Generation, Error> {
        self.refresh.read(refresh_token)
    }

    /// What whoever has signed in on a device is told.
    pub(crate) fn login(
        &self,
        project: &Project,
        (user, session): (&User, &Session),
        device: DeviceId,
        at: Timestamp,
        signed: Signed,
    ) -> LoginData {
        LoginData {
            device_id: device.to_string(),
            time_stamp: at.as_second(),
            signature: project.signature(user.id, device, at),
            external_id: external_id(project, user).as_str().to_owned(),
            user_id: user.id.to_string(),
            tokens: Some(self.with(signed, &session.present_generation())),
            sign_up: user.created_at.as_second(),
        }
    }

    /// The two that are signed.
    pub(crate) async fn signed(
        &self,
        project: &Project,
        user: &User,
        subject: Subject,
    ) -> Result<Signed, Error> {
        let access = self.issue(subject, TokenUse::Access, Map::new());
        let claims = profile_claims(project, user);
        let profile = self.issue(subject, TokenUse::Profile, claims);
        let (access, profile) = tokio::try_join!(access, profile)?;
        Ok(Signed { access, profile })
    }

    /// Those, with the refresh token that is to follow.
    pub(crate) fn with(&self, signed: Signed, generation: &Generation) -> TokenData {
        TokenData {
            access: signed.access,
            profile: signed.profile,
            refresh: self.refresh.issue(generation),
        }
    }

    /// An access token alone.
    pub(crate) async fn access(&self, session: &Session) -> Result<String, Error> {
        let subject = Subject::of(session);
        self.issue(subject, TokenUse::Access, Map::new()).await
    }

    async fn issue(
        &self,
        subject: Subject,
        token_use: TokenUse,
        own_claims: Map<String, Value>,
    ) -> Result<String, Error> {
        let token = NewToken {
            subject,
            dialect: DIALECT,
            token_use,
            issued_at: self.clock.now(),
            lifetime: self.lifetime,
            own_claims,
        };
        self.issuer.issue(token).await
    }
}

/// A project's name for one of our own accounts.
pub(crate) fn external_id(project: &Project, user: &User) -> ExternalId {
    project.external_id(ProviderName::AwsCognito, &user.id.to_string())
}

fn profile_claims(project: &Project, user: &User) -> Map<String, Value> {
    let external_id = external_id(project, user);
    let nickname = user.nickname.as_ref().map(Name::as_str);
    Map::from_iter([
        ("externalId".to_owned(), Value::from(external_id.as_str())),
        ("email".to_owned(), Value::from(user.email.canonical())),
        ("nickname".to_owned(), Value::from(nickname)),
    ])
}
