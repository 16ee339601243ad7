//! One file from the first server that has it: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, StatusCode};
use ureq::{Agent, Proxy};

use super::error::{FetchError, ServerFailure, ServerProblem};
use super::fetched::{Fetched, Outcome};
use super::options::{FetchOptions, RemoteFile};
use super::part::{Part, write_error};
use super::watch::{FetchEvent, FetchWatch};
use crate::checksum::Checksummed;
use crate::words::grouped64;

const MAX_PAUSE: Duration = Duration::from_secs(60);
/// How long a pause may last without anybody being asked whether to stop.
const GLANCE: Duration = Duration::from_millis(100);

/// Downloads a file into `folder`, unless it is there.
///
/// Goes on where an earlier download stopped if the server can and still has the same version; tries again with growing pauses; goes to
/// the next address if a server does not have the file, or has another one.
///
/// # Errors
/// [`FetchError`]: no server has it; another file is there under its name; it cannot be written; the watch said to stop.
pub fn download(
    remote: &RemoteFile,
    folder: &Path,
    options: &FetchOptions,
    watch: FetchWatch<'_>,
) -> Result<Fetched, FetchError> {
    let checked = remote.sha256.is_some();
    if let Some(path) = already_here(remote, folder, options.replace)? {
        let outcome = Outcome::AlreadyHere;
        return Ok(Fetched { path, outcome, checked });
    }
    let agent = agent(options)?;
    fs::create_dir_all(folder).map_err(write_error(folder))?;
    let path = folder.join(&remote.name);
    let mut part = Part::open(&path)?;
    let mut failures = Vec::new();
    for url in &remote.urls {
        let mut server = Server {
            agent: &agent,
            url,
            remote,
            options,
        };
        match server.get(&mut part, watch) {
            Ok(()) => {
                part.finish(&path)?;
                let outcome = Outcome::Fetched;
                return Ok(Fetched { path, outcome, checked });
            }
            Err(Stop::Ours(error)) => {
                part.give_up();
                return Err(error);
            }
            Err(Stop::Server(problem)) => {
                let url = url.clone();
                let failure = ServerFailure { url, problem };
                tracing::warn!("{failure}");
                failures.push(failure);
            }
        }
    }
    part.give_up();
    Err(FetchError::Servers {
        file: remote.name.clone(),
        folder: folder.to_owned(),
        failures,
    })
}

/// Where the file is, packed or unpacked, if it is the published one.
fn already_here(remote: &RemoteFile, folder: &Path, replace: bool) -> Result<Option<std::path::PathBuf>, FetchError> {
    let unpacked = remote.name.strip_suffix(".gz").zip(remote.unpacked_sha256.as_ref());
    for (name, sha256) in [
        Some((remote.name.as_str(), remote.sha256.as_ref())),
        unpacked.map(|(name, sha256)| (name, Some(sha256))),
    ]
    .into_iter()
    .flatten()
    {
        let path = folder.join(name);
        if !path.is_file() {
            continue;
        }
        let mut reader = Checksummed::new(File::open(&path).map_err(write_error(&path))?);
        io::copy(&mut reader, &mut io::sink()).map_err(write_error(&path))?;
        let (found, bytes) = reader.finish();
        let difference = match (sha256, remote.bytes) {
            (Some(expected), _) if *expected != found => Some(format!("SHA-256 {found}, expected {expected}")),
            (None, Some(expected)) if expected != bytes => {
                Some(format!("{} bytes, expected {}", grouped64(bytes), grouped64(expected)))
            }
            _ => None,
        };
        match difference {
            None => return Ok(Some(path)),
            Some(_) if replace => {}
            Some(found) => return Err(FetchError::Different { path, found }),
        }
    }
    Ok(None)
}

fn agent(options: &FetchOptions) -> Result<Agent, FetchError> {
    let proxy = if options.proxy { environment_proxy()? } else { None };
    Ok(Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("doubleback/", env!("CARGO_PKG_VERSION")))
        // Packed files are wanted as they are.
        .accept_encoding("identity")
        .proxy(proxy)
        .timeout_resolve(Some(options.timeout))
        .timeout_connect(Some(options.timeout))
        .timeout_recv_response(Some(options.timeout))
        .timeout_per_read(Some(options.timeout))
        .timeout_per_write(Some(options.timeout))
        .build()
        .into())
}

/// The proxy of the environment. One that cannot be used is an error, not passed over.
fn environment_proxy() -> Result<Option<Proxy>, FetchError> {
    for variable in [
        "ALL_PROXY",
        "all_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
    ] {
        match std::env::var(variable) {
            Ok(value) if !value.is_empty() => {
                let Ok(_) = Proxy::new(&value) else {
                    return Err(FetchError::Proxy { variable, value });
                };
            }
            _ => {}
        }
    }
    Ok(Proxy::try_from_env())
}

