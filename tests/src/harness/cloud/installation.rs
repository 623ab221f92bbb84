//! What functions find of their installation: the environment, the settings, the secrets. The one place that knows.

use serde_json::Value;
use shared::keys::{Algorithm, KeyFile};

use super::{ClockFile, Environment, Parameters, Surroundings};
use crate::harness::folder::Folder;
use crate::harness::kid_of;

/// As the template has it for the stack `gatehouse`.
pub(crate) const PARAMETER_PATH: &str = "/gatehouse/gatehouse";

/// What every process is started with, unless the template says otherwise.
pub(super) fn environment(around: Surroundings<'_>, address: &str, folder: &Folder) -> Environment {
    let url = format!("http://{address}");
    let log_level = around.values.get("LOG_LEVEL");
    let mut place = vec![
        ("TABLE_PREFIX", "gatehouse-".to_owned()),
        ("PARAMETER_PATH", PARAMETER_PATH.to_owned()),
        (
            "LOG_LEVEL",
            log_level.cloned().unwrap_or("error".to_owned()),
        ),
        (
            "METRICS",
            around.values.get("METRICS").cloned().unwrap_or_default(),
        ),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", url.clone()),
        ("AWS_ENDPOINT_URL_SSM", url.clone()),
        ("AWS_ENDPOINT_URL_SESV2", url.clone()),
        ("AWS_ENDPOINT_URL_SNS", url.clone()),
        ("AWS_ENDPOINT_URL_KMS", url),
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

/// Writes the settings where functions read them.
pub(super) async fn put_settings(around: Surroundings<'_>) {
    let settings = around.values.clone().into_iter().collect();
    let stored = around.store.put_settings(&settings).await;
    stored.expect("the settings are written");
}

/// The secrets of a key file, as an installation on AWS keeps them.
pub(in crate::harness) fn secrets(keys: &KeyFile) -> Parameters {
    let parameters = Parameters::default();
    for published in keys.key_set().expect("a key set").keys {
        let (name, key) = private_key(keys, published.algorithm);
        parameters.put_secret(&name, &key);
    }
    let content = content(keys);
    for name in ["codes", "sources", "seal", "refresh"] {
        let versions = content[name].to_string();
        parameters.put_secret(&format!("{PARAMETER_PATH}/server/{name}"), &versions);
    }
    parameters
}

/// The private key that signs by this algorithm: its parameter's name, and its text.
pub(crate) fn private_key(keys: &KeyFile, algorithm: Algorithm) -> (String, String) {
    let (name, kid) = (algorithm.as_str(), kid_of(keys, algorithm));
    let content = content(keys);
    let mut stored = content["signing"].as_array().expect("keys").iter();
    let stored = stored.find(|stored| stored["algorithm"] == name);
    let key = stored.expect("a key")["private_key"].as_str();
    let name = format!("{PARAMETER_PATH}/signing/{name}/{kid}");
    (name, key.expect("a text").to_owned())
}

/// What stands in a key file.
fn content(keys: &KeyFile) -> Value {
    let folder = Folder::new();
    let file = folder.file("keys.json");
    keys.write_new(&file).expect("the keys are written");
    let text = std::fs::read_to_string(file).expect("the keys are read");
    serde_json::from_str(&text).expect("JSON")
}
