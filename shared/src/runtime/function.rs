//! What makes a Lambda function that serves HTTP.

use std::sync::Arc;

use axum::Router;

use super::aws::{self, Aws};
use super::{Foundation, Messengers, StartError};
use crate::config::{Config, Place};
use crate::http::Route;
use crate::keys::{SecretName, Secrets, Vault};

/// A group of operations, which is one Lambda function and one binary.
///
/// The template gives a function these routes, and the right to read these secrets.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The binary.
    pub name: &'static str,
    /// Its own operations.
    pub routes: &'static [Route],
    /// The secrets that it opens.
    pub secrets: &'static [SecretName],
    /// Makes its router.
    pub build: fn(&Foundation, &Secrets) -> Result<Router, StartError>,
    /// Connects to where secrets lie; a function that needs none does not link it.
    pub(super) vault: Option<Connect>,
    /// Makes what sends; a function that sends nothing does not link it.
    pub(super) messengers: Option<Senders>,
}

/// Whether a private key is among these secrets.
const fn signs(mut secrets: &[SecretName]) -> bool {
    while let [first, rest @ ..] = secrets {
        if matches!(first, SecretName::Signing(_)) {
            return true;
        }
        secrets = rest;
    }
    false
}

pub(super) type Connect = fn(&Aws, &Place) -> Arc<dyn Vault>;
pub(super) type Senders = fn(&Aws, &Config) -> Messengers;

impl Function {
    /// A function that opens secrets.
    pub const fn new(
        name: &'static str,
        routes: &'static [Route],
        secrets: &'static [SecretName],
        build: fn(&Foundation, &Secrets) -> Result<Router, StartError>,
    ) -> Self {
        Self {
            name,
            routes,
            secrets,
            build,
            vault: Some(if signs(secrets) {
                aws::signing_vault
            } else {
                aws::vault
            }),
            messengers: None,
        }
    }

    /// A function that needs no secret.
    pub const fn without_secrets(
        name: &'static str,
        routes: &'static [Route],
        build: fn(&Foundation, &Secrets) -> Result<Router, StartError>,
    ) -> Self {
        Self {
            name,
            routes,
            secrets: &[],
            build,
            vault: None,
            messengers: None,
        }
    }

    /// The same function, which also sends mails and text messages before it answers.
    #[must_use]
    pub const fn sending(self) -> Self {
        Self {
            messengers: Some(aws::messengers),
            ..self
        }
    }

    /// Whether it sends messages before it answers.
    pub const fn is_sending(&self) -> bool {
        self.messengers.is_some()
    }
}
