//! The commands of POST /system, as document 001 spells them.

use serde::Serialize;
use shared::domain::{LogLevel, LogLevels, Subsystem};
use shared::error::Error;
use shared::http::{Fault, Fields};
use utoipa::ToSchema;

use crate::error::ApiError;

/// What stands for every subsystem.
const ALL: &str = "all";

/// A command that was understood.
pub(super) enum Command {
    SetLogLevels(LogLevels),
    /// Of whatever subsystem: a process has one cache.
    Reload,
    GetLogLevels,
    GetLogLevelNames,
    GetSubsystemNames,
}

impl Command {
    pub(super) fn read(fields: &Fields) -> Result<Self, ApiError> {
        let name = fields.optional("command")?.unwrap_or_default();
        Ok(match name.to_ascii_lowercase().as_str() {
            "setloglevel" => Self::SetLogLevels(levels(fields)?),
            "reload" => {
                subsystems(fields)?;
                Self::Reload
            }
            "getloglevels" => Self::GetLogLevels,
            "getloglevelnames" => Self::GetLogLevelNames,
            "getsubsystemnames" => Self::GetSubsystemNames,
            _ => return Err(unknown()),
        })
    }
}

/// That there is no such command.
pub(super) fn unknown() -> ApiError {
    ApiError::numbered(1031, "the command is not known")
}

/// At least one level; of those of one subsystem the last.
fn levels(fields: &Fields) -> Result<LogLevels, Fault> {
    let mut levels = LogLevels::new();
    for entry in fields.required_objects("subsystems")? {
        let level = LogLevel::parse(entry.required("value")?);
        let level = level.ok_or(Error::InvalidField("value"))?;
        let named = named(entry.required("tag")?).ok_or(Error::InvalidField("tag"))?;
        levels.extend(named.into_iter().map(|subsystem| (subsystem, level)));
    }
    if levels.is_empty() {
        return Err(Error::InvalidField("subsystems").into());
    }
    Ok(levels)
}

/// At least one subsystem.
fn subsystems(fields: &Fields) -> Result<(), Fault> {
    let names = fields.required_texts("subsystems")?;
    let known = names.iter().all(|name| named(name).is_some());
    if names.is_empty() || !known {
        return Err(Error::InvalidField("subsystems").into());
    }
    Ok(())
}

fn named(name: &str) -> Option<Vec<Subsystem>> {
    if name == ALL {
        return Some(Subsystem::all().collect());
    }
    Subsystem::parse(name).map(|subsystem| vec![subsystem])
}

/// A command, its name in any case.
#[expect(dead_code, reason = "only documentation: what is read is a `Command`")]
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum SystemRequest {
    SetLogLevel {
        #[schema(example = "setloglevel")]
        command: String,
        subsystems: Vec<SubsystemLevel>,
    },
    Reload {
        #[schema(example = "reload")]
        command: String,
        /// Names of subsystems, or `all`: all is made anew, whichever they are
        #[schema(example = json!(["all"]))]
        subsystems: Vec<String>,
    },
    Get {
        /// `getloglevels`, `getloglevelnames` or `getsubsystemnames`
        #[schema(example = "getloglevels")]
        command: String,
    },
}

/// A level to be set.
#[derive(Serialize, ToSchema)]
pub(super) struct SubsystemLevel {
    /// The name of a subsystem, or `all`
    #[schema(example = "http")]
    tag: String,
    /// The name of a level
    #[schema(example = "debug")]
    value: String,
}
