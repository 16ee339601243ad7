//! Errors of the library as exceptions: one class for each kind, the same one-line message.

use doubleback::{Error, ErrorKind};
use pyo3::prelude::*;

/// What Python raises for an error. What a function of the caller's raised comes out as it was.
pub fn exception(error: Error) -> PyErr {
    match error {
        Error::Function(source) => match source.downcast::<PyErr>() {
            Ok(raised) => *raised,
            Err(other) => of_kind(ErrorKind::Input, Error::Function(other).to_string()),
        },
        Error::Interrupted => of_kind(ErrorKind::Interrupted, "interrupted".to_owned()),
        other => of_kind(other.kind(), other.to_string()),
    }
}

/// Wrong use, or bad input.
pub fn input(message: impl Into<String>) -> PyErr {
    of_kind(ErrorKind::Input, message.into())
}

/// A bug of ours.
pub fn internal(message: impl Into<String>) -> PyErr {
    of_kind(ErrorKind::Ours, message.into())
}

/// An exception of the class of a kind.
pub fn of_kind(kind: ErrorKind, message: String) -> PyErr {
    let class = match kind {
        ErrorKind::Input => "InputError",
        ErrorKind::Missing => "MissingError",
        ErrorKind::Interrupted => "Interrupted",
        ErrorKind::Device => "DeviceError",
        ErrorKind::Ours => "InternalError",
    };
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    Python::attach(|py| {
        let made = || py.import("doubleback.errors")?.getattr(class)?.call1((message,));
        made().map_or_else(|problem| problem, PyErr::from_value)
    })
}
