use std::path::PathBuf;

use burn::tensor::DType;
use doubleback_error::ErrorKind;

use crate::data::fetch::FetchError;
use crate::data::{DataError, UnknownName};
use crate::not_finite::NotFinite;

/// Everything that can go wrong in this crate. Messages name the operation, the file or tensor, what was expected, what was found,
/// and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or checking data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Fetching data.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Tensors that do not fit an op.
    #[error(transparent)]
    Op(#[from] doubleback_ops::Error),
    /// A model given images or cotangents of another shape.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// What was being done.
        what: String,
        /// The shape that fits.
        expected: String,
        /// The shape given.
        found: String,
    },
    /// Tensors of another type than that of the model, or of what they belong to.
    #[error("{what}: expected values of type {expected:?}, found {found:?}. Cast them, or the model")]
    Type {
        /// What was given.
        what: String,
        /// The type that fits.
        expected: DType,
        /// The type given.
        found: DType,
    },
    /// An architecture that cannot be built.
    #[error("layer `{layer}`: {problem}")]
    Architecture {
        /// The layer's name.
        layer: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A value outside its range.
    #[error("{name}: {found} is not {expected}")]
    Value {
        /// The option.
        name: &'static str,
        /// The range it must be in.
        expected: String,
        /// The value given.
        found: String,
    },
    /// Images, logits or input gradients that are NaN or infinite.
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    /// A name that is not known.
    #[error(transparent)]
    Unknown(#[from] UnknownName),
    /// A file that is not what it should be.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The operating system refused.
    #[error("{path}: {action}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The training objective became NaN or infinite.
    #[error(
        "{model}: the training loss became {loss} at step {step}. {checkpoint} Lower the learning rate or the penalty weight and train again"
    )]
    Diverged {
        /// The model that was being trained.
        model: String,
        /// The step, counted from 1.
        step: usize,
        /// The value of the loss.
        loss: f64,
        /// Where the last good state is, as a sentence.
        checkpoint: String,
    },
    /// A device computation failed.
    #[error("{action}: {problem}")]
    Device {
        /// What was being done.
        action: &'static str,
        /// What the backend said.
        problem: String,
    },
    /// The function of a model of one's own failed: see [`FromFunction::fallible`](crate::nn::FromFunction::fallible).
    #[error("function of a model: {0}")]
    Function(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something that cannot go wrong did: a bug of this crate.
    #[error("{action}: {problem}")]
    Internal {
        /// What was being done.
        action: &'static str,
        /// What went wrong.
        problem: String,
    },
    /// A device that this build has no runtime for.
    #[error(
        "device `{device}`: this program was built without it. Build it with the feature `{feature}`, or use `cpu`"
    )]
    NoDevice {
        /// The device.
        device: String,
        /// The Cargo feature that brings it.
        feature: &'static str,
    },
    /// Another program, such as one of Slurm's, failed.
    #[error("{command}: {problem}")]
    Command {
        /// The program.
        command: String,
        /// What it said.
        problem: String,
    },
    /// The work was interrupted; what was done is kept.
    #[error("interrupted. What was done is kept: run the same command again to go on")]
    Interrupted,
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        // No `_` here: a new variant must choose.
        match self {
            Error::Data(error) => error.kind(),
            Error::Fetch(error) => error.kind(),
            Error::Unknown(error) => error.kind(),
            Error::Io { source, .. } => source.into(),
            Error::Interrupted => ErrorKind::Interrupted,
            Error::Device { .. } => ErrorKind::Device,
            // What this crate gives to its ops it has checked before.
            Error::Op(_) | Error::Internal { .. } => ErrorKind::Ours,
            Error::Shape { .. }
            | Error::Type { .. }
            | Error::Architecture { .. }
            | Error::Value { .. }
            | Error::File { .. }
            | Error::Diverged { .. }
            | Error::Function(_)
            | Error::NoDevice { .. }
            | Error::NotFinite(_)
            | Error::Command { .. } => ErrorKind::Input,
        }
    }

    /// A value of another shape than the one that fits.
    pub fn shape(what: impl Into<String>, expected: impl std::fmt::Debug, found: impl std::fmt::Debug) -> Self {
        Error::Shape {
            what: what.into(),
            expected: format!("{expected:?}"),
            found: format!("{found:?}"),
        }
    }

    /// A value outside its range.
    pub fn value(name: &'static str, expected: impl Into<String>, found: impl std::fmt::Display) -> Self {
        Error::Value {
            name,
            expected: expected.into(),
            found: doubleback_error::on_one_line(&found.to_string()),
        }
    }

    /// An unknown name, with the nearest known one as a hint.
    pub fn unknown<'a>(what: &'static str, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        UnknownName::new(what, found, known).into()
    }

    /// A file that is not what it should be: `problem` says what is wrong with it and what to do.
    pub fn file(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Error::File {
            path: path.into(),
            problem: problem.into(),
        }
    }

    /// What makes an error of the operating system this crate's.
    pub fn io(path: impl Into<PathBuf>, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Error::Io { path, action, source }
    }

    /// Something that cannot go wrong did.
    pub fn internal(action: &'static str, problem: impl std::fmt::Display) -> Self {
        Error::Internal {
            action,
            problem: problem.to_string(),
        }
    }

    /// The same error, which if it is [`NotFinite`] counts images as the data do: `place` gives the place in the data of an image of the batch.
    pub fn at(self, place: impl FnOnce(usize) -> usize) -> Self {
        match self {
            Error::NotFinite(found) if found.model.is_none() => Error::NotFinite(NotFinite {
                image: found.image.map(place),
                ..found
            }),
            other => other,
        }
    }

    /// The same error, [`at`](Self::at) a place in the data, which if it is [`NotFinite`] names the model.
    pub fn of_model(self, model: &str, place: impl FnOnce(usize) -> usize) -> Self {
        match self.at(place) {
            Error::NotFinite(found) if found.model.is_none() => Error::NotFinite(NotFinite {
                model: Some(model.to_owned()),
                ..found
            }),
            other => other,
        }
    }

    /// A device computation that failed.
    pub fn device(action: &'static str, problem: impl std::fmt::Display) -> Self {
        Error::Device {
            action,
            problem: problem.to_string(),
        }
    }
}

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_whose_fault_they_are() {
        let io = |kind: std::io::ErrorKind| Error::io("file", "reading")(kind.into()).kind();
        assert_eq!(io(std::io::ErrorKind::NotFound), ErrorKind::Missing);
        assert_eq!(io(std::io::ErrorKind::PermissionDenied), ErrorKind::Input);
        assert_eq!(Error::Interrupted.kind(), ErrorKind::Interrupted);
        assert_eq!(Error::device("reading a tensor", "lost").kind(), ErrorKind::Device);
        assert_eq!(Error::internal("describing as JSON", "no").kind(), ErrorKind::Ours);
        assert_eq!(Error::value("steps", "at least 1", 0).kind(), ErrorKind::Input);
        assert_eq!(Error::unknown("attack", "fsgm", ["fgsm"]).kind(), ErrorKind::Input);
    }

    #[test]
    fn errors_of_the_crates_below_keep_their_kind() {
        let missing = || DataError::MissingFiles {
            folder: "mnist".into(),
            missing: Vec::new(),
        };
        assert_eq!(Error::from(missing()).kind(), ErrorKind::Missing);
        assert_eq!(Error::from(FetchError::Data(missing())).kind(), ErrorKind::Missing);
        assert_eq!(Error::from(FetchError::Interrupted).kind(), ErrorKind::Interrupted);
    }
}
