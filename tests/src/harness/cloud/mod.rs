//! What stands in for AWS around functions that run as processes of their own: Lambda, DynamoDB, the parameter store.

mod callback;
mod endpoint;
mod event;
mod function;
mod gateway;
mod installation;
mod kms;
mod mail;
mod moto;
mod parameters;
mod policy;
mod preload;
mod refusals;
mod routes;
mod runtime_api;
mod sample;
mod sms;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_smithy_types::timeout::TimeoutConfig;
use axum::Router;
use shared::store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::TestClock;
use super::connector::Connector;
use super::folder::Folder;
use crate::template::{FunctionResource, Template};
use endpoint::{Endpoint, Processes, Traces};

pub(crate) use callback::Callback;
pub(crate) use event::{Received, event, response};
pub(crate) use function::{Function, binary};
pub(super) use gateway::Gateway;
pub(super) use installation::secrets;
pub(crate) use installation::{PARAMETER_PATH, private_key};
pub(crate) use kms::KmsService;
pub(crate) use mail::{MailFault, MailService};
pub(crate) use moto::Moto;
pub(crate) use parameters::Parameters;
pub(crate) use policy::Policies;
pub(super) use preload::ClockFile;
pub(crate) use routes::Routes;
pub(crate) use sample::Sample;
pub(crate) use sms::{SmsFault, SmsService};

/// A process's environment.
type Environment = BTreeMap<String, String>;

/// What functions that are processes share with the platform in this process.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) connector: &'a Connector,
    pub(super) clock: &'a Arc<TestClock>,
    pub(super) store: &'a Store,
    pub(super) mail: &'a Arc<MailService>,
    pub(super) sms: &'a Arc<SmsService>,
    pub(super) values: &'a HashMap<String, String>,
    /// Whether platform-operator has written the settings.
    pub(super) set_up: bool,
}

impl Surroundings<'_> {
    /// The template as it is deployed for these values: where keys lie decides on rights.
    pub(super) fn template(&self) -> Template {
        let signing = self.values.get("SIGNING");
        let signing = signing.map_or("wrapped", String::as_str);
        Template::of_repository().with("Signing", signing)
    }
}

/// The cloud around one platform under test.
#[derive(Debug)]
pub(crate) struct Cloud {
    environment: Environment,
    processes: Processes,
    _server: JoinSet<()>,
    folder: Arc<Folder>,
    endpoint: String,
    traces: Traces,
}

impl Cloud {
    /// Around functions with these surroundings and rights.
    pub(super) async fn around(surroundings: Surroundings<'_>, policies: Arc<Policies>) -> Self {
        let processes = Processes::default();
        let traces = Traces::default();
        let moto = Moto::of_environment();
        if let Some(moto) = &moto {
            Box::pin(moto.verify(&surroundings.values["EMAIL_FROM"])).await;
        }
        let endpoint = Endpoint {
            traces: traces.clone(),
            connector: surroundings.connector.clone(),
            processes: processes.clone(),
            policies,
            clock: Arc::clone(surroundings.clock),
            mail: Arc::clone(surroundings.mail),
            sms: Arc::clone(surroundings.sms),
            moto,
        };
        if surroundings.set_up {
            installation::put_settings(surroundings).await;
        }
        let (address, server) = serve(endpoint.router()).await;
        let folder = Arc::new(Folder::new());
        Self {
            environment: installation::environment(surroundings, &address, &folder),
            processes,
            _server: JoinSet::from_iter([server]),
            folder,
            endpoint: format!("http://{address}"),
            traces,
        }
    }

    /// Where functions reach what stands in for AWS.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The function of this name, of which nothing runs yet.
    pub(crate) fn function(&self, name: &str) -> Function {
        self.function_with(name, Environment::new())
    }

    /// The traces that calls of AWS belonged to, one after the other; of a call without one, nothing.
    pub(crate) fn traces(&self) -> Vec<Option<String>> {
        self.traces.all()
    }

    /// What all processes have logged.
    pub(crate) fn log(&self) -> String {
        self.folder.texts("log").concat()
    }

    /// The function that the template makes.
    fn function_of(&self, resource: &FunctionResource) -> Function {
        self.function_with(&resource.binary, resource.environment.clone())
    }

    /// The same with an environment of its own beside what all have.
    pub(crate) fn function_with(&self, name: &str, mut own: Environment) -> Function {
        // A test logs what it likes.
        own.remove("LOG_LEVEL");
        own.remove("METRICS");
        let mut environment = self.environment.clone();
        environment.extend(own);
        let folder = Arc::clone(&self.folder);
        Function::new(name, environment, self.processes.clone(), folder)
    }
}

/// A server on a free port: its address, and what serves.
async fn serve(router: Router) -> (String, impl Future<Output = ()> + Send + 'static) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = async move {
        axum::serve(listener, router).await.expect("it serves");
    };
    (address, server)
}

/// As long as a client waits for a service that does not answer.
async fn wait_out(timeouts: &TimeoutConfig) {
    let patience = timeouts.operation_timeout().expect("a bound");
    tokio::time::sleep(patience).await;
}
