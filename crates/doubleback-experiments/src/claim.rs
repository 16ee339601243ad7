//! Claims of papers, and whether a run bears them out.

use serde::{Deserialize, Serialize};

use Evidence::{Against, For};

/// One of the paper's claims and what this run measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Number in the documentation.
    pub number: usize,
    /// The claim, in our words.
    pub statement: String,
    /// What this run measured.
    pub measured: String,
    /// Whether it holds.
    pub verdict: Verdict,
}

/// Whether a claim of the paper holds in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The measured difference is in the claimed direction and the intervals are apart.
    Holds,
    /// It holds for a part of the claim's cases; the others are undecided.
    HoldsInPart,
    /// Some of the claim's cases are for it and some against.
    Mixed,
    /// The intervals overlap: this run cannot tell.
    Undecided,
    /// The measured difference contradicts the claim.
    DoesNotHold,
}

/// Evidence of one case of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    For,
    Against,
    Open,
}

/// What cases say together.
pub(crate) fn verdict(cases: &[Evidence]) -> Verdict {
    let count = |kind| cases.iter().filter(|&&case| case == kind).count();
    match (count(For), count(Against)) {
        (0, 0) => Verdict::Undecided,
        (0, _) => Verdict::DoesNotHold,
        (all, 0) if all == cases.len() => Verdict::Holds,
        (_, 0) => Verdict::HoldsInPart,
        _ => Verdict::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Evidence::Open;

    #[test]
    fn verdicts() {
        assert_eq!(verdict(&[]), Verdict::Undecided);
        assert_eq!(verdict(&[For, For]), Verdict::Holds);
        assert_eq!(verdict(&[For, Open]), Verdict::HoldsInPart);
        assert_eq!(verdict(&[For, Open, Against]), Verdict::Mixed);
        assert_eq!(verdict(&[Open, Against]), Verdict::DoesNotHold);
        assert_eq!(verdict(&[Open, Open]), Verdict::Undecided);
    }
}
