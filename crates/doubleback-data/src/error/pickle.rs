use crate::words::{by, count};

/// What is wrong with a pickle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PickleProblem {
    /// It ends within an instruction, or before the one that ends it.
    #[error("it ends too early, after {}. It is incomplete: get it again", count(*.0, "byte"))]
    Truncated(usize),
    /// An instruction that batches of CIFAR do not contain.
    #[error(
        "its instruction 0x{code:02x} at byte {at} is not one of those that CIFAR needs. Get the original file, or one in binary form"
    )]
    Instruction {
        /// The instruction.
        code: u8,
        /// Where it is.
        at: usize,
    },
    /// An instruction that lacks what it works on.
    #[error("its instruction at byte {0} has nothing to work on. The file is damaged: get it again")]
    Empty(usize),
    /// It is no dictionary.
    #[error("it holds no dictionary. It is another file: get the right one")]
    NoDictionary,
    /// The dictionary lacks an entry.
    #[error(
        "it has no entry `{key}`{}. It is another file, or one of another data set: get the right one",
        list(entries)
    )]
    Missing {
        /// The entry.
        key: &'static str,
        /// Names of those it has, the first few.
        entries: Vec<String>,
    },
    /// The dictionary has an entry in another form.
    #[error("its entry `{key}` is not what it should be: {expected}. Get the original file, or save it as that")]
    Entry {
        /// The entry.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// An array of a shape that images do not have.
    #[error(
        "its entry `{key}` has the shape {}, expected images x 3,072 (or images x 3 x 32 x 32): red, green and blue of each image, row by row. Save it so; \
         `data.transpose(0, 3, 1, 2).reshape(-1, 3072)` does that for images x 32 x 32 x 3",
        by(shape)
    )]
    Shape {
        /// The entry.
        key: &'static str,
        /// Its shape.
        shape: Vec<usize>,
    },
}

fn list(entries: &[String]) -> String {
    let names: Vec<String> = entries.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" (it has {})", names.join(", "))
    }
}
