//! Signing keys, the published key set, and the server's own secrets.
//!
//! Private keys sign behind the [`Signer`] seam. They lie in a [`KeyFile`] on a laptop and in [`Parameters`] on AWS; a function
//! opens those [`Secrets`] that it needs. The public half is the [`KeySet`], which every function reads and
//! `/.well-known/jwks.json` publishes.

mod algorithm;
mod file;
mod key_set;
mod parameters;
mod seal;
mod secrets;
mod server_key;
mod signer;
mod stored;

pub use algorithm::Algorithm;
pub use file::{KeyFile, KeyFileError};
pub use key_set::{Jwk, KeySet, KeyState, PublicKey};
pub use parameters::{Parameters, ParametersError, Vault};
pub use seal::{Sealed, SealingKey};
pub use secrets::{NotOpened, Opened, SecretName, Secrets, Unpublished};
pub use server_key::ServerKey;
pub(crate) use server_key::{derive, six_digits};
pub use signer::{InProcessSigner, SignError, Signer, SigningKey};
