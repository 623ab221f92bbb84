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

/// Whose word a token is, and for whom, before anything is made of it.
#[derive(Debug)]
pub enum Vouched {
    /// Ours.
    Session(Box<Participant>),
    /// A provider's.
    Identity(ProviderName, Identity),
}

impl Vouched {
    /// Whether that is whom somebody says they are, by the provider's own name.
    pub fn is(&self, subject: &str) -> bool {
        matches!(self, Self::Identity(_, identity) if identity.subject == subject)
    }
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

    /// Whom a provider of the project vouches for. Up to two calls to the provider.
    ///
    /// # Errors
    /// [`Error::InvalidToken`]; [`Error::ExpiredToken`]; [`Error::UnsupportedProvider`]; [`Error::ProviderUnavailable`].
    pub async fn verify(
        &self,
        project: &Project,
        provider: ProviderName,
        token: &str,
    ) -> Result<Vouched> {
        let identity = self.identify(project, provider, token).await?;
        Ok(Vouched::Identity(provider, identity))
    }

    /// Whom a token speaks for under the name of Auth0: one of ours, or one of the project's issuer. What [`Members::authorise`] or
    /// [`Self::verify`] take.
    ///
    /// # Errors
    /// Those of both.
    pub async fn verify_auth_zero(&self, project: &Project, token: &str) -> Result<Vouched> {
        match self.members.authorise(project, token).await {
            Ok(participant) => Ok(Vouched::Session(Box::new(participant))),
            Err(Error::InvalidToken) if project.providers.auth_zero().is_some() => {
                self.verify(project, ProviderName::AuthZero, token).await
            }
            Err(refused) => Err(refused),
        }
    }

    /// Who that is in the project. What [`Federation::recognise`] takes; nothing for a token of ours.
    ///
    /// # Errors
    /// Those of [`Federation::recognise`].
    pub async fn recognise(
        &self,
        project: &Project,
        vouched: Vouched,
        language: Language,
        client: Option<ClientAddress>,
    ) -> Result<Participant> {
        let (provider, identity) = match vouched {
            Vouched::Session(participant) => return Ok(*participant),
            Vouched::Identity(provider, identity) => (provider, identity),
        };
        let newcomer = Newcomer {
            provider,
            identity: &identity,
            language,
            client,
        };
        self.federation.recognise(project, &newcomer).await
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