/// Why a server's turn is over.
enum Stop {
    /// The next server may do better.
    Server(ServerProblem),
    /// No server will.
    Ours(FetchError),
}

impl From<FetchError> for Stop {
    fn from(error: FetchError) -> Self {
        Self::Ours(error)
    }
}

/// Why a try failed.
enum Failed {
    /// Trying again may help, after a pause if the server asks for one.
    Again(String, Option<Duration>),
    /// It will not.
    Stop(Stop),
}

impl From<FetchError> for Failed {
    fn from(error: FetchError) -> Self {
        Self::Stop(Stop::Ours(error))
    }
}

impl From<ServerProblem> for Failed {
    fn from(problem: ServerProblem) -> Self {
        Self::Stop(Stop::Server(problem))
    }
}

struct Server<'a> {
    agent: &'a Agent,
    url: &'a str,
    remote: &'a RemoteFile,
    options: &'a FetchOptions,
}

impl Server<'_> {
    /// Completes the part, with as many tries as it takes as long as they bring something.
    fn get(&mut self, part: &mut Part, watch: FetchWatch<'_>) -> Result<(), Stop> {
        let (mut failures, mut most) = (0, part.len());
        // Whether all of what is here came from this server in this run.
        let mut own = part.len() == 0;
        loop {
            match self.attempt(part, watch) {
                Ok(()) => match self.check(part) {
                    Ok(()) => return Ok(()),
                    Err(problem) => {
                        part.clear()?;
                        if own {
                            return Err(Stop::Server(problem));
                        }
                        // What an earlier run left may have been another file's.
                        tracing::warn!(
                            "{}: the part that was here does not fit, starting over",
                            self.remote.name
                        );
                        own = true;
                        most = 0;
                    }
                },
                Err(Failed::Stop(stop)) => return Err(stop),
                Err(Failed::Again(last, asked)) => {
                    if part.len() > most {
                        most = part.len();
                        failures = 0;
                    }
                    failures += 1;
                    let tries = self.options.tries;
                    if failures >= tries {
                        return Err(Stop::Server(ServerProblem::GaveUp { tries: failures, last }));
                    }
                    tracing::warn!("{}: {last}. Trying again", self.url);
                    self.pause(failures, asked, watch)?;
                }
            }
        }
    }

    fn pause(&self, failures: usize, asked: Option<Duration>, watch: FetchWatch<'_>) -> Result<(), FetchError> {
        let doublings = u32::try_from(failures - 1).unwrap_or(u32::MAX).min(16);
        let pause = self.options.backoff.saturating_mul(1 << doublings);
        let pause = pause.max(asked.unwrap_or_default()).min(MAX_PAUSE);
        let begun = Instant::now();
        while let Some(left) = pause.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
            if watch(FetchEvent::Waiting).is_break() {
                return Err(FetchError::Interrupted);
            }
            std::thread::sleep(left.min(GLANCE));
        }
        Ok(())
    }

    /// One request for what is missing.
    fn attempt(&self, part: &mut Part, watch: FetchWatch<'_>) -> Result<(), Failed> {
        if self.remote.bytes == Some(part.len()) {
            return Ok(());
        }
        // Without a version or a checksum, nobody could tell whether two pieces are of one file.
        let resumable = part.version(self.url).is_some() || self.remote.sha256.is_some();
        if part.len() > 0 && (!resumable || self.remote.bytes.is_some_and(|bytes| bytes < part.len())) {
            part.clear()?;
        }
        let mut request = self.agent.get(self.url);
        if part.len() > 0 {
            request = request.header("Range", format!("bytes={}-", part.len()));
            if let Some(version) = part.version(self.url) {
                request = request.header("If-Range", version);
            }
        }
        let response = request.call().map_err(request_failed)?;
        let (status, headers) = (response.status(), response.headers());
        let range = headers.get("content-range").and_then(|value| value.to_str().ok());
        let total = match status {
            StatusCode::OK => {
                if part.len() > 0 {
                    part.clear()?;
                }
                length(headers)
            }
            StatusCode::PARTIAL_CONTENT => match range.and_then(content_range) {
                Some((start, total)) if start == part.len() => total,
                _ => {
                    part.clear()?;
                    let what = range.unwrap_or("nothing").to_owned();
                    return Err(Failed::Again(
                        format!("asked for a range, the server sent {what}"),
                        None,
                    ));
                }
            },
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let whole = range.and_then(|range| range.strip_prefix("bytes */")?.parse().ok());
                if self.remote.bytes.is_none() && whole == Some(part.len()) {
                    return Ok(());
                }
                part.clear()?;
                return Err(Failed::Again("the server has less than what is here".to_owned(), None));
            }
            status => {
                let code = status.as_u16();
                let passing = [408, 425, 429, 500, 502, 503, 504].contains(&code);
                return Err(match passing {
                    true => Failed::Again(format!("it answered with status {code}"), retry_after(headers)),
                    false => ServerProblem::Status(code).into(),
                });
            }
        };
        if let (Some(found), Some(expected)) = (total, self.remote.bytes)
            && found != expected
        {
            return Err(ServerProblem::Size { found, expected }.into());
        }
        let version = version(headers).map(str::to_owned);
        part.set_version(self.url, version.as_deref())?;
        let body = response.into_body().into_with_config().limit(u64::MAX).reader();
        self.receive(body, total.or(self.remote.bytes), part, watch)
    }

    fn receive(
        &self,
        mut body: impl Read,
        total: Option<u64>,
        part: &mut Part,
        watch: FetchWatch<'_>,
    ) -> Result<(), Failed> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let got = match body.read(&mut buffer) {
                Ok(got) => got,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(Failed::Again(self.broke_off(part, total, &said(&cause)), None)),
            };
            part.append(&buffer[..got])?;
            if let Some(expected) = total.filter(|&total| part.len() > total) {
                let found = part.len();
                part.clear()?;
                return Err(ServerProblem::Size { found, expected }.into());
            }
            if got == 0 {
                return match total {
                    Some(total) if part.len() < total => Err(Failed::Again(
                        self.broke_off(part, Some(total), "the connection was closed"),
                        None,
                    )),
                    _ => Ok(()),
                };
            }
            let event = FetchEvent::Received {
                file: &self.remote.name,
                bytes: part.len(),
                total,
            };
            if watch(event).is_break() {
                return Err(FetchError::Interrupted.into());
            }
        }
    }

    fn broke_off(&self, part: &Part, total: Option<u64>, why: &str) -> String {
        let of = total
            .map(|total| format!(" of {}", grouped64(total)))
            .unwrap_or_default();
        format!("{why} after {}{of} bytes", grouped64(part.len()))
    }

    /// Whether the part is the whole file, and the right one.
    fn check(&self, part: &Part) -> Result<(), ServerProblem> {
        if let Some(expected) = self.remote.bytes.filter(|&bytes| bytes != part.len()) {
            let found = part.len();
            return Err(ServerProblem::Size { found, expected });
        }
        match &self.remote.sha256 {
            Some(expected) if *expected != part.sha256() => Err(ServerProblem::Sha256 {
                found: part.sha256(),
                expected: expected.clone(),
                page: part.looks_like_a_page(),
            }),
            _ => Ok(()),
        }
    }
}

