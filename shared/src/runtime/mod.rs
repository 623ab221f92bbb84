//! The composition root: builds what a function needs, once, and anew when the installation has changed.
//!
//! One constructor per capability, so that a function that does not ask for a key or a mailer neither opens nor links it.

mod aws;
mod callback;
mod function;
mod gateway;
mod https;
mod install;
mod lambda;
mod live;
mod log;
mod metrics;
mod process;
mod provider_http;

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, ConfigErrors};
use crate::domain::{Dialect, EmailAddress, LogLevel, PasswordRule};
use crate::error::Error;
use crate::http::{DEADLINE, Render, RouteTable, Shell};
use crate::keys::{
    KeyFileError, KeyRole, NotOpened, ParametersError, PermittedSigner, SealingKey, ServerKey,
    Unpublished,
};
use crate::mail::{Links, MailSender};
use crate::pages::{FormTokens, PageHost};
use crate::passwords::Passwords;
use crate::providers::ProviderClient;
use crate::service::{
    AccountAdministration, Accounts, AttributesService, AuditReading, Avatars, Bootstrap, Context,
    CookieSessions, Delivery, Directory, EmailChange, Enrolment, Federation, Guests,
    IdentityProviders, Limits, Mailability, Mailer, Members, Messages, OwnSessions, PasswordChange,
    Permissions, PhoneNumbers, Profiles, Projects, Reauthentication, Recovery, Registrar, Roles,
    Sessions, SignIn, SignInCodes, StepwiseSignIn, SystemControl, SystemSettings, TakeOver, Trail,
    UserAdministration, UserDetailsService, Verification,
};
use crate::sms::SmsSender;
use crate::store::StoreError;
use crate::tokens::{RefreshTokens, TokenIssuer, TokenVerifier};

pub use crate::keys::{
    Algorithm, KeySet, PublicKey, Rotation, SecretName, Secrets, Step as KeyStep,
};
pub use aws::{Aws, mailer};
pub use callback::Callback;
pub use function::Function;
pub use install::{InstallError, Installed, OPERATOR, Operator, Wish};
pub use lambda::{ServeError, serve, serve_events, serve_operator};
pub use live::{Live, MakeMessengers, Source};
pub use log::{LogFilter, init_logs, logs};
pub use metrics::{Metrics, NAMESPACE, metric_names};
pub use process::ThisProcess;
pub use provider_http::ProviderNetwork;

/// What every function has: configuration, store, time, chance and the public keys.
#[derive(Debug, Clone)]
pub struct Foundation {
    /// The configuration.
    pub config: Config,
    /// Store, clock and chance.
    pub context: Context,
    /// The published keys.
    pub key_set: KeySet,
    /// What sends, for a function that sends anything.
    pub messengers: Option<Messengers>,
    /// The process that serves.
    pub process: Arc<ThisProcess>,
}

/// What sends mails and text messages.
#[derive(Debug, Clone)]
pub struct Messengers {
    /// Sends mails.
    pub mailer: Arc<dyn MailSender>,
    /// Sends text messages.
    pub sms: Arc<dyn SmsSender>,
}

