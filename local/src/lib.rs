//! The whole platform in one process: all dialects and pages on an embedded DynamoDB, with an inbox and a clock that moves.
//!
//! For a laptop and for tests. What is only here (the `/_local/` routes, the clock, the embedded database) is linked by no
//! Lambda function.

pub mod clock;
pub mod cost;
pub mod embedded;
pub mod files;
pub mod inbox;
mod platform;
pub mod projects;
mod server;
pub mod views;

pub use platform::{Local, Parts};
pub use server::serve;

/// The README's Rust program has to compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
