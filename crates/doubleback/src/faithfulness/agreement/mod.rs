//! Do methods agree? Their maps of the same images, beside each other.
mod rank;
mod top;

pub use rank::RankAgreement;
pub(super) use rank::correlation;
pub use top::TopAgreement;
