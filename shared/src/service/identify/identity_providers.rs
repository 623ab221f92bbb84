//! Whom a token of somebody else's speaks for.

use super::{Federation, Members, Newcomer, Participant};
use crate::domain::{ClientAddress, Language, Project, ProviderName};
use crate::error::{Error, Result};
use crate::providers::{Identity, ProviderClient};

/// Asks providers, and finds whom they name.
#[derive(Debug, Clone)]
pub struct IdentityProviders {
    client: ProviderClient,
    federation: Federation,
    members: Members,
}

/// What somebody brings.
#[derive(Debug)]
pub struct Credential<'a> {
    /// The provider's token.
    pub token: &'a str,
    /// Who they say they are, by the provider's own name.
    pub subject: Option<&'a str>,
    /// The language of an account that is made for them.
    pub language: Language,
    /// Who asks.
    pub client: Option<ClientAddress>,
}

impl IdentityProviders {
    /// Providers that are asked by this client.
    pub fn new(client: ProviderClient, federation: Federation, members: Members) -> Self {
        Self {
            client,
            federation,
            members,
        }
    }

    /// Whom a provider of the project vouches for. What [`Federation::recognise`] takes, and up to two calls to the provider.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], also for somebody else than they say; [`Error::ExpiredToken`]; [`Error::UnsupportedProvider`];
    /// [`Error::ProviderUnavailable`]; those of [`Federation::recognise`].
    pub async fn recognise(
        &self,
        project: &Project,
        provider: ProviderName,
        credential: &Credential<'_>,
    ) -> Result<Participant> {
        let identity = self.identify(project, provider, credential.token).await?;
        let differs = |subject| subject != identity.subject;
        if credential.subject.is_some_and(differs) {
            return Err(Error::InvalidToken);
        }
        let newcomer = Newcomer {
            provider,
            identity: &identity,
            language: credential.language.clone(),
            client: credential.client,
        };
        self.federation.recognise(project, &newcomer).await
    }

    /// Whom a token speaks for under the name of Auth0: one of ours, or one of the project's issuer. What [`Members::authorise`] or
    /// [`Self::recognise`] take.
    ///
    /// # Errors
    /// Those of both.
    pub async fn auth_zero(
        &self,
        project: &Project,
        credential: &Credential<'_>,
    ) -> Result<Participant> {
        match self.members.authorise(project, credential.token).await {
            Err(Error::InvalidToken) if project.providers.auth_zero().is_some() => {
                self.recognise(project, ProviderName::AuthZero, credential)
                    .await
            }
            authorised => authorised,
        }
    }

    async fn identify(
        &self,
        project: &Project,
        provider: ProviderName,
        token: &str,
    ) -> Result<Identity> {
        let (client, settings) = (&self.client, &project.providers);
        let missing = Error::UnsupportedProvider;
        let identity = match provider {
            ProviderName::Google => {
                let issuer = settings.google().ok_or(missing)?;
                client.verify_id_token(&issuer, token).await
            }
            ProviderName::AuthZero => {
                let issuer = settings.auth_zero().ok_or(missing)?;
                client.verify_id_token(&issuer, token).await
            }
            ProviderName::Facebook => {
                let app = settings.facebook().ok_or(missing)?;
                client.facebook_user(&app, token).await
            }
            ProviderName::Twitter => {
                let app = settings.twitter().ok_or(missing)?;
                client.twitter_user(&app, token).await
            }
            ProviderName::AwsCognito | ProviderName::Anonymous | ProviderName::NoLogin => {
                return Err(missing);
            }
        };
        Ok(identity?)
    }
}
