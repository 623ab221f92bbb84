//! Shows processes the clock of their test: a library that is loaded before their own, and the file that it reads.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The file that holds the time, and the environment by which a process comes to read it.
#[derive(Debug)]
pub(crate) struct ClockFile {
    file: File,
    path: PathBuf,
}

impl ClockFile {
    pub(crate) fn at(path: PathBuf) -> Self {
        let file = File::create(&path).expect("a file");
        Self { file, path }
    }

    /// Sets the moment at which the clock stands, if it does, and by how much it was moved.
    pub(crate) fn show(&self, stands_at_ms: Option<i64>, moved_ms: i64) {
        let numbers = [stands_at_ms.unwrap_or(0), moved_ms].map(i64::to_ne_bytes);
        let written = self.file.write_all_at(numbers.as_flattened(), 0);
        written.expect("the time is written");
    }

    pub(super) fn environment(&self) -> [(&'static str, String); 2] {
        [
            ("LD_PRELOAD", library().display().to_string()),
            ("TEST_CLOCK", self.path.display().to_string()),
        ]
    }
}

/// Compiled once.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("preload/clock.c");
        let name = format!("clock-{}.so", std::process::id());
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([&library, &source])
            .status()
            .expect("a C compiler");
        assert!(compiled.success(), "{} does not compile", source.display());
        library
    })
}
