use burn::tensor::DType;

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

/// Refuses a tensor of another shape than `expected`.
pub(crate) fn expect<const D: usize>(
    op: &'static str,
    what: &str,
    expected: [usize; D],
    found: [usize; D],
) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::shape(
        op,
        format!("{what} of {expected:?}"),
        format!("{found:?}"),
    ))
}

/// Refuses tensors of different float types: a kernel would read one as the other.
pub(crate) fn expect_one_type(op: &'static str, types: &[(&str, DType)]) -> Result<()> {
    if types.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        return Ok(());
    }
    let found: Vec<String> = types
        .iter()
        .map(|(what, dtype)| format!("{what} of {dtype:?}"))
        .collect();
    Err(Error::shape(op, "tensors of one float type", found.join(", ")))
}
