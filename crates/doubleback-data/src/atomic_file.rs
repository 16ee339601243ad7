//! Files that are either complete or not there.

use std::io::{self, BufWriter, Cursor, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How the names of unfinished files begin.
pub(crate) const PREFIX: &str = ".doubleback-";
/// Bytes that are written at once.
const BUFFER: usize = 1 << 18;
/// How they end.
pub(crate) const SUFFIX: &str = ".part";

/// Where a file is written, forth and back.
pub trait Out: Write + Seek {}

impl<T: Write + Seek> Out for T {}

/// Writes `bytes` to a temporary file beside `path`, then renames it to `path`: an interrupted write leaves what was there before.
/// Devices and pipes, such as `/dev/null`, are written to and stay what they are.
///
/// # Errors
/// When the folder is missing or cannot be written, or the disk is full; the file is then as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, &mut |out| out.write_all(bytes))
}

/// As [`replace`], with what `write` writes, which is never in memory as a whole.
///
/// # Errors
/// As from [`replace`], and those of `write`.
pub fn replace_with(path: &Path, write: &mut dyn FnMut(&mut dyn Out) -> io::Result<()>) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        // There is no way back in a pipe.
        let mut bytes = Cursor::new(Vec::new());
        write(&mut bytes)?;
        let mut device = std::fs::OpenOptions::new().write(true).open(path)?;
        return device.write_all(bytes.get_ref());
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // Temporary files are private by default; this one becomes an ordinary file, under the user's umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    let _listed = Unfinished::list(file.path());
    let mut out = BufWriter::with_capacity(BUFFER, file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Files that are being written by this process, under their temporary names.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary file's entry in the list, which ends with it.
struct Unfinished(PathBuf);

impl Unfinished {
    fn list(path: &Path) -> Self {
        unfinished().push(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        unfinished().retain(|path| *path != self.0);
    }
}

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the temporary files that this process is writing: for one that is about to end amid its work.
pub fn remove_unfinished_files() {
    for path in unfinished().iter() {
        // It may have its name by now.
        let _ = std::fs::remove_file(path);
    }
}

/// Removes what killed writes left in a folder.
pub fn remove_partial_files(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            // Nothing depends on its removal.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of the tests removes what the process has not finished, which could be the other's.
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    #[test]
    fn replaces_the_old_file_and_leaves_no_other() {
        let _alone = ALONE.lock();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_process_that_ends_amid_a_write_can_remove_what_it_has() {
        let _alone = ALONE.lock();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".doubleback-x.part");
        std::fs::write(&path, b"half").unwrap();
        let listed = Unfinished::list(&path);
        remove_unfinished_files();
        assert!(!path.exists());
        drop(listed);
        replace(&folder.path().join("sheet.png"), b"whole").unwrap();
        assert!(!unfinished().iter().any(|path| path.starts_with(folder.path())));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_are_written_to_and_not_replaced() {
        replace(Path::new("/dev/null"), b"nothing").unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
        assert!(replace(Path::new("/dev/full"), b"something").is_err());
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replace(&folder.path().join("absent/sheet.png"), b"").is_err());
    }
}
