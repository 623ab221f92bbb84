//! The harness: one whole platform per test, with its own database, inbox, clock and chance.

mod answer;
mod browser;
mod clock;
mod cloud;
mod connector;
mod dynamodb_local;
mod engine;
mod folder;
mod letters;
mod mode;
mod providers;
mod random;
mod remote;
mod request;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use http::Method;
use local::embedded::place_behind;
use local::inbox::Inbox;
use local::projects::WantedProject;
use local::views::InboxMessage;
use local::{Local, Parts, projects};
use serde_json::{Value, json};
use shared::config::Config;
use shared::domain::{
    Clock, Dialect, EmailAddress, MessageLanguage, Name, NewPassword, Project, Random, Realm,
    SystemRandom, User,
};
use shared::keys::{Algorithm, KeyFile, Signer};
use shared::pages::PAGES_COOKIE;
use shared::runtime::{Foundation, LogFilter, Messengers};
use shared::service::{Context, ProjectPatch, Projects, Registration};

use cloud::{Gateway, Surroundings, secrets};

pub(crate) use answer::Answer;
pub(crate) use browser::{Browser, form_token_in};
pub(crate) use clock::TestClock;
pub(crate) use cloud::{
    Callback, Cloud, Function, KmsService, MailFault, MailService, Moto, PARAMETER_PATH,
    Parameters, Policies, Received, Routes, Sample, SmsFault, SmsService, binary, event,
    private_key, response,
};
pub(crate) use connector::{Call, Connector, Fault};
pub(crate) use engine::Engine;
pub(crate) use folder::Folder;
pub(crate) use letters::{code_in, password_in, rbac_code_in, reset_code_in, reset_link_in};
pub(crate) use mode::{are_processes, is_read_alike, meets_every_fault, rights_file};
pub(crate) use providers::FakeProviders;
pub(crate) use random::SeededRandom;
pub(crate) use remote::network;
use request::Visitor;
pub(crate) use request::{Request, at_once};

/// A password that the rules allow.
pub(crate) const PASSWORD: &str = "violet tractor sings at dawn";
/// The cookie of somebody who is not signed in.
const VISITOR: &str = "dmlzaXRvcgAAAAAAAAAAAA";
/// The origin that the platform under test believes to have.
pub(crate) const PUBLIC_URL: &str = "http://127.0.0.1:3000";

/// A platform under test.
pub(crate) struct Platform {
    pub(crate) local: Local,
    pub(crate) router: Router,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) clock: Arc<TestClock>,
    /// Between the store and the database: records calls and injects faults.
    pub(crate) connector: Connector,
    /// What all functions send mail through.
    pub(crate) mail: Arc<MailService>,
    /// What all functions send text messages through.
    pub(crate) sms: Arc<SmsService>,
    /// Where functions that are processes find their secrets.
    pub(crate) parameters: Arc<Parameters>,
    /// Past the recording, for looking at what is stored.
    database: aws_sdk_dynamodb::Client,
    /// Before the functions, if they are processes.
    gateway: Option<Arc<Gateway>>,
    values: HashMap<String, String>,
    /// For arranging projects.
    projects: Box<Projects>,
    /// Which lines a log of this platform shows, where it is one process.
    pub(crate) log_filter: LogFilter,
}

/// Tokens and user of a sign-in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) user: Value,
}

/// Signing keys are slow to make: one set serves all tests.
pub(crate) fn keys() -> KeyFile {
    static KEYS: OnceLock<KeyFile> = OnceLock::new();
    KEYS.get_or_init(new_keys).clone()
}

/// Another set: of another installation, or of another generation.
pub(crate) fn other_keys() -> KeyFile {
    static KEYS: OnceLock<KeyFile> = OnceLock::new();
    KEYS.get_or_init(new_keys).clone()
}

fn new_keys() -> KeyFile {
    KeyFile::generate(&SystemRandom).expect("keys can be made")
}

