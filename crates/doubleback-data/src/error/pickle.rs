use crate::words::count;

/// What is wrong with a pickle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PickleProblem {
    /// It ends within an instruction, or before the one that ends it.
    #[error("it ends too early, after {}. It is incomplete: get it again", count(*.0, "byte"))]
    Truncated(usize),
    /// An instruction that batches of CIFAR-10 do not contain.
    #[error(
        "its instruction 0x{code:02x} at byte {at} is not one of those that CIFAR-10 needs. Get the original file, or one in binary form"
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
    /// The dictionary lacks an entry or has it in another form.
    #[error("it has no `{key}` that is {expected}. It is another file, or damaged: get it again")]
    Entry {
        /// The entry.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}
