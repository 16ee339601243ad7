//! Why a file could not be fetched.

use std::fmt;
use std::io;
use std::path::PathBuf;

use doubleback_error::ErrorKind;

use super::archive_problem::ArchiveProblem;
use crate::error::DataError;
use crate::words::grouped64;

/// Why a data set could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No such data set, or no folder for it.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A folder of one's own.
    #[error(
        "{name}: is on this machine and cannot be fetched. Fetch one of the named data sets: `doubleback data list`"
    )]
    Local {
        /// The name that was asked for.
        name: String,
    },
    /// An address that is none.
    #[error("{url}: {problem}. Give a URL such as https://mirror.example/folder")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A proxy that cannot be used.
    #[error("{variable}={value}: is not a proxy that can be used. Give it as http://HOST:PORT, or unset it")]
    Proxy {
        /// The environment's variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// A file of this name is here, but another.
    #[error("{}: is here, but is not the published file ({found}). Keep it and go on without fetching, or fetch it again with `--replace`", path.display())]
    Different {
        /// The file.
        path: PathBuf,
        /// Its size or SHA-256, and the published.
        found: String,
    },
    /// Another process is fetching the same file.
    #[error("{}: another process is fetching this file. Wait for it, or stop it", path.display())]
    Busy {
        /// The partial file.
        path: PathBuf,
    },
    /// A file or folder could not be read, written or renamed.
    #[error("{}: {cause}. {} What has been fetched is kept: run the same command again to go on", path.display(), advice(cause))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// No server gave the file.
    #[error("{file}: {} Run the same command again to go on, name another server with `--mirror URL`, or put the file into {} yourself", list(failures), folder.display())]
    Servers {
        /// The file.
        file: String,
        /// Where it belongs.
        folder: PathBuf,
        /// What each server did.
        failures: Vec<ServerFailure>,
    },
    /// An archive that cannot be unpacked.
    #[error("{}: {problem}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        problem: ArchiveProblem,
    },
    /// The work was stopped.
    #[error("interrupted. What was fetched is kept: run the same command again to go on")]
    Interrupted,
}

impl FetchError {
    /// Whose fault it is. What no server gives is [`Missing`](ErrorKind::Missing).
    pub fn kind(&self) -> ErrorKind {
        match self {
            FetchError::Data(error) => error.kind(),
            FetchError::Write { cause, .. } => cause.into(),
            FetchError::Servers { .. } => ErrorKind::Missing,
            FetchError::Interrupted => ErrorKind::Interrupted,
            FetchError::Local { .. }
            | FetchError::Url { .. }
            | FetchError::Proxy { .. }
            | FetchError::Different { .. }
            | FetchError::Busy { .. }
            | FetchError::Archive { .. } => ErrorKind::Input,
        }
    }
}

/// What a server did.
#[derive(Debug)]
pub struct ServerFailure {
    /// The address.
    pub url: String,
    /// What went wrong.
    pub problem: ServerProblem,
}

/// What can go wrong with a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerProblem {
    /// It does not have the file, or does not give it.
    #[error("answered with status {0}")]
    Status(u16),
    /// All tries failed.
    #[error("failed{}: {last}", if *tries == 1 { String::new() } else { format!(" {tries} times in a row, the last time so") })]
    GaveUp {
        /// Tries in a row that brought nothing new.
        tries: usize,
        /// What happened at last.
        last: String,
    },
    /// It has a file of another size.
    #[error("has {} bytes, expected {}", grouped64(*found), grouped64(*expected))]
    Size {
        /// Bytes it has.
        found: u64,
        /// Bytes of the published file.
        expected: u64,
    },
    /// It has another file.
    #[error("gave another file (SHA-256 {found}, expected {expected}){}", if *page { ", a web page" } else { "" })]
    Sha256 {
        /// SHA-256 of what came.
        found: String,
        /// SHA-256 of the published file.
        expected: String,
        /// Whether it looks like a web page.
        page: bool,
    },
    /// The address or the connection cannot be used at all.
    #[error("{0}")]
    Unusable(String),
}

fn list(failures: &[ServerFailure]) -> String {
    if failures.is_empty() {
        return "no server is known.".to_owned();
    }
    failures
        .iter()
        .map(|failure| format!("{failure}. "))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

impl fmt::Display for ServerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.url, self.problem)
    }
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "Free some space, or give another folder with `--data-dir`."
        }
        _ => "Check that you may write there, or give another folder with `--data-dir`.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_server_gives_is_missing() {
        let servers = FetchError::Servers {
            file: "a".to_owned(),
            folder: "mnist".into(),
            failures: Vec::new(),
        };
        assert_eq!(servers.kind(), ErrorKind::Missing);
        assert_eq!(FetchError::Interrupted.kind(), ErrorKind::Interrupted);
        assert_eq!(FetchError::Data(DataError::NoDataDir).kind(), ErrorKind::Input);
        let full = FetchError::Write {
            path: "a".into(),
            cause: io::ErrorKind::StorageFull.into(),
        };
        assert_eq!(full.kind(), ErrorKind::Input);
    }
}
