//! The dialect's answers, spelled as document 001 spells them.

use serde::Serialize;
use utoipa::ToSchema;

/// That an operation was performed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Success {
    /// The method of the request
    #[serde(rename = "Operation")]
    operation: &'static str,
    #[serde(rename = "Details")]
    #[schema(example = "Command completed.")]
    details: &'static str,
    #[serde(rename = "Code")]
    code: u16,
}

impl Success {
    /// Of a POST, the only method that answers so.
    pub(crate) const POSTED: Self = Self {
        operation: "POST",
        details: "Command completed.",
        code: 0,
    };
}
