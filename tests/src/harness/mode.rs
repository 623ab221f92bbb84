//! What the platform under test is made of: routers in this process, or all functions as processes of their own.
//!
//! `GATEHOUSE_TESTS=processes cargo test -p tests` runs the same tests against the real binaries behind a gateway.

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

/// Ends a test that makes no sense where functions are processes, and says so.
#[macro_export]
macro_rules! in_process_only {
    ($reason:literal) => {
        if $crate::harness::are_processes() {
            eprintln!("not where functions are processes: {}", $reason);
            return;
        }
    };
}
