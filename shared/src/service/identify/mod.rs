//! The use cases of document 004: projects, and the users that each of them has.

mod projects;

pub use projects::{ProjectPatch, Projects, PutProject};
