//! How the program ends: 0 done, 1 a failure of ours, 2 wrong use or bad input, 3 done and below `--fail-under`, 130 interrupted. Which kind of
//! error has which status is said once, in [`status`], and in `docs/errors.md`.

use std::fmt;
use std::io;

use doubleback::data::DataError;
use doubleback::data::fetch::FetchError;
use doubleback::{Error, ErrorKind};

use crate::args::LogFormat;

/// Status of a command that is done.
pub const DONE: u8 = 0;
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

/// The exit status of a kind of error.
pub fn status(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Input | ErrorKind::Missing => WRONG_USE,
        ErrorKind::Device | ErrorKind::Ours => OURS,
        ErrorKind::Interrupted => INTERRUPTED,
    }
}

impl Failure {
    /// What an error of some kind says.
    pub fn of(kind: ErrorKind, message: String) -> Self {
        match kind {
            ErrorKind::Input | ErrorKind::Missing => Failure::Input(message),
            ErrorKind::Device | ErrorKind::Ours => Failure::Ours(message),
            ErrorKind::Interrupted => Failure::Interrupted(message),
        }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Input(_) => status(ErrorKind::Input),
            Failure::Ours(_) => status(ErrorKind::Ours),
            Failure::Interrupted(_) => status(ErrorKind::Interrupted),
            // Not an error: the work is done, and its result is what the status says.
            Failure::Below(_) => BELOW,
        }
    }

    /// The system refused something, with what can be done about it.
    pub fn io(what: impl fmt::Display, action: &str, cause: &io::Error) -> Self {
        Failure::Input(format!("{what}: {action}: {cause}. {}", advice(cause)))
    }

    /// Says it on standard error and gives the exit status.
    pub fn report(&self, format: LogFormat) -> u8 {
        let message = self.to_string();
        match format {
            LogFormat::Json => tracing::error!(status = self.status(), "{message}"),
            LogFormat::Text => eprintln!("error: {message}"),
        }
        self.status()
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
        let message = match &error {
            Error::Io { source, .. } => format!("{error}. {}", advice(source)),
            _ => error.to_string(),
        };
        Failure::of(error.kind(), message)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Failure::of(error.kind(), error.to_string())
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Failure::of(error.kind(), error.to_string())
    }
}

impl From<doubleback_report::Error> for Failure {
    fn from(error: doubleback_report::Error) -> Self {
        Failure::of(error.kind(), error.to_string())
    }
}

impl From<doubleback_study::Error> for Failure {
    fn from(error: doubleback_study::Error) -> Self {
        match error {
            doubleback_study::Error::Model(error) => error.into(),
            doubleback_study::Error::File { path, action, cause } => Failure::io(path.display(), action, &cause),
            other => Failure::of(other.kind(), other.to_string()),
        }
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
        // It becomes an error that says which file is damaged.
        if doubleback::data::parquet::is_reading() {
            return;
        }
        let what = panic.payload_as_str().unwrap_or("unknown").replace('\n', " ");
        let place = panic.location().map(|at| format!(" at {at}")).unwrap_or_default();
        eprintln!("error: a bug in doubleback{place}: {what}. Please report this line with the command that led to it");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `docs/errors.md` has a row for each kind: its name, then its status.
    #[test]
    fn the_table_in_the_docs_is_what_the_program_does() {
        let page = include_str!("../../../docs/errors.md");
        let cells = |line: &str| -> Vec<String> { line.split('|').map(|cell| cell.trim().replace('`', "")).collect() };
        let rows: Vec<Vec<String>> = page.lines().filter(|line| line.starts_with('|')).map(cells).collect();
        for kind in ErrorKind::ALL {
            let row = rows.iter().find(|row| row[1] == kind.name());
            let row = row.unwrap_or_else(|| panic!("docs/errors.md has no row for {}", kind.name()));
            assert_eq!(row[3], status(kind).to_string(), "{}", kind.name());
            assert_eq!(Failure::of(kind, String::new()).status(), status(kind));
        }
    }

    #[test]
    fn errors_of_every_crate_end_with_the_status_of_their_kind() {
        let io = || io::Error::from(io::ErrorKind::NotFound);
        let failures: [(Failure, u8); 6] = [
            (Error::Interrupted.into(), INTERRUPTED),
            (Error::device("reading a tensor", "lost").into(), OURS),
            (Error::io("a", "reading")(io()).into(), WRONG_USE),
            (DataError::NoDataDir.into(), WRONG_USE),
            (FetchError::Interrupted.into(), INTERRUPTED),
            (
                doubleback_report::Error::Pictures {
                    source: Error::internal("drawing", "no"),
                }
                .into(),
                OURS,
            ),
        ];
        for (failure, expected) in failures {
            assert_eq!(failure.status(), expected, "{failure}");
        }
    }
}
