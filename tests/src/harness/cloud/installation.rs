//! What functions find of their installation: the environment, the settings, the secrets. The one place that knows.

use serde_json::Value;
use shared::keys::KeyFile;

use super::{ClockFile, Environment, Parameters, Surroundings};
use crate::harness::folder::Folder;

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
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", url.clone()),
        ("AWS_ENDPOINT_URL_SSM", url.clone()),
        ("AWS_ENDPOINT_URL_SESV2", url),
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
