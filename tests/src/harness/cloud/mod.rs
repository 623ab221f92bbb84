//! What stands in for AWS around functions that run as processes of their own: Lambda, DynamoDB, the parameter store.

mod endpoint;
mod event;
mod function;
mod gateway;
mod parameters;
mod policy;
mod preload;
mod routes;
mod runtime_api;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use shared::keys::KeyFile;
use shared::store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::TestClock;
use super::connector::Connector;
use super::folder::Folder;
use crate::template::FunctionResource;
use endpoint::{Endpoint, Processes};

pub(crate) use event::{Received, event, response};
pub(crate) use function::Function;
pub(super) use gateway::Gateway;
pub(crate) use parameters::Parameters;
pub(crate) use policy::Policies;
pub(super) use preload::ClockFile;
pub(crate) use routes::Routes;

const PARAMETER_PATH: &str = "/gatehouse/gatehouse";

/// A process's environment.
type Environment = BTreeMap<String, String>;

/// What functions that are processes share with the platform in this process.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) connector: &'a Connector,
    pub(super) clock: &'a Arc<TestClock>,
    pub(super) store: &'a Store,
    pub(super) values: &'a HashMap<String, String>,
    pub(super) keys: &'a KeyFile,
}

/// The cloud around one platform under test.
#[derive(Debug)]
pub(crate) struct Cloud {
    environment: Environment,
    processes: Processes,
    _server: JoinSet<()>,
    folder: Arc<Folder>,
}

impl Cloud {
    /// Around functions with these surroundings; without policies, they may do everything.
    pub(super) async fn around(
        surroundings: Surroundings<'_>,
        policies: Option<Arc<Policies>>,
    ) -> Self {
        let processes = Processes::default();
        let endpoint = Endpoint {
            connector: surroundings.connector.clone(),
            parameters: Arc::new(kept(surroundings.keys)),
            processes: processes.clone(),
            policies,
            clock: Arc::clone(surroundings.clock),
        };
        let settings = surroundings.values.clone().into_iter().collect();
        let stored = surroundings.store.put_settings(&settings).await;
        stored.expect("the settings are written");
        let (address, server) = serve(endpoint.router()).await;
        let folder = Arc::new(Folder::new());
        Self {
            environment: environment(surroundings, &address, &folder),
            processes,
            _server: JoinSet::from_iter([server]),
            folder,
        }
    }

    /// The function of this name, of which nothing runs yet.
    pub(crate) fn function(&self, name: &str) -> Function {
        self.function_with(name, Environment::new())
    }

    /// What all processes have logged.
    fn log(&self) -> String {
        self.folder.texts("log").concat()
    }

    /// The function that the template makes.
    fn function_of(&self, resource: &FunctionResource) -> Function {
        self.function_with(&resource.binary, resource.environment.clone())
    }

    fn function_with(&self, name: &str, mut environment: Environment) -> Function {
        environment.extend(self.environment.clone());
        let folder = Arc::clone(&self.folder);
        Function::new(name, environment, self.processes.clone(), folder)
    }
}

/// How a process is configured: the one place that knows.
fn environment(around: Surroundings<'_>, address: &str, folder: &Folder) -> Environment {
    let url = format!("http://{address}");
    let mut place = vec![
        (
            "LOG_LEVEL",
            around
                .values
                .get("LOG_LEVEL")
                .map_or("error", String::as_str)
                .to_owned(),
        ),
        ("TABLE_PREFIX", "gatehouse-".to_owned()),
        ("PARAMETER_PATH", PARAMETER_PATH.to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", url.clone()),
        ("AWS_ENDPOINT_URL_SSM", url),
    ];
    if cfg!(target_os = "linux") {
        let clock = ClockFile::at(folder.file("clock"));
        place.extend(clock.environment());
        around.clock.show_in(clock);
    }
    let place = place.into_iter();
    place
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The secrets of a key file, as an installation on AWS keeps them.
fn kept(keys: &KeyFile) -> Parameters {
    let folder = Folder::new();
    let file = folder.file("keys.json");
    keys.write_new(&file).expect("the keys are written");
    let text = std::fs::read_to_string(file).expect("the keys are read");
    let content: Value = serde_json::from_str(&text).expect("JSON");
    let parameters = Parameters::default();
    let published = keys.key_set().expect("a key set").keys;
    for (index, key) in published.iter().enumerate() {
        let secret = content["signing"][index]["private_key"].as_str();
        let name = format!("signing/{}/{}", key.algorithm.as_str(), key.kid);
        parameters.put_secret(&format!("{PARAMETER_PATH}/{name}"), secret.expect("a key"));
    }
    for name in ["codes", "sources", "seal"] {
        let versions = content[name].to_string();
        parameters.put_secret(&format!("{PARAMETER_PATH}/server/{name}"), &versions);
    }
    parameters
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
