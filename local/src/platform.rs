//! Puts the platform together: the same services and routers as the Lambda functions, over the parts that are local.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use shared::aws::{Client, Place};
use shared::config::Config;
use shared::domain::{Clock, IntentId, Random};
use shared::dynamodb::Dynamodb;
use shared::http::RouteTable;
use shared::keys::{KeyFile, Secrets};
use shared::runtime::{Foundation, Function, LogFilter, Messengers, StartError, ThisProcess};
use shared::service::{Context, Delivery, Process as _};
use shared::store::{Store, TableNames};
use shared::usage::measured;
use tower::ServiceExt;

use crate::cost::{Entry, Ledger};

/// An intent that failed is tried again after this time.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// What the platform is put together from.
#[derive(Debug)]
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// Where any DynamoDB is.
    pub database: Place,
    /// Private keys and server secrets.
    pub keys: KeyFile,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Where mails and text messages go.
    pub messengers: Messengers,
    /// What changes the levels of the log.
    pub log: LogFilter,
}

/// The platform, ready to serve.
#[derive(Debug, Clone)]
pub struct Local {
    /// What every function is built on.
    pub foundation: Foundation,
    /// The private half.
    pub secrets: Secrets,
    /// Does what the outbox promises.
    pub delivery: Delivery,
    /// What all of it has used.
    pub ledger: Arc<Ledger>,
}

/// A function: its name, its own operations, and what serves them.
type Served = (&'static str, RouteTable, Router);

/// The function that a request goes to, as at the gateway in the cloud: the one whose operation it is, else the first, which
/// knows how the dialect refuses.
fn owner<'a>(functions: &'a [Served], request: &Request) -> &'a Served {
    let (method, path) = (request.method(), request.uri().path());
    let owner = functions
        .iter()
        .find(|(_, routes, _)| routes.serves(method, path));
    owner.unwrap_or(&functions[0])
}

/// Has it served, and writes down what that used.
async fn serve((function, table, router): Served, request: Request, ledger: &Ledger) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let template = table.find(path).filter(|_| table.serves(method, path));
    // All that nobody serves is one entry: strangers choose its methods and paths.
    let operation = template.map_or("-".to_owned(), |(template, _)| {
        format!("{method} {template}")
    });
    let (answer, usage) = measured(router.oneshot(request)).await;
    let answer = answer.unwrap_or_else(|never| match never {});
    let status = Some(answer.status().as_u16());
    let entry = Entry {
        function,
        operation,
        status,
    };
    ledger.record(entry, usage);
    answer
}

impl Local {
    /// Makes the tables, publishes the keys and builds the services.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn assemble(parts: Parts) -> Result<Self, StartError> {
        let tables = TableNames::with_prefix(&parts.config.place.table_prefix);
        let (clock, random) = (Arc::clone(&parts.clock), Arc::clone(&parts.random));
        let client = Client::new(
            Dynamodb::SERVICE,
            parts.database,
            clock,
            Arc::clone(&random),
        );
        let store = Store::new(Dynamodb::new(client), tables, random);
        store.create_tables().await?;
        let key_set = parts.keys.key_set()?;
        store.put_key_set(&key_set).await?;
        let secrets = parts.keys.open_all()?.fit(&key_set)?;
        let process = ThisProcess::new("localhost", parts.log, parts.clock.now());
        process.log_at(&store.find_log_levels().await?);
        let context = Context {
            store,
            clock: parts.clock,
            random: parts.random,
        };
        let mailer = Arc::clone(&parts.messengers.mailer);
        let foundation = Foundation {
            config: parts.config,
            context,
            key_set,
            process: Arc::new(process),
            messengers: Some(parts.messengers),
        };
        let delivery = foundation.delivery(&secrets, mailer)?;
        Ok(Self {
            foundation,
            secrets,
            delivery,
            ledger: Arc::default(),
        })
    }

    /// All functions behind one door, without what is only local.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn router(&self) -> Result<Router, StartError> {
        let user_service = self.build(&user_service::FUNCTIONS)?;
        let security = self.build(&security::FUNCTIONS)?;
        let rbac = self.build(&rbac::FUNCTIONS)?;
        let session = self.build(&session::FUNCTIONS)?;
        let identify = self.build(&identify::FUNCTIONS)?;
        let keys = self.build(&[::platform::KEYS])?;
        let pages = self.build(&[::platform::PAGES])?;
        let ledger = Arc::clone(&self.ledger);
        Ok(Router::new().fallback(move |request: Request| {
            let functions = match request.uri().path().split('/').nth(1) {
                Some("user-service") => &user_service,
                Some("security") => &security,
                Some("rbac") => &rbac,
                Some("session") => &session,
                Some("identify") => &identify,
                Some(".well-known" | "openapi") => &keys,
                _ => &pages,
            };
            let owner = owner(functions, &request).clone();
            let ledger = Arc::clone(&ledger);
            async move { serve(owner, request, &ledger).await }
        }))
    }

    fn build(&self, functions: &[Function]) -> Result<Vec<Served>, StartError> {
        let build = |function: &Function| {
            let own = RouteTable::new(function.routes.iter().cloned());
            let router = (function.build)(&self.foundation, &self.secrets)?;
            Ok((function.name, own, router))
        };
        functions.iter().map(build).collect()
    }

    /// Does everything that the outbox promises now. What fails stays there.
    pub async fn deliver_all(&self) {
        self.deliver(&mut HashMap::new()).await;
    }

    /// Does what the outbox promises and was not tried lately.
    pub async fn deliver(&self, tried: &mut HashMap<IntentId, Timestamp>) {
        let now = self.foundation.context.clock.now();
        let intents = match self.delivery.open_intents().await {
            Ok(intents) => intents,
            Err(fault) => {
                return tracing::error!("the outbox cannot be read: {fault}");
            }
        };
        tried.retain(|id, _| intents.iter().any(|intent| intent.id == *id));
        for intent in intents {
            let due = tried
                .get(&intent.id)
                .is_none_or(|last| now >= *last + RETRY_AFTER);
            if !due {
                continue;
            }
            tried.insert(intent.id, now);
            // What fails is in the log, and stays.
            let (_, usage) = measured(self.delivery.deliver(&intent)).await;
            let entry = Entry {
                function: "platform-outbox",
                operation: format!("deliver {}", intent.kind.as_str()),
                status: None,
            };
            self.ledger.record(entry, usage);
        }
    }
}
