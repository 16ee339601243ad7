use burn::tensor::DType;
use doubleback_error::ErrorKind;

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
    /// Tensors of different types, which a kernel would read one as the other, or of one that holds no numbers of their own.
    #[error(
        "{op}: expected tensors of one float type, found {}. Cast them to one",
        in_words(found)
    )]
    Types {
        /// The op that was called.
        op: &'static str,
        /// What each tensor is to the op, and its type.
        found: Vec<(&'static str, DType)>,
    },
}

impl Error {
    /// Whose fault it is: that of who called the op.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Shape { .. } | Error::Types { .. } => ErrorKind::Input,
        }
    }

    pub(crate) fn shape(op: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Error::Shape {
            op,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

/// `input of F32, weight of F64`.
fn in_words(types: &[(&str, DType)]) -> String {
    let words = types.iter().map(|(what, dtype)| format!("{what} of {dtype:?}"));
    words.collect::<Vec<_>>().join(", ")
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

/// Refuses tensors of different float types, and of types that are none, such as quantized ones.
pub(crate) fn expect_one_type(op: &'static str, types: &[(&'static str, DType)]) -> Result<()> {
    let one = types.windows(2).all(|pair| pair[0].1 == pair[1].1);
    if one && types.iter().all(|(_, dtype)| dtype.is_float()) {
        return Ok(());
    }
    Err(Error::Types {
        op,
        found: types.to_vec(),
    })
}
