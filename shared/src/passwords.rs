//! Password hashing with argon2id (RFC 9106).
//!
//! Owns the parameters, the kept memory blocks, the bound on concurrent hashes and the dummy hash that makes an unknown account
//! cost what a known one costs. Knows nothing of accounts.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time;
use data_encoding::BASE64_NOPAD;
use tokio::sync::Semaphore;

use crate::domain::{Password, PasswordHash, Random};
use crate::error::{Error, Result};
use crate::usage::count_hash;

const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// Cost of one hash. The defaults are the second choice of RFC 9106 as OWASP sizes it: 19 MiB, two passes, one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
        }
    }
}

/// What checking a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// It is the password.
    pub matches: bool,
    /// It is, and its hash was made with other parameters than today's.
    pub outdated: bool,
}

/// Hashes and checks passwords off the async worker, at most as many at once as the machine has processors.
#[derive(Debug, Clone)]
pub struct Passwords {
    hasher: Arc<Hasher>,
    permits: Arc<Semaphore>,
    random: Arc<dyn Random>,
    dummy: PasswordHash,
}

#[derive(Debug)]
struct Hasher {
    params: Params,
    /// Blocks kept from earlier hashes: fresh pages cost up to a third of a hash.
    kept: Mutex<Vec<Vec<Block>>>,
}

impl Passwords {
    /// Prepares hashing at the given cost.
    ///
    /// # Errors
    /// The cost is outside argon2's range.
    pub fn new(
        cost: HashCost,
        random: Arc<dyn Random>,
    ) -> std::result::Result<Self, argon2::Error> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES))?;
        let concurrent = std::thread::available_parallelism().map_or(1, usize::from);
        let dummy = phc(
            &params,
            &random.bytes::<SALT_BYTES>(),
            &random.bytes::<HASH_BYTES>(),
        );
        let kept = Mutex::new(vec![blocks(&params)]);
        Ok(Self {
            hasher: Arc::new(Hasher { params, kept }),
            permits: Arc::new(Semaphore::new(concurrent)),
            random,
            dummy,
        })
    }

    /// Hashes a password with a fresh salt.
    ///
    /// # Errors
    /// [`Error::Internal`] if the hashing thread fails.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash> {
        let salt = self.random.bytes::<SALT_BYTES>();
        let password = password.clone();
        self.run(move |hasher| {
            let out = hasher.compute(&hasher.params, password.expose(), &salt)?;
            Ok(phc(&hasher.params, &salt, &out))
        })
        .await
    }

    /// Checks a password. Without a stored hash it does the same work and finds no match.
    ///
    /// # Errors
    /// [`Error::Internal`] if the stored hash is unreadable or the hashing thread fails.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<Verdict> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).clone();
        let password = password.clone();
        let verdict = self
            .run(move |hasher| hasher.check(password.expose(), &stored))
            .await?;
        Ok(Verdict {
            matches: verdict.matches && known,
            outdated: verdict.outdated && known,
        })
    }

    async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Hasher) -> std::result::Result<T, HashError> + Send + 'static,
    {
        count_hash();
        let permits = Arc::clone(&self.permits);
        let permit = permits
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let hasher = Arc::clone(&self.hasher);
        // The permit goes with the work: a caller who leaves does not stop the hash.
        let work = move || {
            let done = work(&hasher);
            drop(permit);
            done
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|fault| Error::Internal(fault.into()))?
            .map_err(|fault| Error::Internal(fault.into()))
    }
}

