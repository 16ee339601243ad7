//! How the program ends: 0 done, 1 a failure of ours, 2 wrong use or bad input, 3 done and below `--fail-under`, 130 interrupted.

use std::fmt;
use std::io;
use std::process::ExitCode;

use doubleback::data::DataError;
use doubleback::{Error, ErrorKind};

use crate::args::LogFormat;

/// Status of a failure of ours.
pub const OURS: u8 = 1;
/// Status of wrong use and bad input.
pub const WRONG_USE: u8 = 2;
/// Status of results below what was asked for.
pub const BELOW: u8 = 3;
/// Status of an interrupted run.
pub const INTERRUPTED: u8 = 130;

/// Why a command did not finish, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Wrong use, bad input, or a file that cannot be had or written.
    Input(String),
    /// Our own fault, or the device's.
    Ours(String),
    /// All is done, and an accuracy is below `--fail-under`.
    Below(String),
    /// Interrupted by the user.
    Interrupted(String),
}

/// Result of commands.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Input(_) => WRONG_USE,
            Failure::Ours(_) => OURS,
            Failure::Below(_) => BELOW,
            Failure::Interrupted(_) => INTERRUPTED,
        }
    }

    /// The system refused something, with what can be done about it.
    pub fn io(what: impl fmt::Display, action: &str, cause: &io::Error) -> Self {
        Failure::Input(format!("{what}: {action}: {cause}. {}", advice(cause)))
    }

    /// Says it on standard error and gives the exit status.
    pub fn report(&self, format: LogFormat) -> ExitCode {
        let message = self.to_string();
        match format {
            LogFormat::Json => tracing::error!(status = self.status(), "{message}"),
            LogFormat::Text => eprintln!("error: {message}"),
        }
        ExitCode::from(self.status())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Input(message)
        | Failure::Ours(message)
        | Failure::Below(message)
        | Failure::Interrupted(message)) = self;
        let lines: Vec<&str> = message.lines().map(str::trim).collect();
        f.write_str(&lines.join(" "))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match (error.kind(), &error) {
            (ErrorKind::Interrupted, _) => Failure::Interrupted(error.to_string()),
            (ErrorKind::Device | ErrorKind::Ours, _) => Failure::Ours(error.to_string()),
            (ErrorKind::Input | ErrorKind::Missing, Error::Io { source, .. }) => {
                Failure::Input(format!("{error}. {}", advice(source)))
            }
            (ErrorKind::Input | ErrorKind::Missing, _) => Failure::Input(error.to_string()),
        }
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Failure::Input(error.to_string())
    }
}

impl From<doubleback_report::Error> for Failure {
    fn from(error: doubleback_report::Error) -> Self {
        Failure::Input(error.to_string())
    }
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::NotFound => "Check the path",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "Check that you may use it, or give another path"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "Free some space or give another path, then run the same command again"
        }
        _ => "Give another path, or try again",
    }
}

/// Panics are bugs: says so in one line.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("unknown").replace('\n', " ");
        let place = panic.location().map(|at| format!(" at {at}")).unwrap_or_default();
        eprintln!("error: a bug in doubleback{place}: {what}. Please report this line with the command that led to it");
    }));
}