/// The name of the key that signs by this algorithm.
pub(crate) fn kid_of(keys: &KeyFile, algorithm: Algorithm) -> String {
    let published = keys.key_set().expect("a key set").keys;
    let mut of_algorithm = published
        .into_iter()
        .filter(|key| key.algorithm == algorithm);
    of_algorithm.next().expect("a key for each algorithm").kid
}

/// What signs with these keys.
pub(crate) fn signer_of(keys: &KeyFile) -> Arc<dyn Signer> {
    let published = keys.key_set().expect("a key set");
    let secrets = keys.open_all().expect("secrets").fit(&published);
    secrets.expect("published keys").signer().expect("a signer")
}

impl Platform {
    /// With the default configuration, cheap hashes and a clock that stands still.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With some values of the configuration set.
    pub(crate) async fn with(values: &[(&str, &str)]) -> Self {
        Self::build(values, TestClock::standing(), keys(), Engine::fresh()).await
    }

    /// With a clock that runs, for what waits for time to pass.
    pub(crate) async fn with_running_clock(values: &[(&str, &str)]) -> Self {
        Self::build(values, TestClock::running(), keys(), Engine::fresh()).await
    }

    /// Before platform-operator has set it up: with empty tables and without secrets. All functions are processes.
    pub(crate) async fn bare(values: &[(&str, &str)]) -> Self {
        let clock = TestClock::of_processes();
        let engine = Engine::fresh();
        Box::pin(Self::build_with(values, clock, keys(), engine, true)).await
    }

    /// From now on functions are processes, of which nothing runs yet. Those that ran before are killed.
    pub(crate) async fn turn_to_processes(&mut self) {
        let surroundings = self.surroundings();
        let template = surroundings.template();
        let gateway = Box::pin(Gateway::start(&template, surroundings)).await;
        self.router = gateway.router();
        self.gateway = Some(gateway);
    }

    /// From now on all functions are in this process. Those that were processes are killed.
    pub(crate) fn turn_to_this_process(&mut self) {
        self.router = self.local.router().expect("the routers build");
        self.gateway = None;
    }

    /// From all parts.
    pub(crate) async fn build(
        values: &[(&str, &str)],
        clock: TestClock,
        keys: KeyFile,
        engine: Engine,
    ) -> Self {
        Box::pin(Self::build_with(values, clock, keys, engine, false)).await
    }

    async fn build_with(
        values: &[(&str, &str)],
        clock: TestClock,
        keys: KeyFile,
        engine: Engine,
        bare: bool,
    ) -> Self {
        let defaults = [
            ("PUBLIC_URL", PUBLIC_URL),
            ("EMAIL_FROM", "no-reply@gatehouse.example"),
            ("ARGON2_MEMORY_KIB", "64"),
            ("ARGON2_PASSES", "1"),
            ("SMS", "on"),
        ];
        let values: HashMap<_, _> = defaults
            .iter()
            .chain(values)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let config = Config::read(values.clone()).expect("a configuration that can be used");
        let clock = Arc::new(clock);
        let inbox = Arc::new(Inbox::new(
            config.email_from.clone(),
            Arc::clone(&clock) as Arc<dyn Clock>,
            None,
        ));
        let database = engine.client();
        let parameters = Arc::new(if bare {
            Parameters::default()
        } else {
            secrets(&keys)
        });
        let connector = Connector::over(engine, Arc::clone(&parameters));
        let mail = Arc::new(MailService::new(Arc::clone(&inbox)));
        let log_filter = LogFilter::of(&config.place);
        let sms = Arc::new(SmsService::new(Arc::clone(&inbox)));
        let local = Local::assemble(Parts {
            config,
            database: place_behind(connector.clone()),
            keys,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: Arc::new(SeededRandom::default()) as Arc<dyn Random>,
            messengers: Messengers {
                mailer: Arc::clone(&mail) as _,
                sms: Arc::clone(&sms) as _,
            },
            log: log_filter.clone(),
        })
        .await
        .expect("the platform starts");
        let projects = Box::new(projects_of(&local));
        if bare {
            forget_keys(&database).await;
        } else if has_no_projects(&local, &database).await {
            projects::ensure(&projects, &[])
                .await
                .expect("the known projects");
        }
        let surroundings = Surroundings {
            connector: &connector,
            clock: &clock,
            store: &local.foundation.context.store,
            mail: &mail,
            sms: &sms,
            values: &values,
            set_up: !bare,
        };
        let (router, gateway) = if bare || are_processes() {
            let template = surroundings.template();
            let gateway = Box::pin(Gateway::start(&template, surroundings)).await;
            (gateway.router(), Some(gateway))
        } else {
            (local.router().expect("the routers build"), None)
        };
        connector.forget();
        Self {
            local,
            router,
            inbox,
            clock,
            connector,
            mail,
            sms,
            parameters,
            database,
            gateway,
            values,
            projects,
            log_filter,
        }
    }

