//! The composition root: builds what a function needs, once, and serves its router.
//!
//! One constructor per capability, so that a function that does not ask for a key or a mailer neither opens nor links it.

mod gate;
mod lambda;

use std::sync::Arc;

use crate::config::{Config, ConfigErrors, Signing};
use crate::domain::{Clock, Random, SystemClock, SystemRandom};
use crate::error::Error;
use crate::http::{Render, RouteTable, Shell};
use crate::keys::{Algorithm, KeyFile, KeyFileError, KeySet, ServerKeys, Signer};
use crate::mail::{Links, MailSender};
use crate::passwords::Passwords;
use crate::service::{
    AccountAdministration, Accounts, AttributesService, Bootstrap, Context, Delivery, Limits,
    Profiles, Recovery, Registrar, Sessions, SignIn, Verification,
};
use crate::store::{Store, StoreError, TableNames};
use crate::tokens::{TokenIssuer, TokenVerifier};

pub use lambda::{ServeError, dynamodb_client, init_logs, serve};

/// What every function has: configuration, store, time, chance and the public keys.
#[derive(Debug, Clone)]
pub struct Foundation {
    /// The configuration.
    pub config: Config,
    /// Store, clock and chance.
    pub context: Context,
    /// The published keys.
    pub key_set: KeySet,
}

/// The private half, for functions that sign tokens or make codes.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Signs tokens.
    pub signer: Arc<dyn Signer>,
    /// The server's symmetric secrets.
    pub server: ServerKeys,
}

/// A function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No key has been published yet: the installation has not been set up.
    #[error("no signing keys are published")]
    NoKeySet,
    /// The private key is not that of a published one.
    #[error("the signing key is not among the published ones")]
    UnpublishedKey,
    /// What was built of them cannot be used.
    #[error(transparent)]
    Core(#[from] Error),
    /// The password hash cannot be computed at this cost.
    #[error("ARGON2_MEMORY_KIB and ARGON2_PASSES: argon2 refuses them")]
    HashCost,
}

impl Foundation {
    /// Reads the environment and the key set; opens the connection to DynamoDB on the way.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start() -> Result<Self, StartError> {
        let config = Config::from_environment()?;
        init_logs(&config.log_level);
        let client = lambda::dynamodb_client().await;
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let store = Store::new(
            client,
            TableNames::with_prefix(&config.table_prefix),
            Arc::clone(&random),
        );
        let key_set = store.find_key_set().await?.ok_or(StartError::NoKeySet)?;
        let context = Context {
            store,
            clock: Arc::new(SystemClock) as Arc<dyn Clock>,
            random,
        };
        Ok(Self {
            config,
            context,
            key_set,
        })
    }

    /// Opens the private keys.
    ///
    /// # Errors
    /// [`StartError::Keys`]; [`StartError::UnpublishedKey`] if nobody could verify what they sign.
    pub fn open_secrets(&self) -> Result<Secrets, StartError> {
        let Signing::Local(path) = &self.config.signing;
        let keys = KeyFile::open(path)?;
        let signer = keys.signer()?;
        let published = signer
            .active(Algorithm::Rs256)
            .and_then(|kid| self.key_set.find(kid));
        published.ok_or(StartError::UnpublishedKey)?;
        Ok(Secrets {
            signer: Arc::new(signer),
            server: keys.server_keys()?,
        })
    }

    /// Password hashing.
    ///
    /// # Errors
    /// [`StartError::HashCost`].
    pub fn passwords(&self) -> Result<Passwords, StartError> {
        Passwords::new(self.config.hash_cost, Arc::clone(&self.context.random))
            .map_err(|_| StartError::HashCost)
    }

    /// Judging tokens by their sessions.
    ///
    /// # Errors
    /// [`StartError::Core`] if a published key is unreadable.
    pub fn sessions(&self) -> Result<Sessions, StartError> {
        let clock = Arc::clone(&self.context.clock);
        let verifier = TokenVerifier::new(&self.key_set, self.config.tokens.clone(), clock)?;
        Ok(Sessions::new(self.context.clone(), verifier))
    }

    /// Profiles.
    pub fn profiles(&self) -> Profiles {
        Profiles::new(self.context.clone())
    }

    /// Attributes.
    pub fn attributes(&self) -> AttributesService {
        AttributesService::new(self.context.clone())
    }

    /// Issuing tokens.
    pub fn token_issuer(&self, secrets: &Secrets) -> TokenIssuer {
        let random = Arc::clone(&self.context.random);
        TokenIssuer::new(
            Arc::clone(&secrets.signer),
            self.config.tokens.clone(),
            random,
        )
    }

    /// Registering.
    pub fn registrar(&self, secrets: &Secrets, passwords: &Passwords) -> Registrar {
        let limits = self.limits(secrets);
        Registrar::new(
            self.context.clone(),
            limits,
            passwords.clone(),
            secrets.server.codes.clone(),
            self.config.accounts,
        )
    }

    /// Administering the accounts of others.
    pub fn account_administration(&self, secrets: &Secrets) -> AccountAdministration {
        AccountAdministration::new(self.context.clone(), secrets.server.seal.clone())
    }

    /// Deleting one's own account.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.context.clone())
    }

    /// Signing in.
    pub fn sign_in(&self, secrets: &Secrets, passwords: &Passwords) -> SignIn {
        SignIn::new(
            self.context.clone(),
            self.limits(secrets),
            passwords.clone(),
            secrets.server.codes.clone(),
        )
    }

    /// Recovery.
    pub fn recovery(&self, secrets: &Secrets, passwords: &Passwords) -> Recovery {
        Recovery::new(
            self.context.clone(),
            self.limits(secrets),
            passwords.clone(),
            secrets.server.codes.clone(),
        )
    }

    /// Verification of addresses.
    pub fn verification(&self, secrets: &Secrets) -> Verification {
        Verification::new(
            self.context.clone(),
            self.limits(secrets),
            secrets.server.codes.clone(),
        )
    }

    /// Doing what the outbox promises.
    pub fn delivery(&self, secrets: &Secrets, mailer: Arc<dyn MailSender>) -> Delivery {
        let links = Links::new(&self.config.ui_url);
        let name = self.config.service_name.clone();
        Delivery::new(self.context.clone(), mailer, links, &secrets.server, name)
    }

    /// Making the first administrator.
    pub fn bootstrap(&self, passwords: &Passwords) -> Bootstrap {
        Bootstrap::new(self.context.clone(), passwords.clone())
    }

    /// The shell around a dialect's routers.
    pub fn shell(
        &self,
        routes: RouteTable,
        render: Render,
        options_text: Option<&'static str>,
    ) -> Shell {
        let random = Arc::clone(&self.context.random);
        Shell {
            routes,
            origins: self.config.origins.clone(),
            render,
            options_text,
            proxy: self.config.trusted_proxy.clone(),
            random,
        }
    }

    fn limits(&self, secrets: &Secrets) -> Limits {
        Limits::new(
            self.context.clone(),
            self.config.limits,
            secrets.server.sources.clone(),
        )
    }
}
