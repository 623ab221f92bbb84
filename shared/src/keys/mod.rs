//! Signing keys, the published key set, and the server's own secrets.
//!
//! Private keys sign behind the [`Signer`] seam: in process from a local key file, and later from wrapped parameters or KMS. The
//! public half is the [`KeySet`], which every function reads and `/.well-known/jwks.json` publishes.

mod file;
mod key_set;
mod seal;
mod server_key;
mod signer;

pub use file::{KeyFile, KeyFileError};
pub use key_set::{Jwk, KeySet, KeyState, PublicKey};
pub use seal::{Sealed, SealingKey};
pub(crate) use server_key::derive;
pub use server_key::{ServerKey, ServerKeys};
pub use signer::{Algorithm, InProcessSigner, SignError, Signer, SigningKey};
