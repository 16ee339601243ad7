//! Whose fault an error is: what the errors of all crates have in common, and what exit statuses and classes of exceptions come from
//! (`docs/errors.md`).

use std::io;

/// Whose fault an error is, for an exit status or the class of an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Wrong use, or bad input: the message says what to do.
    Input,
    /// A file that is not there, or that no server gives.
    Missing,
    /// The user's wish.
    Interrupted,
    /// A device failed.
    Device,
    /// A bug.
    Ours,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Input, Self::Missing, Self::Interrupted, Self::Device, Self::Ours];

    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Missing => "missing",
            Self::Interrupted => "interrupted",
            Self::Device => "device",
            Self::Ours => "ours",
        }
    }
}

impl From<&io::Error> for ErrorKind {
    /// [`Missing`](Self::Missing) for what is not there; otherwise [`Input`](Self::Input): the path was the user's, and another one may do.
    fn from(cause: &io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Input,
        }
    }
}

/// The text with control characters as escapes: what a file or a command line says is quoted in messages of one line.
///
/// ```
/// assert_eq!(doubleback_error::on_one_line("paper-\ncnn"), "paper-\\ncnn");
/// ```
pub fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_does_not_find_is_missing() {
        let of = |kind: io::ErrorKind| ErrorKind::from(&io::Error::from(kind));
        assert_eq!(of(io::ErrorKind::NotFound), ErrorKind::Missing);
        assert_eq!(of(io::ErrorKind::PermissionDenied), ErrorKind::Input);
        assert_eq!(of(io::ErrorKind::StorageFull), ErrorKind::Input);
    }
}
