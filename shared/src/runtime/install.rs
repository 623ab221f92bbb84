//! What platform-operator does to an installation: setting it up, and what an operator asks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Foundation, Source, StartError, aws};
use crate::config::{Config, Place};
use crate::domain::EmailAddress;
use crate::error::Error;
use crate::keys::{Algorithm, Home, KeySet, Parameters, ParametersError, SecretName, Secrets};
use crate::service::{Administrator, ConnectKmsKeys, KeyHomes, KeyRotation, Setup, Trail};
use crate::store::StoreError;

/// Where tokens say that they come from; the public URL unless it is set, and for good.
const ISSUER: &str = "TOKEN_ISSUER";
const PUBLIC_URL: &str = "PUBLIC_URL";

/// What the audit trail calls what an operator does.
pub const OPERATOR: &str = "operator";

/// How an installation is to be.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The settings that all functions share; an empty value counts as unset.
    pub settings: BTreeMap<String, String>,
    /// Whose mailbox the first administrator's invitation goes to.
    pub administrator: EmailAddress,
}

/// An installation that was set up.
#[derive(Debug, Clone)]
pub struct Installed {
    /// Whether keys were missing.
    pub made_keys: bool,
    /// The settings as they are now.
    pub settings: BTreeMap<String, String>,
    /// Who is administrator.
    pub administrator: Administrator,
}

/// The operator could not do it.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The settings cannot be used, or the installation has not been set up.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The core refused or failed.
    #[error(transparent)]
    Core(#[from] Error),
    /// Functions would lose the right to sign.
    #[error(
        "SIGNING: keys still lie in KMS; set leave-kms until the command status shows none there"
    )]
    StillInKms,
    /// No key for it is made.
    #[error("algorithm: no key of it is to be made, by the setting TOKEN_ALGORITHM")]
    OtherAlgorithm,
}

impl InstallError {
    /// Whether the same may go well a little later.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Core(Error::Unavailable(_))
                | Self::Start(
                    StartError::Store(StoreError::Unavailable(_))
                        | StartError::Parameters(ParametersError::Unavailable(_))
                )
        )
    }
}

/// Who may write what functions read: keys, settings, administrators.
#[derive(Debug, Clone)]
pub struct Operator {
    source: Source,
    homes: KeyHomes,
}

impl Operator {
    /// Of the installation that a source reads, whose secrets are these.
    pub fn new(source: Source, vault: Parameters, kms: ConnectKmsKeys) -> Self {
        let homes = KeyHomes { vault, kms };
        Self { source, homes }
    }

    /// Of the installation that the process's environment names.
    pub(super) fn from_environment(secrets: &'static [SecretName]) -> Result<Self, StartError> {
        let (source, aws) = Source::from_environment(secrets, Some(aws::vault))?;
        let place = Place::read(source.environment.clone())?;
        let parameters = aws::parameters(&aws, &place);
        let kms = move || aws::kms_keys(&aws, &place);
        Ok(Self::new(source, parameters, Arc::new(kms)))
    }

    /// The installation as functions find it.
    ///
    /// # Errors
    /// [`StartError`]: it has not been set up, or not well.
    pub async fn load(&self) -> Result<(Foundation, Secrets), StartError> {
        self.source.load().await
    }

    /// Makes what is missing: keys, settings, the first administrator. Again, it changes the settings alone, and adds rights
    /// that the administrator lacks.
    ///
    /// # Errors
    /// [`InstallError`]; nothing is written if the settings cannot be used.
    pub async fn install(&self, wish: &Wish) -> Result<Installed, InstallError> {
        let mut settings = wish.settings.clone();
        settings.retain(|_, value| !value.trim().is_empty());
        if let Some(url) = settings.get(PUBLIC_URL).cloned() {
            settings.entry(ISSUER.to_owned()).or_insert(url);
        }
        let config =
            Config::with_settings(&self.source.environment, &settings).map_err(StartError::from)?;
        self.keep_rights(&config).await?;
        let trail = self.trail(&config);
        let work = Box::pin(self.complete(wish, settings, &config));
        trail.keep_of_command(work).await
    }

