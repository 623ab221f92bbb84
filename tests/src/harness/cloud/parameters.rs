//! The parameter store of AWS Systems Manager: the four operations that are used, as its API reference describes them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::connector::Call;

/// Parameters by name.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    stored: Mutex<BTreeMap<String, Parameter>>,
    throttled: AtomicUsize,
}

#[derive(Debug, Clone)]
struct Parameter {
    value: String,
    kind: String,
    version: u64,
}

/// An error's name and message.
type Refusal = (&'static str, &'static str);

/// Most names in a request, and most parameters on a page.
const PAGE: usize = 10;
/// Most characters of a value in the standard tier.
const MAX_VALUE_CHARS: usize = 4096;

impl Parameters {
    /// Keeps a secret.
    pub(crate) fn put_secret(&self, name: &str, value: &str) {
        let body = json!({ "Name": name, "Value": value, "Type": "SecureString" });
        self.put(&body).expect("a new parameter");
    }

    /// Refuses the next calls as throttled.
    pub(crate) fn throttle(&self, times: usize) {
        self.throttled.store(times, Ordering::SeqCst);
    }

    /// Answers a call of the protocol (AWS JSON 1.1): status and body.
    pub(crate) fn answer(&self, call: Call<'_>) -> (u16, String) {
        match self.perform(call) {
            Ok(answer) => (200, answer.to_string()),
            Err((kind, message)) => {
                let body = json!({ "__type": kind, "message": message });
                (400, body.to_string())
            }
        }
    }

    /// All of them: name, type, value, version.
    pub(crate) fn dump(&self) -> Vec<(String, String, String, u64)> {
        let stored = self.lock();
        let parts = |(name, parameter): (&String, &Parameter)| {
            let Parameter {
                value,
                kind,
                version,
            } = parameter.clone();
            (name.clone(), kind, value, version)
        };
        stored.iter().map(parts).collect()
    }

    /// Removes those whose name holds this text.
    pub(crate) fn remove(&self, part: &str) {
        self.lock().retain(|name, _| !name.contains(part));
    }

    fn perform(&self, call: Call<'_>) -> Result<Value, Refusal> {
        let fewer = |left: usize| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self.throttled.fetch_update(order, order, fewer).is_ok() {
            return Err(("ThrottlingException", "Rate exceeded"));
        }
        let body = call.json();
        match call.operation() {
            "GetParameters" => self.get(&body),
            "GetParametersByPath" => self.list(&body),
            "PutParameter" => self.put(&body),
            "DeleteParameter" => self.delete(&body),
            _ => Err(("UnknownOperationException", "not served")),
        }
    }

    fn get(&self, body: &Value) -> Result<Value, Refusal> {
        let names: Vec<_> = body["Names"].as_array().into_iter().flatten().collect();
        if names.is_empty() || names.len() > PAGE {
            return Err(("ValidationException", "1 to 10 names"));
        }
        let stored = self.lock();
        let (mut found, mut invalid) = (Vec::new(), Vec::new());
        for name in names {
            match stored.get_key_value(name.as_str().unwrap_or_default()) {
                Some((name, parameter)) => found.push(parameter.view(name, body)),
                None => invalid.push(name),
            }
        }
        Ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
    }

    fn list(&self, body: &Value) -> Result<Value, Refusal> {
        let path = body["Path"].as_str().unwrap_or_default();
        let path = format!("{}/", path.trim_end_matches('/'));
        let recursive = body["Recursive"].as_bool().unwrap_or_default();
        let size = body["MaxResults"].as_u64().unwrap_or(PAGE as u64);
        if size == 0 || size > PAGE as u64 {
            return Err(("ValidationException", "1 to 10 results"));
        }
        let stored = self.lock();
        let mut found: Vec<_> = stored
            .iter()
            .filter(|(name, _)| {
                let below = name.strip_prefix(&path);
                below.is_some_and(|below| recursive || !below.contains('/'))
            })
            .skip_while(|(name, _)| {
                let last = body["NextToken"].as_str();
                last.is_some_and(|last| name.as_str() <= last)
            })
            .collect();
        let more = found.len() > usize::try_from(size).expect("at most ten");
        found.truncate(usize::try_from(size).expect("at most ten"));
        let last = found.last().map(|(name, _)| (*name).clone());
        let views: Vec<_> = found
            .iter()
            .map(|(name, parameter)| parameter.view(name, body))
            .collect();
        let mut answer = json!({ "Parameters": views });
        if let Some(last) = last.filter(|_| more) {
            answer["NextToken"] = json!(last);
        }
        Ok(answer)
    }

    fn put(&self, body: &Value) -> Result<Value, Refusal> {
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        let (name, value) = (text("Name"), text("Value"));
        if !name.starts_with('/') || value.is_empty() || value.chars().count() > MAX_VALUE_CHARS {
            return Err(("ValidationException", "a name and a value of up to 4096"));
        }
        let mut stored = self.lock();
        let version = stored.get(&name).map_or(0, |parameter| parameter.version);
        if version > 0 && body["Overwrite"] != json!(true) {
            return Err(("ParameterAlreadyExists", "The parameter already exists."));
        }
        let parameter = Parameter {
            value,
            kind: text("Type"),
            version: version + 1,
        };
        stored.insert(name, parameter);
        Ok(json!({ "Version": version + 1, "Tier": "Standard" }))
    }

    fn delete(&self, body: &Value) -> Result<Value, Refusal> {
        let name = body["Name"].as_str().unwrap_or_default();
        match self.lock().remove(name) {
            Some(_) => Ok(json!({})),
            None => Err(("ParameterNotFound", "")),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Parameter>> {
        self.stored.lock().expect("no panic inside")
    }
}

impl Parameter {
    fn view(&self, name: &str, request: &Value) -> Value {
        let sealed = self.kind == "SecureString" && request["WithDecryption"] != json!(true);
        let value = if sealed { "c2VhbGVk" } else { &self.value };
        json!({
            "Name": name,
            "Type": self.kind,
            "Value": value,
            "Version": self.version,
            "ARN": format!("arn:aws:ssm:eu-central-1:123456789012:parameter{name}"),
            "DataType": "text",
        })
    }
}
