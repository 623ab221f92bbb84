//! Signing keys, the published key set, and the server's own secrets.
//!
//! Private keys sign behind the [`Signer`] seam. They lie in a [`KeyFile`] on a laptop, and in [`Parameters`] or in KMS ([`Kms`])
//! on AWS; a function opens those [`Secrets`] that it needs. The public half is the [`KeySet`], which every function reads and
//! `/.well-known/jwks.json` publishes. When a key is replaced is what [`Rotation`] decides.

mod algorithm;
mod ecdsa;
mod file;
mod key_set;
mod kms;
mod parameters;
mod rotation;
mod seal;
mod secrets;
mod server_key;
mod signer;
mod stored;
mod verifying;

pub use algorithm::{Algorithm, KeyRole};
pub use file::{KeyFile, KeyFileError};
pub use key_set::{DroppedKey, Home, Jwk, KeyNumbers, KeySet, KeyState, PublicKey, whole_seconds};
pub use kms::{ConnectKms, Kms, KmsError, KmsKeys, RemoteSigner};
pub use parameters::{Parameters, ParametersError, Vault};
pub use rotation::{Rotation, Step, Wish};
pub use seal::{Sealed, SealingKey};
pub use secrets::{NotOpened, Opened, SecretName, Secrets, Unpublished};
pub use server_key::ServerKey;
pub(crate) use server_key::{derive, six_digits};
pub use signer::{
    ActiveKey, InvalidKey, PermittedSigner, SignError, Signer, SigningKey, SigningPermit,
};
pub use verifying::VerifyingKey;
