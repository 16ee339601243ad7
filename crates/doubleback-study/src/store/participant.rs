use super::stage::Stage;

/// Somebody who takes part, as the server knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// In the order of enrolment, from 1. No number is given twice, not even after a deletion.
    pub number: u64,
    /// How far they are.
    pub stage: Stage,
    /// Images answered: those at the positions from 1 to this.
    pub answered: usize,
    /// Images that they see, as indices of [`Manifest::candidates`](crate::folder::Manifest::candidates), in order: drawn at enrolment and kept.
    pub order: Vec<usize>,
}
