//! One process at a time: a lock that the system lets go of when its holder ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::files::host;
use doubleback::{Error, Result};

/// Held until dropped. The file stays: removing it would let two processes hold locks on two files of one name.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Who looks at a lock holds it for an instant.
const PATIENCE: Duration = Duration::from_secs(2);

impl Lock {
    /// Takes the lock at `path`; `what` is what it guards, for the message.
    ///
    /// # Errors
    /// When another process holds it: names the process and its machine.
    pub fn take(path: &Path, what: &str) -> Result<Self> {
        let mut file = open(path)?;
        let begun = Instant::now();
        while !try_lock(&file, path)? {
            if begun.elapsed() > PATIENCE {
                let problem = format!("{} works on {what}. Wait until it ends, or stop it", holder(&mut file));
                return Err(Error::file(path, problem));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "process {} on {}", std::process::id(), host()));
        written.map_err(Error::io(path, "writing"))?;
        Ok(Self { _file: file })
    }

    /// Who holds the lock at `path`, if anyone does.
    ///
    /// # Errors
    /// When the file cannot be opened or locked at all.
    pub fn holder(path: &Path) -> Result<Option<String>> {
        if !path.exists() {
            return Ok(None);
        }
        let mut file = open(path)?;
        let free = try_lock(&file, path)?;
        Ok(if free { None } else { Some(holder(&mut file)) })
    }
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(Error::io(path, "opening the lock"))
}

fn try_lock(file: &File, path: &Path) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => {
            let problem = format!("cannot be locked ({e}). Put the sweep on a file system that has file locks");
            Err(Error::file(path, problem))
        }
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.read_to_string(&mut text));
    match read {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_it_and_what_a_dead_process_left_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert_eq!(Lock::holder(&path).unwrap(), None);
        std::fs::write(&path, "process 1 on a machine that was switched off\n").unwrap();
        assert_eq!(Lock::holder(&path).unwrap(), None);
        let held = Lock::take(&path, "the cell").unwrap();
        let holder = Lock::holder(&path).unwrap().unwrap();
        assert!(
            holder.starts_with(&format!("process {} on ", std::process::id())),
            "{holder}"
        );
        let refused = Lock::take(&path, "the cell").unwrap_err().to_string();
        assert!(
            refused.contains(&holder) && refused.contains("works on the cell"),
            "{refused}"
        );
        drop(held);
        assert!(Lock::take(&path, "the cell").is_ok());
    }
}
