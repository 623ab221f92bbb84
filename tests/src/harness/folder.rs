//! A folder that lasts as long as its owner.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A new folder among those that cargo keeps for tests.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("platform-{}-{number}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of all files.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.0).expect("a folder");
        let names = files.map(|file| file.expect("a file").file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into()).collect();
        names.sort();
        names
    }

    /// The content of all files with this extension.
    pub(crate) fn texts(&self, extension: &str) -> Vec<String> {
        let files = std::fs::read_dir(&self.0).expect("a folder");
        let paths = files.map(|file| file.expect("a file").path());
        let wanted = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
        let read = wanted.map(|path| std::fs::read_to_string(path).expect("a text"));
        read.collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind goes with the target folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
