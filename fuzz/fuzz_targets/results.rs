//! Any `results.json`: `report DIR` draws it or says what is wrong with it, and neither panics nor takes more memory than it justifies.
#![no_main]

use std::sync::LazyLock;

use doubleback_report::redraw;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// In memory where the system has such a folder.
static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().expect("a temporary folder")));

fuzz_target!(|json: &[u8]| {
    let path = FOLDER.path().join("results.json");
    std::fs::write(&path, json).expect("the folder takes a file");
    if let Err(error) = redraw(FOLDER.path()) {
        assert!(
            error.to_string().contains("results.json") || error.to_string().contains("pictures.json"),
            "{error}"
        );
    }
});
