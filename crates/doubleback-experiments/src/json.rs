//! JSON files that are whole or not there.

use std::path::Path;

use doubleback::write::write_atomically;
use doubleback::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a value; nothing if there is no file. `advice` says what to do about a damaged one.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, advice: &str) -> Result<Option<T>> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| Error::file(path, format!("is damaged ({e}). {advice}"))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(path, "reading")(e)),
    }
}

/// Writes a value for people to read as well, in lines.
pub(crate) fn write<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(failed(path))?;
    bytes.push(b'\n');
    write_atomically(path, &bytes)
}

/// Writes a value in as few bytes as it needs.
pub(crate) fn write_compact<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    write_atomically(path, &serde_json::to_vec(value).map_err(failed(path))?)
}

fn failed(path: &Path) -> impl FnOnce(serde_json::Error) -> Error {
    move |e| Error::file(path, format!("cannot be written as JSON: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_damaged_file_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.json");
        assert_eq!(read::<[f64; 2]>(&path, "").unwrap(), None);
        for write in [write, write_compact] {
            write(&path, &[0.1, 2e-300]).unwrap();
            assert_eq!(read(&path, "").unwrap(), Some([0.1, 2e-300]));
        }
        std::fs::write(&path, "[0.1").unwrap();
        let message = read::<[f64; 2]>(&path, "Delete it").unwrap_err().to_string();
        assert!(
            message.contains("part.json: is damaged (") && message.ends_with("). Delete it"),
            "{message}"
        );
    }
}
