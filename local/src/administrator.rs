//! The administrator of a local installation: made at the first start, announced at every one.

use std::path::Path;

use data_encoding::BASE32_NOPAD;
use local::{Local, files};
use shared::domain::{NewPassword, Random};
use shared::service::Administrator;

use crate::Failure;
use crate::settings::Settings;

/// Makes the administrator if there is none; what to tell in the terminal. A password that was generated is kept in
/// `admin-password`, if there is a place, so that every start can tell it.
pub(crate) async fn ensure(
    local: &Local,
    settings: &Settings,
    data: Option<&Path>,
    random: &dyn Random,
) -> Result<String, Failure> {
    let email = settings.admin_email.original();
    let bootstrap = local.foundation.bootstrap(&local.secrets)?;
    let passwords = local.foundation.passwords()?;
    if let Some(password) = &settings.admin_password {
        let hash = passwords.hash(password.as_password()).await?;
        let made = bootstrap
            .ensure_administrator(&settings.admin_email, Some(&hash))
            .await?;
        return Ok(match made {
            Administrator::Made(_) => format!("{email}, password as in ADMIN_PASSWORD"),
            Administrator::Present(_) | Administrator::Completed(_) => {
                "as at the first start".to_owned()
            }
            Administrator::Gone(_) => GONE.to_owned(),
            Administrator::AddressTaken => taken(email),
        });
    }
    let file = data.map(|data| data.join("admin-password"));
    let kept = file
        .as_ref()
        .and_then(|file| std::fs::read_to_string(file).ok());
    let text = kept.unwrap_or_else(|| BASE32_NOPAD.encode(&random.bytes::<15>()).to_lowercase());
    let password = NewPassword::parse(text.trim(), &[])?;
    // Kept before it is set: dying in between must not leave an account whose password nobody knows.
    let is_new = file.as_ref().is_some_and(|file| !file.exists());
    if let Some(file) = &file {
        files::write_private(file, text.as_bytes())?;
    }
    let hash = passwords.hash(password.as_password()).await?;
    let made = bootstrap
        .ensure_administrator(&settings.admin_email, Some(&hash))
        .await?;
    if let (Some(file), true, false) = (&file, is_new, matches!(made, Administrator::Made(_))) {
        std::fs::remove_file(file)?;
    }
    Ok(match made {
        Administrator::Made(_) => format!("{email}, password {text}"),
        Administrator::Gone(_) => GONE.to_owned(),
        Administrator::Present(_) | Administrator::Completed(_) if is_new => {
            "as at the first start".to_owned()
        }
        Administrator::Present(_) | Administrator::Completed(_) => {
            format!("password {} unless it was changed", text.trim())
        }
        Administrator::AddressTaken => taken(email),
    })
}

const GONE: &str =
    "none: the account was deleted; `cargo run -- admin.invite email=<address>` makes another";

fn taken(email: &str) -> String {
    format!(
        "none: {email} belongs to an account that registered itself; `cargo run -- admin.invite email={email}` helps"
    )
}
