//! The core of Gatehouse: identity without HTTP statuses, without dialects' wire types and with one place for DynamoDB.
//!
//! Its layers, each of which uses only those before it: `domain`, `error`, `usage`, `aws`, `passwords`, `pictures`, `keys`, `tokens`, `sending`,
//! `mail`, `sms`, `providers`, `dynamodb`, `store`, `service`, `http`, `pages`, `config`, `runtime`. A test holds the arrows.

pub mod aws;
pub mod config;
pub mod domain;
pub mod dynamodb;
pub mod error;
pub mod http;
pub mod keys;
pub mod mail;
pub mod pages;
pub mod passwords;
pub mod pictures;
pub mod providers;
pub mod runtime;
pub mod sending;
pub mod service;
pub mod sms;
pub mod store;
pub mod tokens;
pub mod usage;
