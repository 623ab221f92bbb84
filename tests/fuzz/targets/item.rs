//! Every reader of a stored item refuses it or takes it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::store::readers::takers;

fuzz_target!(|json: &[u8]| {
    takers(json);
});
