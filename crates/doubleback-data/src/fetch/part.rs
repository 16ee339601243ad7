//! The part of a file that is here.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::FetchError;
use crate::checksum::hex;

/// `NAME.part`, which only grows, and what is known of it. Beside it, `NAME.part.from` says which server's version it is of.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    hash: Sha256,
    len: u64,
    /// First byte.
    first: Option<u8>,
    /// Where the content is from, and the server's name for this version of it.
    from: Option<(String, String)>,
}

impl Part {
    /// Opens or makes the part of the file `whole`.
    pub fn open(whole: &Path) -> Result<Self, FetchError> {
        let path = with_suffix(whole, ".part");
        let failed = write_error(&path);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FetchError::Busy { path }),
            // Some file systems have no locks.
            Err(TryLockError::Error(_)) => {}
        }
        let from = fs::read_to_string(with_suffix(&path, ".from")).ok().and_then(|text| {
            let (url, version) = text.trim_end().split_once('\n')?;
            Some((url.to_owned(), version.to_owned()))
        });
        let mut part = Self {
            path: path.clone(),
            file,
            hash: Sha256::new(),
            len: 0,
            first: None,
            from,
        };
        part.read_what_is_there().map_err(failed)?;
        Ok(part)
    }

    fn read_what_is_there(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let got = self.file.read(&mut buffer)?;
            if got == 0 {
                return Ok(());
            }
            self.count(&buffer[..got]);
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.first = self.first.or(bytes.first().copied());
        self.len += bytes.len() as u64;
    }

    /// Bytes that are here.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether what is here begins as a web page does.
    pub fn looks_like_a_page(&self) -> bool {
        self.first == Some(b'<')
    }

    /// The server's name for the version of which this is a part, if it is from `url`.
    pub fn version(&self, url: &str) -> Option<&str> {
        self.from
            .as_ref()
            .filter(|(from, _)| from == url)
            .map(|(_, version)| version.as_str())
    }

    /// Says where what comes next is from.
    pub fn set_version(&mut self, url: &str, version: Option<&str>) -> Result<(), FetchError> {
        let path = with_suffix(&self.path, ".from");
        self.from = version.map(|version| (url.to_owned(), version.to_owned()));
        match &self.from {
            Some((url, version)) => fs::write(&path, format!("{url}\n{version}\n")).map_err(write_error(&path)),
            None => remove_if_there(&path),
        }
    }

    /// Adds what came.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        if let Err(cause) = self.file.write_all(bytes) {
            // What was written of these bytes is not counted; the next try writes there.
            let _ = self.file.set_len(self.len);
            let _ = self.file.seek(SeekFrom::Start(self.len));
            return Err(write_error(&self.path)(cause));
        }
        self.count(bytes);
        Ok(())
    }

    /// Starts over.
    pub fn clear(&mut self) -> Result<(), FetchError> {
        let cleared = self.file.set_len(0).and_then(|()| self.file.rewind());
        cleared.map_err(write_error(&self.path))?;
        self.hash = Sha256::new();
        self.len = 0;
        self.first = None;
        self.from = None;
        remove_if_there(&with_suffix(&self.path, ".from"))
    }

    /// SHA-256 of what is here.
    pub fn sha256(&self) -> String {
        hex(&self.hash.clone().finalize())
    }

    /// Gives the whole file its name.
    pub fn finish(self, whole: &Path) -> Result<(), FetchError> {
        self.file.sync_all().map_err(write_error(&self.path))?;
        fs::rename(&self.path, whole).map_err(write_error(whole))?;
        remove_if_there(&with_suffix(&self.path, ".from"))
    }

    /// Leaves nothing behind if nothing is here.
    pub fn give_up(self) {
        if self.len == 0 {
            // An empty part is as good as none.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove_if_there(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(write_error(path)(cause)),
        _ => Ok(()),
    }
}

pub(super) fn write_error(path: &Path) -> impl Fn(io::Error) -> FetchError + use<> {
    let path = path.to_owned();
    move |cause| FetchError::Write {
        path: path.clone(),
        cause,
    }
}