#[derive(Debug, thiserror::Error)]
enum HashError {
    #[error("argon2 refused its input")]
    Argon2(#[from] argon2::Error),
    #[error("the stored hash is not a PHC string of argon2id")]
    Unreadable,
}

impl Hasher {
    fn check(
        &self,
        password: &[u8],
        stored: &PasswordHash,
    ) -> std::result::Result<Verdict, HashError> {
        let phc = Phc::new(stored.as_phc()).map_err(|_| HashError::Unreadable)?;
        let params = Params::try_from(&phc).map_err(|_| HashError::Unreadable)?;
        let (Some(salt), Some(expected)) = (&phc.salt, &phc.hash) else {
            return Err(HashError::Unreadable);
        };
        let out = self.compute(&params, password, salt.as_ref())?;
        let matches = constant_time::verify_slices_are_equal(&out, expected.as_bytes()).is_ok();
        let outdated = (params.m_cost(), params.t_cost(), params.p_cost())
            != (
                self.params.m_cost(),
                self.params.t_cost(),
                self.params.p_cost(),
            );
        Ok(Verdict {
            matches,
            outdated: matches && outdated,
        })
    }

    fn compute(
        &self,
        params: &Params,
        password: &[u8],
        salt: &[u8],
    ) -> std::result::Result<[u8; HASH_BYTES], HashError> {
        let mut memory = self.take(params);
        let mut out = [0; HASH_BYTES];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        argon2.hash_password_into_with_memory(password, salt, &mut out, memory.as_mut_slice())?;
        if memory.len() == self.params.block_count() {
            self.kept().push(memory);
        }
        Ok(out)
    }

    fn take(&self, params: &Params) -> Vec<Block> {
        let kept = if params.block_count() == self.params.block_count() {
            self.kept().pop()
        } else {
            None
        };
        kept.unwrap_or_else(|| blocks(params))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn blocks(params: &Params) -> Vec<Block> {
    vec![Block::default(); params.block_count()]
}

fn phc(params: &Params, salt: &[u8], hash: &[u8]) -> PasswordHash {
    PasswordHash::from_phc(format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        BASE64_NOPAD.encode(salt),
        BASE64_NOPAD.encode(hash),
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{HashCost, Passwords};
    use crate::domain::{Password, PasswordHash, SystemRandom};
    use crate::usage::measured;

    const CHEAP: HashCost = HashCost {
        memory_kib: 64,
        passes: 1,
    };

    fn passwords(cost: HashCost) -> Passwords {
        Passwords::new(cost, Arc::new(SystemRandom)).expect("a cost in range")
    }

    fn typed(text: &str) -> Password {
        Password::parse(text).expect("short enough")
    }

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = passwords(CHEAP);
        let hash = passwords
            .hash(&typed("correct horse"))
            .await
            .expect("hashes");
        let right = passwords
            .verify(&typed("correct horse"), Some(&hash))
            .await
            .expect("verifies");
        let wrong = passwords
            .verify(&typed("correct house"), Some(&hash))
            .await
            .expect("verifies");
        assert!(right.matches && !right.outdated);
        assert!(!wrong.matches);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_still_matches_and_says_so() {
        let old = passwords(CHEAP)
            .hash(&typed("correct horse"))
            .await
            .expect("hashes");
        let today = passwords(HashCost {
            memory_kib: 128,
            passes: 1,
        });
        let verdict = today
            .verify(&typed("correct horse"), Some(&old))
            .await
            .expect("verifies");
        assert!(verdict.matches && verdict.outdated);
    }

    #[tokio::test]
    async fn no_password_matches_where_there_is_no_hash() {
        let passwords = passwords(CHEAP);
        let (verdict, usage) = measured(passwords.verify(&typed("anything"), None)).await;
        assert!(!verdict.expect("verifies").matches);
        assert_eq!(usage.hashes, 1, "the same work is done");
    }

    #[tokio::test]
    async fn a_hash_is_a_phc_string_that_other_implementations_read() {
        let passwords = passwords(HashCost {
            memory_kib: 64,
            passes: 2,
        });
        let hash = passwords.hash(&typed("password")).await.expect("hashes");
        assert!(
            hash.as_phc().starts_with("$argon2id$v=19$m=64,t=2,p=1$"),
            "{}",
            hash.as_phc()
        );
        let broken = PasswordHash::from_phc("not a hash".to_owned());
        assert!(
            passwords
                .verify(&typed("password"), Some(&broken))
                .await
                .is_err()
        );
    }
}
