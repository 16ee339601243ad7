//! What to fetch and how.

use std::time::Duration;

/// How to fetch.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Folder on a server that has the files, in place of the official sites.
    pub mirror: Option<String>,
    /// Fetch optional files too, such as SVHN's extra images.
    pub extra: bool,
    /// Fetch files again that are here but are not the published ones.
    pub replace: bool,
    /// How long a server may take to connect, to answer, and from one piece of data to the next.
    pub timeout: Duration,
    /// Tries in a row for each file and server that bring nothing new; at least 1.
    pub tries: usize,
    /// Pause after the first failed try; it doubles with each, up to a minute.
    pub backoff: Duration,
    /// Use the proxy of the environment (`ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, except for `NO_PROXY`), if it names one.
    pub proxy: bool,
}

impl Default for FetchOptions {
    /// The official sites, 30 seconds, 5 tries after pauses of 1, 2, 4 and 8 seconds, the environment's proxy.
    fn default() -> Self {
        Self {
            mirror: None,
            extra: false,
            replace: false,
            timeout: Duration::from_secs(30),
            tries: 5,
            backoff: Duration::from_secs(1),
            proxy: true,
        }
    }
}

/// A file on servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its name, which it is to have here as well.
    pub name: String,
    /// Where it is, best first.
    pub urls: Vec<String>,
    /// Its SHA-256 in lower-case hexadecimal, if it is known.
    pub sha256: Option<String>,
    /// SHA-256 of the unpacked file, which may be here in place of a `.gz`.
    pub unpacked_sha256: Option<String>,
    /// Its size, if it is known.
    pub bytes: Option<u64>,
}
