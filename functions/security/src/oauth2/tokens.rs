//! The tokens of this dialect: an access token, and a refresh token that rotates.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Map;
use shared::domain::{Clock, Generation, User};
use shared::error::Error;
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{CurrentUser, Opening, SignedIn};
use shared::tokens::{NewToken, RefreshTokens, Subject, TokenIssuer, TokenUse, issued_at};

use super::view::WebTokenResult;

use crate::DIALECT;

/// Issues tokens as document 001 has them.
#[derive(Clone)]
pub(super) struct Tokens {
    issuer: TokenIssuer,
    refresh: RefreshTokens,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
}

/// An access token, and when it was issued.
pub(super) struct Access {
    token: String,
    issued_at: Timestamp,
}

impl Tokens {
    pub(super) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            issuer: foundation.token_issuer(secrets)?,
            refresh: foundation.refresh_tokens(secrets)?,
            clock: Arc::clone(&foundation.context.clock),
            lifetime: foundation.config.access_token_lifetime,
        })
    }

    /// What a refresh token names.
    pub(super) fn read(&self, refresh_token: &str) -> Result<Generation, Error> {
        self.refresh.read(refresh_token)
    }

    /// Of a session that opens with them.
    pub(super) async fn first(&self, opening: Opening<'_>) -> Result<WebTokenResult, Error> {
        let access = self.access(Subject::of(opening.session())).await;
        let (SignedIn { user, session, .. }, access) = opening.open_with(access).await?;
        Ok(self.with(access, &user, &session.present_generation()))
    }

    /// An access token for a session that goes on.
    pub(super) async fn access(&self, subject: Subject) -> Result<Access, Error> {
        let issued_at = self.clock.now();
        let token = NewToken {
            subject,
            dialect: DIALECT,
            token_use: TokenUse::Access,
            issued_at,
            lifetime: self.lifetime,
            own_claims: Map::new(),
        };
        let token = self.issuer.issue(token).await?;
        Ok(Access { token, issued_at })
    }

    /// That token, with the refresh token that is to follow.
    pub(super) fn with(
        &self,
        access: Access,
        user: &User,
        generation: &Generation,
    ) -> WebTokenResult {
        let (lifetime, created) = (self.lifetime, access.issued_at.as_second());
        let result = WebTokenResult::of(user, access.token, lifetime, created);
        result.with_refresh_token(self.refresh.issue(generation))
    }

    /// One that is looked at, whose refresh token is not ours to show.
    pub(super) fn seen(&self, current: &CurrentUser, access_token: &str) -> WebTokenResult {
        let access_token = access_token.to_owned();
        let created = issued_at(&access_token).map_or(0, Timestamp::as_second);
        WebTokenResult::of(current.user(), access_token, self.lifetime, created)
    }
}