    /// Invokes a function behind the gateway directly: its answer, or how it failed.
    pub(crate) async fn invoke(&self, function: &str, event: Value) -> Result<Value, String> {
        let gateway = self.gateway.as_ref().expect("functions that are processes");
        gateway.try_invoke(function, event).await
    }

    /// What functions that are processes have logged.
    pub(crate) fn log(&self) -> String {
        let log = self.gateway.as_ref().map(|gateway| gateway.log());
        log.unwrap_or_default()
    }

    /// Stands around functions of this platform that run as processes of their own.
    pub(crate) async fn cloud(&self) -> Cloud {
        let surroundings = self.surroundings();
        let policies = Policies::of(&surroundings.template());
        Cloud::around(surroundings, Arc::new(policies)).await
    }

    /// The same before anything has been set up.
    pub(crate) async fn bare_cloud(&self) -> Cloud {
        let surroundings = Surroundings {
            set_up: false,
            ..self.surroundings()
        };
        let policies = Policies::of(&surroundings.template());
        Cloud::around(surroundings, Arc::new(policies)).await
    }

    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings {
            connector: &self.connector,
            clock: &self.clock,
            store: &self.local.foundation.context.store,
            mail: &self.mail,
            sms: &self.sms,
            values: &self.values,
            set_up: true,
        }
    }

    /// A request to the platform; send it with `.send().await`.
    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        Request::new(self.router.clone(), method, path).of(&self.visitor())
    }

    /// A request to one function's router instead of the whole platform.
    pub(crate) fn request_to(router: &Router, method: Method, path: &str) -> Request {
        Request::new(router.clone(), method, path)
    }

    /// Somebody whom the pages have been shown to.
    fn visitor(&self) -> Visitor {
        let Local {
            foundation,
            secrets,
            ..
        } = &self.local;
        let tokens = foundation.form_tokens(secrets).expect("the keys");
        Visitor {
            cookie: format!("{PAGES_COOKIE}={VISITOR}"),
            token: tokens.token(VISITOR),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }

    /// Does what the outbox promises; the mails that were sent since the last look.
    pub(crate) async fn deliver(&self) -> Vec<InboxMessage> {
        let before = self.inbox.messages().len();
        match &self.gateway {
            Some(gateway) => {
                let mut intents = self.items("outbox").await;
                intents.sort_by_key(|intent| intent["issued_at"].as_i64());
                for intent in intents {
                    gateway.deliver(&intent["id"]).await;
                }
            }
            None => self.local.deliver_all().await,
        }
        self.inbox.messages().split_off(before)
    }

    /// Registers an account, which then waits for confirmation; the answer's user.
    pub(crate) async fn register(&self, email: &str) -> Value {
        let answer = self
            .post("/user-service/v1/users/register")
            .json(&json!({ "email": email, "password": PASSWORD }))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["user"].clone()
    }

    /// Registers an account by the core, as document 002 does: under a whole name, perhaps with a password to be changed first.
    pub(crate) async fn register_by_core(&self, email: &str, must_change_password: bool) -> User {
        let local = &self.local;
        let passwords = local.foundation.passwords().expect("passwords");
        let registrar = local.foundation.registrar(&local.secrets, &passwords);
        let registrar = registrar.expect("the keys");
        let registration = Registration {
            realm: Realm::default_realm(),
            dialect: Dialect::Rbac,
            email: &EmailAddress::parse(email).expect("an address"),
            password: &NewPassword::parse(PASSWORD, &[]).expect("a good password"),
            first_name: None,
            last_name: None,
            display_name: Name::parse("Ann of the Lanterns"),
            nickname: None,
            attributes: Vec::new(),
            must_change_password,
            language: MessageLanguage::En.into(),
            client: None,
        };
        let admission = registrar.admit_anybody().expect("open registration");
        let user = registrar.register(admission, registration).await;
        user.expect("an account")
    }

    /// Registers an account and confirms it with the mailed code.
    pub(crate) async fn register_confirmed(&self, email: &str) -> Value {
        self.register(email).await;
        let mails = self.deliver().await;
        // Others may wait for theirs.
        let address = EmailAddress::parse(email).expect("an address").envelope();
        let mut own = mails.iter().filter(|mail| mail.to == [&*address]);
        let code = code_in(&own.next_back().expect("a mail was sent").text);
        let answer = self
            .post("/user-service/v1/users/activate")
            .json(&json!({ "code": code }))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["user"].clone()
    }

    /// Asks to sign in.
    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/user-service/v1/users/login")
            .json(&json!({ "email": email, "password": password }))
            .send()
            .await
    }

    /// Signs in.
    pub(crate) async fn signed_in(&self, email: &str, password: &str) -> Session {
        let answer = self.login(email, password).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = answer.json();
        let text = |name: &str| body[name].as_str().expect("a token").to_owned();
        Session {
            access_token: text("accessToken"),
            refresh_token: text("refreshToken"),
            user: body["user"].clone(),
        }
    }

    /// Registers, confirms and signs in.
    pub(crate) async fn new_session(&self, email: &str) -> Session {
        self.register_confirmed(email).await;
        self.signed_in(email, PASSWORD).await
    }

    /// Makes or changes a project, as an entry of `PROJECTS_FILE` would: `providers`, and perhaps `realm`. Plain http is taken to
    /// this machine.
    pub(crate) async fn put_project(&self, id: &str, settings: &Value) -> Project {
        let wanted = WantedProject::read(id, settings.clone()).expect("settings of a project");
        let patch = ProjectPatch {
            realm: wanted.realm,
            providers: Some(wanted.providers),
        };
        let put = self.projects.put(wanted.id, &patch).await;
        put.expect("the project is stored").project
    }

    /// Signs in through the Identity Server; the token.
    pub(crate) async fn rbac_token(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD });
        let request = self.post("/rbac/auth/authenticate").json(&body);
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let token = answer.json()["token"].as_str().map(str::to_owned);
        token.expect("a token")
    }

    /// Signs in through the Security Service; the access token.
    pub(crate) async fn security_token(&self, email: &str) -> String {
        let body = json!({ "userId": email, "password": PASSWORD });
        let request = self.post("/security/api/v1/oauth2").json(&body);
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let token = answer.json()["access_token"].as_str().map(str::to_owned);
        token.expect("a token")
    }

    /// Sets a new password by the page, with the user id and the code of a mailed link.
    pub(crate) async fn reset(&self, (uid, code): &(String, String), password: &str) -> Answer {
        let fields = [
            ("uid", uid.as_str()),
            ("t", code),
            ("password", password),
            ("password2", password),
        ];
        let mut browser = Browser::default();
        browser.submit(self, "/reset-password", &fields).await
    }

    /// All items of a table, by its name without prefix, ordered by their text.
    pub(crate) async fn items(&self, table: &str) -> Vec<BTreeMap<String, Value>> {
        let mut pages = self
            .database
            .scan()
            .table_name(format!("gatehouse-{table}"))
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.expect("the table can be read");
            items.push(
                item.iter()
                    .map(|(name, value)| (name.clone(), plain(value)))
                    .collect::<BTreeMap<_, _>>(),
            );
        }
        items.sort_by_key(|item| json!(item).to_string());
        items
    }

    /// Everything that is stored but the audit trail, which tells of attempts, too; as one text, to search for what must not be.
    pub(crate) async fn dump(&self) -> String {
        let mut all = String::new();
        let tables = shared::store::TABLES.into_iter();
        for table in tables.filter(|table| table.name != "audit") {
            for item in self.items(table.name).await {
                writeln!(all, "{} {}", table.name, json!(item)).expect("a text grows");
            }
        }
        all
    }

    /// Lets whoever is root go: somebody else is root, too.
    pub(crate) async fn add_root(&self) {
        let update = self.database.update_item().table_name("gatehouse-users");
        let update = update
            .key("pk", AttributeValue::S("roots".to_owned()))
            .update_expression("ADD members :somebody")
            .expression_attribute_values(
                ":somebody",
                AttributeValue::Ss(vec!["6ba7b810-9dad-41d1-80b4-00c04fd430c8".to_owned()]),
            );
        update.send().await.expect("another root");
    }

    /// A client of the database, for arranging what no request can.
    pub(crate) fn database(&self) -> &aws_sdk_dynamodb::Client {
        &self.database
    }
}

