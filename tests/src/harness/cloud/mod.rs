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
use shared::keys::KeyFile;
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

/// A process's environment.
type Environment = BTreeMap<String, String>;

/// What functions that are processes share with the platform in this process.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) connector: &'a Connector,
    pub(super) clock: &'a Arc<TestClock>,
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
            parameters: Arc::default(),
            processes: processes.clone(),
            policies,
            clock: Arc::clone(surroundings.clock),
        };
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
    let key_file = folder.file("keys.json");
    let written = around.keys.write_new(&key_file);
    written.expect("the keys are written");
    let mut environment = Environment::from([("LOG_LEVEL".to_owned(), "error".to_owned())]);
    environment.extend(around.values.clone());
    let mut place = vec![
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", url.clone()),
        ("AWS_ENDPOINT_URL_SSM", url),
        ("KEY_FILE", key_file.display().to_string()),
    ];
    if cfg!(target_os = "linux") {
        let clock = ClockFile::at(folder.file("clock"));
        place.extend(clock.environment());
        around.clock.show_in(clock);
    }
    let place = place.into_iter();
    environment.extend(place.map(|(name, value)| (name.to_owned(), value)));
    environment
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
