//! A Lambda function: its binary, as often as events at once demand.

use std::fs::File;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;

use super::runtime_api::{Answer, RuntimeApi};
use super::sample::Sample;
use super::{Environment, Processes, serve};
use crate::harness::folder::Folder;

/// More events at once than this wait, as they do at a function's reserved concurrency.
const MAX_PROCESSES: usize = 4;

/// A function, of which nothing runs before its first event.
#[derive(Debug)]
pub(crate) struct Function {
    name: String,
    environment: Environment,
    processes: Processes,
    api: Arc<RuntimeApi>,
    address: OnceCell<String>,
    running: Mutex<JoinSet<()>>,
    /// Where logs go.
    folder: Arc<Folder>,
}

impl Function {
    pub(super) fn new(
        name: &str,
        environment: Environment,
        processes: Processes,
        folder: Arc<Folder>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            environment,
            processes,
            api: Arc::new(RuntimeApi::new()),
            address: OnceCell::new(),
            running: Mutex::default(),
            folder,
        }
    }

    /// Sends an event and waits for its answer. Each process answers one event at a time; if all are busy, another is started.
    ///
    /// # Panics
    /// The function fails to answer, or ends.
    pub(crate) async fn invoke(&self, event: Value) -> Value {
        match self.try_invoke(event).await {
            Ok(answer) => answer,
            Err(reason) => panic!("{} failed: {reason}", self.name),
        }
    }

    /// The same, for a function that may fail, or end: then how, with its log.
    pub(crate) async fn try_invoke(&self, event: Value) -> Answer {
        let address = self.address.get_or_init(|| self.listen()).await;
        let answer = self.api.send(event);
        self.grow(address);
        answer.await.expect("an event is answered or failed")
    }

    /// Freezes the first process, as Lambda does with an environment that has answered.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// Thaws it again.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.processes.find(&format!("{}.0", self.name));
        let pid = pid.expect("it runs");
        let sent = std::process::Command::new("sh")
            .args(["-c", &format!("kill -{signal} {pid}")])
            .status()
            .expect("a shell");
        assert!(sent.success(), "{signal} was not sent");
    }

    /// Starts one process of the function, to be measured.
    pub(crate) async fn sample(self) -> Sample {
        let binary = binary(&self.name);
        self.sample_of(&binary).await
    }

    /// The same of this binary.
    pub(crate) async fn sample_of(self, binary: &Path) -> Sample {
        let address = self.address.get_or_init(|| self.listen()).await;
        let command = self.command(binary, &self.name, address, &self.folder.file("sample.log"));
        Sample::start(command, binary, Arc::clone(&self.api), self).await
    }

    async fn listen(&self) -> String {
        let (address, server) = serve(self.api.router()).await;
        self.running.lock().expect("no panic inside").spawn(server);
        address
    }

    fn grow(&self, address: &str) {
        let mut running = self.running.lock().expect("no panic inside");
        let started = running.len() - 1; // without the server
        if started < self.api.open().min(MAX_PROCESSES) {
            running.spawn(self.run(started, address));
        }
    }

    /// A process from its start to its end, which is that of the function.
    fn run(&self, number: usize, address: &str) -> impl Future<Output = ()> + Send + 'static {
        let log = self.folder.file(&format!("{}.{number}.log", self.name));
        let key = format!("{}.{number}", self.name);
        let mut command = self.command(&binary(&self.name), &key, address, &log);
        let (processes, api) = (self.processes.clone(), Arc::clone(&self.api));
        async move {
            let start = starts().acquire().await.expect("nobody closes it");
            let mut process = command.spawn().expect("the function starts");
            processes.insert(key, process.id().expect("it runs"));
            let ended = process.wait();
            let mut ended = std::pin::pin!(ended);
            let status = tokio::select! {
                status = &mut ended => status,
                () = api.asked() => {
                    drop(start);
                    ended.await
                }
            };
            let log = std::fs::read_to_string(log).unwrap_or_default();
            api.end(&format!("it ended, {}:\n{log}", status.expect("a status")));
        }
    }

    fn command(&self, binary: &Path, key: &str, address: &str, log: &Path) -> Command {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(&self.environment)
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address),
                ("AWS_LAMBDA_FUNCTION_NAME", &self.name),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
                // Every call is signed with it: this is how an endpoint knows who calls.
                ("AWS_ACCESS_KEY_ID", key),
                ("AWS_SECRET_ACCESS_KEY", "local"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log).expect("a file"))
            .kill_on_drop(true);
        command
    }
}

/// Processes that start at once, in all tests together: more would wait for a processor longer than their calls may take.
fn starts() -> &'static Semaphore {
    static STARTS: OnceLock<Semaphore> = OnceLock::new();
    STARTS.get_or_init(|| {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Semaphore::new(2 * processors)
    })
}

/// Builds every binary of the workspace, with the dependencies that the tests have been built with: the test among what is built
/// has cargo choose the same features of them, and build none a second time.
const BUILD: [&str; 6] = [
    "build",
    "--workspace",
    "--bins",
    "--test",
    "platform",
    "--locked",
];

/// The path of a binary of the workspace. All are built once, as they are for everybody.
pub(crate) fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let test = std::env::current_exe().expect("a path");
        let folder = test.ancestors().nth(2).expect("a target folder");
        let release = folder.ends_with("release").then_some("--release");
        let built = std::process::Command::new(env!("CARGO"))
            .args(BUILD.into_iter().chain(release))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the binaries do not build");
        folder.to_owned()
    });
    folder.join(name)
}
