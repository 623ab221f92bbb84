//! What the platform under test is made of: routers in this process, or all functions as processes of their own.
//!
//! `GATEHOUSE_TESTS=processes cargo test -p tests` runs the same tests against the real binaries behind a gateway.

use std::path::PathBuf;

/// Whether functions are processes.
#[expect(clippy::disallowed_methods, reason = "chooses what is tested")]
pub(crate) fn are_processes() -> bool {
    match std::env::var("GATEHOUSE_TESTS").as_deref() {
        Err(_) | Ok("") => false,
        Ok("processes") if cfg!(target_os = "linux") => true,
        Ok("processes") => panic!("GATEHOUSE_TESTS=processes needs Linux: its clock is preloaded"),
        Ok(other) => panic!("GATEHOUSE_TESTS is processes or not set, not {other:?}"),
    }
}

/// Whether a walk meets every fault at every call: in one process always, with processes where `GATEHOUSE_FAULTS=all` asks for it.
#[expect(clippy::disallowed_methods, reason = "chooses what is tested")]
pub(crate) fn meets_every_fault() -> bool {
    match std::env::var("GATEHOUSE_FAULTS").as_deref() {
        Err(_) | Ok("") => !are_processes(),
        Ok("all") => true,
        Ok(other) => panic!("GATEHOUSE_FAULTS is all or not set, not {other:?}"),
    }
}

/// Where processes are to leave word of the rights that they used.
#[expect(clippy::disallowed_methods, reason = "chooses what is left behind")]
pub(crate) fn rights_file() -> Option<PathBuf> {
    std::env::var_os("GATEHOUSE_RIGHTS").map(PathBuf::from)
}

/// Whether functions see a path as it was sent. A gateway decodes it before, and an encoded slash makes another path of it.
pub(crate) fn is_read_alike(path: &str) -> bool {
    !are_processes() || !path.contains("%2f")
}
