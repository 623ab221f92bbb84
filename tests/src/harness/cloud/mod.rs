//! What stands in for AWS around functions that run as processes of their own: Lambda, DynamoDB, the parameter store.

mod endpoint;
mod function;
mod parameters;
mod runtime_api;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use shared::keys::KeyFile;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::connector::Connector;
use super::folder::Folder;
use endpoint::{Endpoint, Processes};

pub(crate) use function::Function;
pub(crate) use parameters::Parameters;

/// A process's environment.
type Environment = BTreeMap<String, String>;

/// The cloud around one platform under test.
#[derive(Debug)]
pub(crate) struct Cloud {
    environment: Environment,
    processes: Processes,
    _server: JoinSet<()>,
    _folder: Folder,
}

impl Cloud {
    /// Over a database, for functions with this configuration and these keys.
    pub(super) async fn over(
        connector: Connector,
        values: &HashMap<String, String>,
        keys: &KeyFile,
    ) -> Self {
        let processes = Processes::default();
        let endpoint = Endpoint {
            connector,
            parameters: Arc::default(),
            processes: processes.clone(),
        };
        let (address, server) = serve(endpoint.router()).await;
        let folder = Folder::new();
        Self {
            environment: environment(values, keys, &address, &folder),
            processes,
            _server: JoinSet::from_iter([server]),
            _folder: folder,
        }
    }

    /// The function of this name, of which nothing runs yet.
    pub(crate) fn function(&self, name: &str) -> Function {
        Function::new(name, self.environment.clone(), self.processes.clone())
    }
}

/// How a process is configured: the one place that knows.
fn environment(
    values: &HashMap<String, String>,
    keys: &KeyFile,
    address: &str,
    folder: &Folder,
) -> Environment {
    let url = format!("http://{address}");
    let key_file = folder.file("keys.json");
    keys.write_new(&key_file).expect("the keys are written");
    let mut environment = Environment::from([("LOG_LEVEL".to_owned(), "error".to_owned())]);
    environment.extend(values.clone());
    let place = [
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", url.clone()),
        ("AWS_ENDPOINT_URL_SSM", url),
        ("KEY_FILE", key_file.display().to_string()),
    ];
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