/// A function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The secrets of a local installation.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The secrets of an installation on AWS.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// A secret that was not asked for.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// What sends was not asked for.
    #[error("the function did not ask to send messages")]
    NotSending,
    /// The private key is not that of a published one.
    #[error(transparent)]
    Unpublished(#[from] Unpublished),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No key has been published yet.
    #[error("the installation has not been set up: platform-operator has not run")]
    NotSetUp,
    /// What was built of them cannot be used.
    #[error(transparent)]
    Core(#[from] Error),
    /// The password hash cannot be computed at this cost.
    #[error("ARGON2_MEMORY_KIB and ARGON2_PASSES: argon2 refuses them")]
    HashCost,
}

impl Foundation {
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
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn token_issuer(&self, secrets: &Secrets) -> Result<TokenIssuer, StartError> {
        let random = Arc::clone(&self.context.random);
        let settings = self.config.tokens.clone();
        let permit = self.process.signing().clone();
        let signer = PermittedSigner::new(secrets.signer()?, permit);
        Ok(TokenIssuer::new(Arc::new(signer), settings, random))
    }

    /// Registering.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn registrar(
        &self,
        secrets: &Secrets,
        passwords: &Passwords,
    ) -> Result<Registrar, StartError> {
        let limits = self.limits(secrets)?;
        Ok(Registrar::new(
            self.context.clone(),
            limits,
            passwords.clone(),
            secrets.codes()?,
            self.config.accounts,
        ))
    }

    /// Administering the accounts of others.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn account_administration(
        &self,
        secrets: &Secrets,
    ) -> Result<AccountAdministration, StartError> {
        let seal = secrets.seal()?;
        Ok(AccountAdministration::new(self.context.clone(), seal))
    }

    /// What callers of document 001 do with accounts.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn user_administration(
        &self,
        secrets: &Secrets,
        passwords: &Passwords,
    ) -> Result<UserAdministration, StartError> {
        Ok(UserAdministration::new(
            self.context.clone(),
            self.limits(secrets)?,
            passwords.clone(),
            secrets.codes()?,
            self.config.sms,
        ))
    }

    /// Avatars.
    pub fn avatars(&self) -> Avatars {
        Avatars::new(self.context.clone())
    }

    /// Accounts as document 001 shows them.
    pub fn user_details(&self) -> UserDetailsService {
        UserDetailsService::new(self.context.clone())
    }

    /// Users and their roles.
    pub fn directory(&self) -> Directory {
        Directory::new(self.context.clone())
    }

    /// Permissions.
    pub fn permissions(&self) -> Permissions {
        Permissions::new(self.context.clone())
    }

    /// Roles.
    pub fn roles(&self) -> Roles {
        Roles::new(self.context.clone())
    }

    /// Deleting one's own account.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.context.clone())
    }

    /// Signing in.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn sign_in(&self, secrets: &Secrets, passwords: &Passwords) -> Result<SignIn, StartError> {
        Ok(SignIn::new(
            self.context.clone(),
            self.limits(secrets)?,
            passwords.clone(),
            (secrets.codes()?, secrets.seal()?),
        ))
    }

    /// Signing in to a dialect step by step, with sessions that live so long. A password that is set by the way follows this rule.
    ///
    /// # Errors
    /// [`StartError::NotOpened`]; [`StartError::NotSending`].
    pub fn stepwise_sign_in(
        &self,
        secrets: &Secrets,
        sign_in: SignIn,
        (dialect, session_lifetime): (Dialect, Duration),
        rule: PasswordRule,
    ) -> Result<StepwiseSignIn, StartError> {
        let Messengers { mailer, sms } = self.messengers()?;
        let codes = SignInCodes::new(
            secrets.codes()?,
            self.limits(secrets)?,
            self.mailer(mailer),
            self.config.sms.then_some(sms),
            self.config.service_name.clone(),
        );
        let sessions = (dialect, session_lifetime);
        Ok(StepwiseSignIn::new(
            self.context.clone(),
            sign_in,
            codes,
            sessions,
            rule,
        ))
    }

    /// Sessions of a dialect that cookies hold.
    pub fn cookie_sessions(&self, dialect: Dialect) -> CookieSessions {
        CookieSessions::new(self.context.clone(), dialect, self.config.session_lifetime)
    }

    /// One's own sessions.
    pub fn own_sessions(&self) -> OwnSessions {
        OwnSessions::new(self.context.clone())
    }

    /// Binding authenticators and taking them off.
    pub fn enrolment(&self, sign_in: &SignIn) -> Enrolment {
        let name = self.config.service_name.clone();
        Enrolment::new(self.context.clone(), sign_in, name)
    }

    /// Refresh tokens that rotate.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn refresh_tokens(&self, secrets: &Secrets) -> Result<RefreshTokens, StartError> {
        Ok(RefreshTokens::new(secrets.refresh()?))
    }

    /// Changing a password by the old one.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn password_change(
        &self,
        secrets: &Secrets,
        passwords: &Passwords,
    ) -> Result<PasswordChange, StartError> {
        Ok(PasswordChange::new(
            self.context.clone(),
            self.limits(secrets)?,
            passwords.clone(),
            secrets.codes()?,
        ))
    }

    /// Having those who are signed in prove their passwords again.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn reauthentication(
        &self,
        secrets: &Secrets,
        passwords: &Passwords,
    ) -> Result<Reauthentication, StartError> {
        Ok(Reauthentication::new(
            self.context.clone(),
            self.limits(secrets)?,
            passwords.clone(),
            secrets.codes()?,
        ))
    }

    /// Moving one's own account to another address.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn email_change(&self, secrets: &Secrets) -> Result<EmailChange, StartError> {
        let keys: (ServerKey, SealingKey) = (secrets.codes()?, secrets.seal()?);
        let limits = self.limits(secrets)?;
        let confirmation = self.config.accounts.email_confirmation;
        let context = self.context.clone();
        Ok(EmailChange::new(context, limits, keys, confirmation))
    }

    /// Recovery.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn recovery(
        &self,
        secrets: &Secrets,
        passwords: &Passwords,
    ) -> Result<Recovery, StartError> {
        Ok(Recovery::new(
            self.context.clone(),
            self.limits(secrets)?,
            passwords.clone(),
            secrets.codes()?,
        ))
    }

    /// Verification of addresses.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn verification(&self, secrets: &Secrets) -> Result<Verification, StartError> {
        Ok(Verification::new(
            self.context.clone(),
            self.limits(secrets)?,
            secrets.codes()?,
        ))
    }

    /// Who shows the pages of a function, and takes forms from these URLs.
    pub fn page_host(&self, own_urls: &[&str]) -> PageHost {
        PageHost::new(&self.config.service_name, &self.config.theme, own_urls)
    }

    /// What the forms of the hosted pages carry.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn form_tokens(&self, secrets: &Secrets) -> Result<FormTokens, StartError> {
        let random = Arc::clone(&self.context.random);
        Ok(FormTokens::new(secrets.sources()?, random))
    }

    /// Doing what the outbox promises.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn delivery(
        &self,
        secrets: &Secrets,
        mailer: Arc<dyn MailSender>,
    ) -> Result<Delivery, StartError> {
        let keys: (ServerKey, SealingKey) = (secrets.codes()?, secrets.seal()?);
        let links = Links::new(&self.config.ui_url, &self.config.public_url);
        let name = self.config.service_name.clone();
        Ok(Delivery::new(
            (self.context.clone(), self.trail("outbox")),
            self.mailer(mailer),
            links,
            keys,
            name,
        ))
    }

    /// Projects.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn projects(&self, secrets: &Secrets) -> Result<Projects, StartError> {
        Ok(Projects::new(self.context.clone(), secrets.seal()?))
    }

    /// Who speaks in a project, and what they change.
    ///
    /// # Errors
    /// [`StartError::Core`] if a published key is unreadable.
    pub fn members(&self) -> Result<Members, StartError> {
        Ok(Members::new(self.context.clone(), self.sessions()?))
    }

    /// Guests of projects.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn guests(&self, secrets: &Secrets) -> Result<Guests, StartError> {
        let open = self.config.accounts.open_registration;
        let limits = self.limits(secrets)?;
        Ok(Guests::new(self.context.clone(), limits, open))
    }

    /// Recognising whom providers vouch for.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn federation(&self, secrets: &Secrets) -> Result<Federation, StartError> {
        let open = self.config.accounts.open_registration;
        let limits = self.limits(secrets)?;
        Ok(Federation::new(self.context.clone(), limits, open))
    }

    /// Asking providers whom tokens of theirs speak for.
    ///
    /// # Errors
    /// [`StartError::NotOpened`]; [`StartError::Core`] if a published key is unreadable.
    pub fn identity_providers(&self, secrets: &Secrets) -> Result<IdentityProviders, StartError> {
        let client = self.provider_client();
        let (federation, members) = (self.federation(secrets)?, self.members()?);
        Ok(IdentityProviders::new(client, federation, members))
    }

    /// Taking users over from user pools.
    pub fn take_over(&self, sign_in: &SignIn) -> TakeOver {
        let confirmation = self.config.accounts.email_confirmation;
        TakeOver::new(sign_in, self.provider_client(), confirmation)
    }

    /// Making administrators.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn bootstrap(&self, secrets: &Secrets) -> Result<Bootstrap, StartError> {
        Ok(Bootstrap::new(self.context.clone(), secrets.codes()?))
    }

    /// Asking providers who somebody is. One for the whole process, so that all know who does not answer.
    pub fn provider_client(&self) -> ProviderClient {
        self.process.provider_client(|| {
            let Context { clock, random, .. } = &self.context;
            let network = Arc::new(ProviderNetwork::default());
            ProviderClient::new(network, Arc::clone(clock), Arc::clone(random))
        })
    }

    /// Showing and steering the system.
    pub fn system_control(&self) -> SystemControl {
        let active = self.key_set.active(KeyRole::General);
        let level = LogLevel::of_setting(&self.config.place.log_level);
        let settings = SystemSettings {
            public_url: self.config.public_url.clone(),
            default_level: level.unwrap_or(LogLevel::Information),
            signing_key: active.map(|key| key.kid.clone()),
        };
        let process = Arc::clone(&self.process);
        SystemControl::new(self.context.clone(), process, settings)
    }

    /// What sends mails and text messages before an answer.
    ///
    /// # Errors
    /// [`StartError::NotSending`] if the function is not [`sending`](Function::sending).
    pub fn messengers(&self) -> Result<Messengers, StartError> {
        self.messengers.clone().ok_or(StartError::NotSending)
    }

    /// Having owners prove their phone numbers.
    ///
    /// # Errors
    /// [`StartError::NotOpened`]; [`StartError::NotSending`].
    pub fn phone_numbers(&self, secrets: &Secrets) -> Result<PhoneNumbers, StartError> {
        let sms = self.messengers()?.sms;
        Ok(PhoneNumbers::new(
            self.context.clone(),
            secrets.codes()?,
            self.limits(secrets)?,
            self.config.sms.then_some(sms),
            self.config.service_name.clone(),
        ))
    }

    /// Sending what administrators write.
    ///
    /// # Errors
    /// [`StartError::NotOpened`]; [`StartError::NotSending`]; [`StartError::Core`] if mails come from no address.
    pub fn messages(&self, secrets: &Secrets) -> Result<Messages, StartError> {
        let Messengers { mailer, sms } = self.messengers()?;
        let from = EmailAddress::parse(&self.config.email_from);
        let from = from.map_err(|fault| Error::Internal(fault.into()))?;
        let sms = self.config.sms.then_some(sms);
        let (limits, mailer) = (self.limits(secrets)?, self.mailer(mailer));
        Ok(Messages::new(limits, mailer, from, sms))
    }

    /// Who gets no mail.
    pub fn mailability(&self) -> Mailability {
        Mailability::new(self.context.clone())
    }

    fn mailer(&self, sender: Arc<dyn MailSender>) -> Mailer {
        Mailer::new(self.context.store.clone(), sender)
    }

    /// Limits on what clients and users do.
    ///
    /// # Errors
    /// [`StartError::NotOpened`].
    pub fn limits(&self, secrets: &Secrets) -> Result<Limits, StartError> {
        let context = self.context.clone();
        Ok(Limits::new(context, self.config.limits, secrets.sources()?))
    }

    /// Keeping what comes in here tells.
    pub fn trail(&self, origin: &'static str) -> Trail {
        Trail::new(self.context.clone(), origin, self.config.audit_days)
    }

    /// Reading what was kept.
    pub fn audit_reading(&self) -> AuditReading {
        AuditReading::new(self.context.clone())
    }

    /// The shell around a dialect's routers.
    pub fn shell(
        &self,
        dialect: Dialect,
        routes: RouteTable,
        render: Render,
        options_text: Option<&'static str>,
    ) -> Shell {
        let random = Arc::clone(&self.context.random);
        Shell {
            routes,
            origins: self.config.origins.clone(),
            render,
            complete: None,
            options_text,
            proxy: self.config.trusted_proxy.clone(),
            deadline: DEADLINE,
            trail: self.trail(dialect.as_str()),
            random,
        }
    }
}
