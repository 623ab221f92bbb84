//! The second factor: what an account asks for after the password, in every dialect.
//!
//! Owns how a factor is proved, asked for, bound and taken away. Tokens come after it and nothing else does: what proves it is used
//! up in the very write that opens the session.

mod authenticators;
mod codes;
mod enrolment;
mod stepwise;

pub(super) use authenticators::Authenticators;
pub use codes::SignInCodes;
pub use enrolment::{Enrolment, NewAuthenticator, RecoveryCodes};
pub(super) use stepwise::RightAnswer;
pub use stepwise::{Begun, Challenged, FirstStep, StepwiseSignIn};
