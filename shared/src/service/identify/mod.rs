//! The use cases of document 004: projects, and the users that each of them has.

mod federation;
mod guests;
mod identity_providers;
mod members;
mod projects;
mod take_over;
mod visits;

pub use federation::{Federation, Newcomer};
pub use guests::{Greeted, Guests};
pub use identity_providers::{IdentityProviders, Vouched};
pub use members::{MemberPatch, Members, Participant};
pub use projects::{ProjectPatch, Projects, PutProject};
pub use take_over::{Elsewhere, TakeOver};
