//! One's own authenticator, from the side of its owner.

mod enrolment;
mod removal;
mod used_up;
