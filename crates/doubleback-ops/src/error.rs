/// What can be wrong with the arguments of an op.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Tensors or options that do not fit together.
    #[error("{op}: expected {expected}, found {found}")]
    Shape {
        /// The op that was called.
        op: &'static str,
        /// What it needs.
        expected: String,
        /// What it was given.
        found: String,
    },
}

impl Error {
    pub(crate) fn shape(op: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Error::Shape {
            op,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

/// Result of an op.
pub type Result<T> = std::result::Result<T, Error>;
