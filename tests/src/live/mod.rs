//! How functions find their installation, keep up with it, and what happens when they cannot.

mod keeping_up;
mod keys;
mod outdated;
mod start;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use shared::aws::{Client, Place};
use shared::domain::{Clock as _, SystemRandom};
use shared::keys::{Algorithm, KeyFile, KeySet, Parameters};
use shared::runtime::{LogFilter, SecretName, Source, ThisProcess};
use shared::store::Store;

use crate::harness::{PARAMETER_PATH, PUBLIC_URL, Platform, keys, kid_of, other_keys};

/// What a function of this platform starts from, in this process.
pub(crate) fn source(platform: &Platform, secrets: &'static [SecretName]) -> Source {
    let place = Place {
        connector: SharedHttpConnector::new(platform.connector.clone()),
        endpoint: Some("http://parameters.localhost".to_owned()),
        region: "eu-central-1".to_owned(),
        credentials: None,
    };
    let clock = Arc::clone(&platform.clock) as _;
    let client = Client::new(Parameters::SERVICE, place, clock, Arc::new(SystemRandom));
    let vault = Parameters::new(client, PARAMETER_PATH);
    Source {
        environment: [("ARGON2_MEMORY_KIB", "64"), ("ARGON2_PASSES", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        context: platform.local.foundation.context.clone(),
        vault: (!secrets.is_empty()).then(|| Arc::new(vault) as _),
        secrets,
        process: Arc::new(ThisProcess::new(
            "lambda",
            LogFilter::at("info"),
            platform.clock.now(),
        )),
        messengers: None,
    }
}

fn store(platform: &Platform) -> &Store {
    &platform.local.foundation.context.store
}

/// Writes the settings that are needed, and these.
pub(crate) async fn set(platform: &Platform, settings: &[(&str, &str)]) {
    let needed = [
        ("PUBLIC_URL", PUBLIC_URL),
        ("EMAIL_FROM", "no-reply@gatehouse.example"),
    ];
    let settings: BTreeMap<_, _> = needed
        .iter()
        .chain(settings)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let written = store(platform).put_settings(&settings).await;
    written.expect("the settings are written");
}

/// Publishes the keys of these files, in place of any other.
async fn publish(platform: &Platform, files: &[&KeyFile]) {
    let keys = files.iter().flat_map(|file| public(file).keys).collect();
    let keys = KeySet {
        keys,
        dropped: Vec::new(),
    };
    let published = store(platform).put_key_set(&keys).await;
    published.expect("the keys are published");
}

fn public(file: &KeyFile) -> KeySet {
    file.key_set().expect("a key set")
}

/// The name of the key that the User Service signs with.
fn kid(file: &KeyFile) -> String {
    kid_of(file, Algorithm::Rs256)
}

/// Keys of another generation than [`keys`].
fn newer_keys() -> KeyFile {
    assert_ne!(kid(&other_keys()), kid(&keys()));
    other_keys()
}
