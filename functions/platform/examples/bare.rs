//! What functions are measured against: the Lambda loop around nothing, and around bare password hashes at the default cost.
//!
//! Answers `{}` to any event. `{"hashes": 3}` has it compute three hashes first, in one block of memory that it keeps.

use std::sync::Mutex;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32))?;
    let blocks = Mutex::new(vec![Block::default(); params.block_count()]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (argon2, blocks) = (&argon2, &blocks);
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        for _ in 0..event.payload["hashes"].as_u64().unwrap_or_default() {
            let mut blocks = blocks.lock().map_err(|_| "a hash panicked")?;
            let mut hash = [0; 32];
            argon2.hash_password_into_with_memory(
                b"violet tractor sings at dawn",
                b"sixteen bytes...",
                &mut hash,
                &mut *blocks,
            )?;
        }
        Ok::<_, Error>(json!({}))
    }))
    .await
}
