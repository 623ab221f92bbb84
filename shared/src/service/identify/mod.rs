//! The use cases of document 004: projects, and the users that each of them has.

mod guests;
mod projects;
mod visits;

pub use guests::{Greeted, Guests};
pub use projects::{ProjectPatch, Projects, PutProject};
