//! Items, keys, conditions and transactions: the only place that knows what lies in which table.
//!
//! Conditional writes that fail are outcomes, not faults: each method translates them. Everything else that goes wrong is
//! [`StoreError::Unavailable`]. A lost reply is survived: what a retry could take for a conflict carries an id of the attempt.

mod access;
mod accounts;
mod attempts;
mod attributes;
mod audit;
mod authenticators;
mod avatars;
mod challenges;
mod changes;
mod codes;
mod credentials;
mod item;
mod keys;
mod limits;
mod listing;
mod members;
mod notes;
mod outbox;
mod password_history;
mod phones;
mod projects;
mod read;
#[cfg(any(test, fuzzing))]
pub mod readers;
mod roots;
mod sessions;
mod tables;
mod tries;
mod unmailable;
mod users;
mod write;

use std::fmt;
use std::sync::Arc;

pub(crate) use access::{Change, Counter, Created, Granted, Joined, Revocation};
pub(crate) use accounts::{
    CodeProof, Deleted, Deletion, NewAccount, Proof, Registered, Replaceable, Standing,
};
pub(crate) use attempts::{Admitted, Counted, LONGEST_DELAY, Source};
pub(crate) use attributes::AttributeWrite;
pub(crate) use authenticators::{Binding, Unbinding};
pub(crate) use challenges::{Challenge, Completed, Completion, Resent};
pub(crate) use changes::{AccountChange, Changed};
pub(crate) use codes::{CodeRecord, Recorded};
pub(crate) use credentials::{
    Authenticator, Credential, MailedCredential, RecoveryDigest, SignInUpdate, Used,
};
pub use keys::Installation;
pub(crate) use limits::{Quota, Taken, Window};
pub(crate) use listing::{ListOrder, Part};
pub(crate) use members::{LinkKey, MemberChange, NewLink, SignIns, Visit};
pub(crate) use notes::Details;
pub(crate) use password_history::NewHash;
pub(crate) use phones::{Added, NumberCode, ProvenNumber};
pub(crate) use projects::StoredProject;
pub(crate) use sessions::{ListedSession, REFRESH_WINDOW, Rotated, Touched, UserAndSession};
pub use tables::{TABLES, TableDefinition, TableNames};
pub(crate) use users::Rights;

use crate::aws::Fault;
use crate::domain::Random;
use crate::dynamodb::Dynamodb;
use crate::error::Error;

/// The one store.
#[derive(Clone)]
pub struct Store {
    database: Dynamodb,
    tables: Arc<TableNames>,
    random: Arc<dyn Random>,
}

/// The store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer, throttled, refused: nothing is known to have changed.
    #[error("the database does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An item lacks this member or holds it in another type.
    #[error("a stored item has no readable {0}")]
    Corrupt(&'static str),
}

impl Store {
    /// A store in these tables of a database.
    pub fn new(database: Dynamodb, tables: TableNames, random: Arc<dyn Random>) -> Self {
        Self {
            database,
            tables: Arc::new(tables), // stores are cloned for each request
            random,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(fault.into())
    }
}

impl From<StoreError> for Error {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Unavailable(source) => Self::Unavailable(source),
            StoreError::Corrupt(_) => Self::Internal(fault.into()),
        }
    }
}
