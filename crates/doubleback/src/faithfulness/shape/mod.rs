//! Can a person read the map? Of its values alone; a map and its multiples are equal.
mod complexity;
mod smoothness;
mod sparseness;

pub use complexity::Complexity;
pub use smoothness::Smoothness;
pub use sparseness::Sparseness;