    async fn complete(
        &self,
        wish: &Wish,
        settings: BTreeMap<String, String>,
        config: &Config,
    ) -> Result<Installed, InstallError> {
        let setup = self.setup();
        let made_keys = setup.ensure_keys(&self.rotation(config)).await?;
        let settings = setup.put_settings(&settings).await?;
        let (foundation, secrets) = self.load().await?;
        let bootstrap = foundation.bootstrap(&secrets)?;
        let administrator = bootstrap
            .ensure_administrator(&wish.administrator, None)
            .await?;
        Ok(Installed {
            made_keys,
            settings,
            administrator,
        })
    }

    /// Changes where tokens say that they come from: all that were issued before are refused from then on.
    ///
    /// # Errors
    /// [`InstallError`].
    pub async fn change_issuer(&self, issuer: &str) -> Result<(), InstallError> {
        let mut settings = self.source.installation().await?.settings;
        settings.insert(ISSUER.to_owned(), issuer.to_owned());
        let config = Config::with_settings(&self.source.environment, &settings);
        let trail = self.trail(&config.map_err(StartError::from)?);
        let setup = self.setup();
        Ok(trail.keep_of_command(setup.put_issuer(issuer)).await?)
    }

    fn trail(&self, config: &Config) -> Trail {
        Trail::new(self.source.context.clone(), OPERATOR, config.audit_days)
    }

    /// Does to the signing keys what is due.
    ///
    /// # Errors
    /// [`InstallError`].
    pub async fn advance_keys(&self) -> Result<KeySet, InstallError> {
        let config = self.config().await?;
        let (rotation, trail) = (self.rotation(&config), self.trail(&config));
        Ok(trail
            .keep_of_command(Box::pin(rotation.advance(&[])))
            .await?)
    }

    /// The same, and has keys replaced whatever their age: that of an algorithm, or all.
    ///
    /// # Errors
    /// [`InstallError`].
    pub async fn rotate(&self, only: Option<Algorithm>) -> Result<KeySet, InstallError> {
        let config = self.config().await?;
        let forced = config.key_rotation().wish.roles(only);
        let forced = forced.ok_or(InstallError::OtherAlgorithm)?;
        let (rotation, trail) = (self.rotation(&config), self.trail(&config));
        Ok(trail
            .keep_of_command(Box::pin(rotation.advance(&forced)))
            .await?)
    }

    /// Drops a signing key with all its tokens, and has another one sign at once if it did. Nothing if there is no such key.
    ///
    /// # Errors
    /// [`InstallError`].
    pub async fn revoke_key(&self, kid: &str) -> Result<Option<KeySet>, InstallError> {
        let config = self.config().await?;
        let (rotation, trail) = (self.rotation(&config), self.trail(&config));
        Ok(trail
            .keep_of_command(Box::pin(rotation.revoke(kid)))
            .await?)
    }

    async fn config(&self) -> Result<Config, InstallError> {
        let settings = self.source.installation().await?.settings;
        let config = Config::with_settings(&self.source.environment, &settings);
        Ok(config.map_err(StartError::from)?)
    }

    /// Refuses to take KMS out of the settings, with which the rights on it go, while a key lies there.
    async fn keep_rights(&self, config: &Config) -> Result<(), InstallError> {
        if config.keys.home == Home::Kms || config.keys.leaves_kms {
            return Ok(());
        }
        let store = &self.source.context.store;
        let KeySet { keys, dropped } = store
            .find_installation()
            .await
            .map_err(Error::from)?
            .key_set;
        let in_kms = keys.iter().any(|key| key.kms_key.is_some())
            || dropped.iter().any(|key| key.kms_key.is_some());
        if in_kms {
            return Err(InstallError::StillInKms);
        }
        Ok(())
    }

    fn rotation(&self, config: &Config) -> KeyRotation {
        let context = self.source.context.clone();
        KeyRotation::new(context, self.homes.clone(), config.key_rotation())
    }

    fn setup(&self) -> Setup {
        Setup::new(self.source.context.clone(), self.homes.vault.clone())
    }
}