/// Whether a request that got no answer is worth another try.
fn request_failed(error: ureq::Error) -> Failed {
    match error {
        ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::TooManyRedirects
        | ureq::Error::RedirectFailed
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_)
        | ureq::Error::RequireHttpsOnly(_) => ServerProblem::Unusable(format!("cannot be used: {error}")).into(),
        ureq::Error::Timeout(_) => Failed::Again("it does not answer".to_owned(), None),
        ureq::Error::Io(cause) => Failed::Again(said(&cause), None),
        ureq::Error::HostNotFound => Failed::Again("its name cannot be found".to_owned(), None),
        error => Failed::Again(error.to_string(), None),
    }
}

fn said(cause: &io::Error) -> String {
    let timeout = cause
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ureq::Error>())
        .is_some_and(|inner| matches!(inner, ureq::Error::Timeout(_)));
    if timeout || cause.kind() == io::ErrorKind::TimedOut {
        return "nothing came any more".to_owned();
    }
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        _ => cause.to_string(),
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get("content-length")?.to_str().ok()?.trim().parse().ok()
}

/// First byte and size of the whole of `bytes 100-199/200`; the size may be `*`, unknown.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

/// What names this version of the file: a strong entity tag, or the time of its last change.
fn version(headers: &HeaderMap) -> Option<&str> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    header("etag")
        .filter(|tag| !tag.starts_with("W/"))
        .or_else(|| header("last-modified"))
}

/// Seconds that the server asks to wait. A date is not understood, and the usual pause is made.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(content_range("bytes 100-199/200"), Some((100, Some(200))));
        assert_eq!(content_range("bytes 0-9/*"), Some((0, None)));
        for strange in ["", "bytes */200", "items 0-9/10", "bytes x-9/10"] {
            assert_eq!(content_range(strange), None);
        }
    }
}
