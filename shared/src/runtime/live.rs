//! Keeping up with an installation: its keys and settings may change while a function runs.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join;
use jiff::{SignedDuration, Timestamp};

use super::aws::Aws;
use super::function::Connect;
use super::log::{LogFilter, init_logs};
use super::{Foundation, Messengers, StartError, ThisProcess};
use crate::config::{self, Config, Place, Values};
use crate::domain::{Clock, Random, SystemClock, SystemRandom};
use crate::dynamodb::Dynamodb;
use crate::error::causes;
use crate::keys::{Opened, SecretName, Secrets, Vault};
use crate::service::{Context, Process as _};
use crate::store::{Installation, Store, TableNames};

/// What was read stays good for this long.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// And serves no longer than this without another look: a key that is younger may be in use by then, and one that is older gone.
const OUTDATED_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// A look that failed is repeated after this time.
const TRY_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// Where a function finds its installation.
#[derive(Clone)]
pub struct Source {
    /// The environment; what it sets goes before the shared settings.
    pub environment: Values,
    /// Store, clock and chance.
    pub context: Context,
    /// Where the secrets lie, for a function that needs any.
    pub vault: Option<Arc<dyn Vault>>,
    /// The secrets that it opens.
    pub secrets: &'static [SecretName],
    /// The process that it runs in.
    pub process: Arc<ThisProcess>,
    /// Makes what sends, for a function that sends anything.
    pub messengers: Option<MakeMessengers>,
}

/// What sends depends on the settings: who the sender is.
pub type MakeMessengers = Arc<dyn Fn(&Config) -> Messengers + Send + Sync>;

impl Source {
    /// As the process's environment tells. Starts the log.
    pub(super) fn from_environment(
        secrets: &'static [SecretName],
        connect: Option<Connect>,
    ) -> Result<(Self, Aws), StartError> {
        let environment = config::environment();
        let place = Place::read(environment.clone())?;
        let log = init_logs(LogFilter::of(&place));
        let aws = Aws::new(environment.clone());
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tables = TableNames::with_prefix(&place.table_prefix);
        let database = Dynamodb::new(aws.client(Dynamodb::SERVICE));
        let context = Context {
            store: Store::new(database, tables, Arc::clone(&random)),
            clock,
            random,
        };
        let vault = connect.map(|connect| connect(&aws, &place));
        let hostname = environment.get("AWS_LAMBDA_FUNCTION_NAME");
        let hostname = hostname.map_or("lambda", String::as_str);
        let process = ThisProcess::new(hostname, log, context.clock.now());
        let source = Self {
            environment,
            context,
            vault,
            secrets,
            process: Arc::new(process),
            messengers: None,
        };
        Ok((source, aws))
    }

    /// Reads the installation and opens the secrets, both at once.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn load(&self) -> Result<(Foundation, Secrets), StartError> {
        let (installation, opened) = self.read().await?;
        self.assemble(&installation, opened)
    }

    async fn read(&self) -> Result<(Installation, Opened), StartError> {
        let (installation, opened) = join(self.installation(), self.open_secrets()).await;
        // First what says more: without an installation, there are no secrets either.
        Ok((installation?, opened?))
    }

    /// Key set and settings. The levels of the log that are read with them are in force from then on.
    pub(super) async fn installation(&self) -> Result<Installation, StartError> {
        let installation = self.context.store.find_installation().await?;
        if installation.key_set.keys.is_empty() {
            return Err(StartError::NotSetUp);
        }
        self.process.log_at(&installation.log_levels);
        Ok(installation)
    }

    async fn open_secrets(&self) -> Result<Opened, StartError> {
        match &self.vault {
            Some(vault) => Ok(vault.open(self.secrets).await?),
            None => Ok(Opened::default()),
        }
    }

    fn assemble(
        &self,
        installation: &Installation,
        opened: Opened,
    ) -> Result<(Foundation, Secrets), StartError> {
        let secrets = opened.fit(&installation.key_set)?;
        let config = Config::with_settings(&self.environment, &installation.settings)?;
        let messengers = self.messengers.as_ref().map(|make| make(&config));
        let foundation = Foundation {
            config,
            context: self.context.clone(),
            key_set: installation.key_set.clone(),
            process: Arc::clone(&self.process),
            messengers,
        };
        Ok((foundation, secrets))
    }
}

impl fmt::Debug for Source {
    /// Not the environment: it holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

/// How a function builds what it serves with.
type Build<T> = Box<dyn Fn(&Foundation, &Secrets) -> Result<T, StartError> + Send + Sync>;

/// What a function serves with, built anew when the installation has changed.
pub struct Live<T> {
    source: Source,
    build: Build<T>,
    state: Mutex<State<T>>,
}

struct State<T> {
    serving: T,
    built_of: Installation,
    look_at: Timestamp,
    /// When the last look that succeeded was begun.
    looked_at: Timestamp,
}

impl<T: Clone> Live<T> {
    /// Reads the installation and opens the secrets, at once, and builds.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        source: Source,
        build: impl Fn(&Foundation, &Secrets) -> Result<T, StartError> + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        let looked_at = source.context.clock.now();
        let (installation, opened) = source.read().await?;
        let (foundation, secrets) = source.assemble(&installation, opened)?;
        let state = State {
            serving: build(&foundation, &secrets)?,
            built_of: installation,
            look_at: source.context.clock.now() + LOOK_AGAIN_AFTER,
            looked_at,
        };
        Ok(Self {
            source,
            build: Box::new(build),
            state: Mutex::new(state),
        })
    }

    /// What to serve with now.
    pub fn current(&self) -> T {
        self.state().serving.clone()
    }

    /// Looks for changes before a request, if the last look that succeeded is ten minutes old: the environment was frozen, or nothing
    /// could be read. While that goes on, what was there verifies tokens and signs none.
    pub async fn catch_up(&self) {
        if self.is_outdated() {
            self.keep_up().await;
            let permit = self.source.process.signing();
            permit.set(!self.is_outdated());
        }
    }

    fn is_outdated(&self) -> bool {
        let now = self.source.context.clock.now();
        now >= self.state().looked_at + OUTDATED_AFTER
    }

    /// Looks for changes, if the last look is five minutes old or the process was told to reload; then also where nothing has
    /// changed, all is built anew. Meant to run beside a request: what it finds counts from the next one on. A change that cannot be used is logged, and what was there goes on serving.
    pub async fn keep_up(&self) {
        let now = self.source.context.clock.now();
        let reload = self.source.process.take_stale();
        {
            let mut state = self.state();
            if now < state.look_at && !reload {
                return;
            }
            // Whoever comes meanwhile does not look, too.
            state.look_at = now + TRY_AGAIN_AFTER;
        }
        match self.look(reload).await {
            Ok(()) => {
                let mut state = self.state();
                state.look_at = now + LOOK_AGAIN_AFTER;
                state.looked_at = now;
                self.source.process.signing().set(true);
            }
            Err(fault) => {
                let causes = causes(&fault);
                tracing::error!(
                    outcome = "failed",
                    "keys and settings were not read again: {fault}{causes}"
                );
            }
        }
    }

    async fn look(&self, reload: bool) -> Result<(), StartError> {
        let installation = self.source.installation().await?;
        if !reload && installation.builds_alike(&self.state().built_of) {
            return Ok(());
        }
        let opened = self.source.open_secrets().await?;
        let (foundation, secrets) = self.source.assemble(&installation, opened)?;
        let serving = (self.build)(&foundation, &secrets)?;
        let mut state = self.state();
        state.serving = serving;
        state.built_of = installation;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Live")
    }
}
