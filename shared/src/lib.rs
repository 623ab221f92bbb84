//! The core of Gatehouse: identity without HTTP statuses, without dialects' wire types and with one place for DynamoDB.
//!
//! A module uses only modules above it in this list; a test holds the arrows.

pub mod domain;
pub mod error;
pub mod passwords;
pub mod keys;
pub mod tokens;
pub mod mail;
pub mod store;
pub mod service;
pub mod http;
pub mod config;
pub mod runtime;
