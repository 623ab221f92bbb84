//! Tests of the whole platform through HTTP, on an embedded database: what a caller sees, what was stored, what was sent.

mod harness;
mod template;

mod algorithms;
mod call_budget;
mod cloud;
mod cold_start;
mod contracts;
mod deadline;
mod delivery;
mod deployment;
mod errors;
mod events;
mod faults;
mod functions;
mod identify;
mod key_file;
mod layers;
mod limits;
mod live;
mod local_server;
mod logs;
mod mail;
mod operator;
mod outbox;
mod pages;
mod races;
mod rbac;
mod rules;
mod security;
mod session;
mod sms;
mod tokens;
mod user_service;
