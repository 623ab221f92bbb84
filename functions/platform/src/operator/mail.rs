//! Who gets no mail, and who gets some again.

use serde_json::{Value, json};
use shared::domain::{EmailAddress, Unmailable};
use shared::runtime::{Foundation, InstallError};

use super::CommandError;

/// Whether an address gets mail, and why not.
pub(super) async fn status(foundation: &Foundation, email: &str) -> Result<Value, CommandError> {
    let found = foundation.mailability().find(&parse(email)?).await;
    let found = found.map_err(InstallError::from)?;
    let mut answer = json!({ "mailable": found.is_none() });
    add(&mut answer, found);
    Ok(answer)
}

/// Sends an address mail again.
pub(super) async fn allow(foundation: &Foundation, email: &str) -> Result<Value, CommandError> {
    let removed = foundation.mailability().allow(&parse(email)?).await;
    let removed = removed.map_err(InstallError::from)?;
    let mut answer = json!({ "removed": removed.is_some() });
    add(&mut answer, removed);
    Ok(answer)
}

fn parse(email: &str) -> Result<EmailAddress, CommandError> {
    EmailAddress::parse(email).map_err(|_| CommandError::Email)
}

fn add(answer: &mut Value, unmailable: Option<Unmailable>) {
    if let Some(Unmailable { reason, since }) = unmailable {
        answer["reason"] = json!(reason.as_str());
        answer["since"] = json!(since.to_string());
    }
}