/// The projects of a platform, with chance of their own, so that making some does not move what the platform draws.
fn projects_of(local: &Local) -> Projects {
    let random = Arc::new(SeededRandom::of_the_harness());
    let foundation = Foundation {
        context: Context {
            random,
            ..local.foundation.context.clone()
        },
        ..local.foundation.clone()
    };
    foundation.projects(&local.secrets).expect("the keys")
}

/// Whether there are no projects yet. Those of a database that was there before may be under the seal of other keys.
async fn has_no_projects(local: &Local, database: &aws_sdk_dynamodb::Client) -> bool {
    let prefix = &local.foundation.config.place.table_prefix;
    let scan = database.scan().table_name(format!("{prefix}projects"));
    let found = scan.limit(1).send().await.expect("the table can be read");
    found.count() == 0
}

/// Unpublishes what the platform in this process has published when it was put together.
async fn forget_keys(database: &aws_sdk_dynamodb::Client) {
    let delete = database.delete_item().table_name("gatehouse-keys");
    let delete = delete.key("kind", AttributeValue::S("key-set".to_owned()));
    delete.send().await.expect("the table is empty again");
}

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => json!(number.parse::<i64>().expect("whole numbers only")),
        AttributeValue::Bool(flag) => json!(flag),
        AttributeValue::B(bytes) => json!(data_encoding::HEXLOWER.encode(bytes.as_ref())),
        AttributeValue::Ns(set) => {
            let number = |text: &String| text.parse::<u64>().expect("whole numbers only");
            let mut numbers: Vec<_> = set.iter().map(number).collect();
            numbers.sort_unstable();
            json!(numbers)
        }
        AttributeValue::Ss(set) => {
            let mut texts = set.clone();
            texts.sort_unstable();
            json!(texts)
        }
        AttributeValue::Bs(set) => {
            let encode = |bytes: &aws_sdk_dynamodb::primitives::Blob| {
                data_encoding::HEXLOWER.encode(bytes.as_ref())
            };
            let mut texts: Vec<_> = set.iter().map(encode).collect();
            texts.sort_unstable();
            json!(texts)
        }
        AttributeValue::L(list) => json!(list.iter().map(plain).collect::<Vec<_>>()),
        AttributeValue::M(map) => json!(
            map.iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect::<BTreeMap<_, _>>()
        ),
        other => panic!("{other:?} is not used"),
    }
}
