//! Which claims of Table 1 a study replicates.

use serde::{Deserialize, Serialize};

use super::compare::ModelComparison;
use super::measure::Measure;
use crate::folder::{Manifest, Role};

/// What a study says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The difference is in the claimed direction, and p is at most 0.05.
    Replicates,
    /// The difference is in the other direction, and p is at most 0.05.
    Contradicted,
    /// Neither: the answers are compatible with both. It is no sign that there is no difference.
    Undecided,
    /// The study has no two such models, or no participant who saw both.
    NotAsked,
}

/// A claim of Table 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// In words.
    pub text: String,
    /// What is compared.
    pub measure: Measure,
    /// The role compared with normal.
    pub role: Role,
    /// What the study says.
    pub verdict: Verdict,
    /// By pair of models, index of the one compared with and of the one compared, their difference, and the p that decides: with Holm's correction for the
    /// regularized model, alone for others.
    pub evidence: Vec<Evidence>,
}

/// One comparison that a claim is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Index of the model that is compared with.
    pub from: usize,
    /// Index of the model that is compared.
    pub to: usize,
    /// The difference.
    pub difference: f64,
    /// The p that decides.
    pub p: f64,
    /// What it says.
    pub verdict: Verdict,
}

/// Above this, a difference may be chance.
const LEVEL: f64 = 0.05;

/// What Table 1 says of each role: measure, whether it is more than with a normal model, in words.
const CLAIMS: [(Role, Measure, bool, &str); 4] = [
    (
        Role::Regularized,
        Measure::Unreasonable,
        false,
        "People find fewer of a gradient-regularized model's mistakes unreasonable than of a normal one's",
    ),
    (
        Role::Regularized,
        Measure::Fooled,
        true,
        "Adversarial examples of a gradient-regularized model fool people more often than those of a normal one",
    ),
    (
        Role::Distilled,
        Measure::Unreasonable,
        true,
        "People find more of a distilled model's mistakes unreasonable than of a normal one's",
    ),
    (
        Role::Distilled,
        Measure::Fooled,
        false,
        "Adversarial examples of a distilled model fool people less often than those of a normal one",
    ),
];

/// Judges the claims by the comparisons.
pub(super) fn claims(manifest: &Manifest, comparisons: &[ModelComparison]) -> Vec<Claim> {
    CLAIMS
        .into_iter()
        .map(|(role, measure, more, text)| {
            let asked = comparisons.iter().filter(|one| manifest.models[one.to].role == role);
            let evidence: Vec<Evidence> = asked
                .filter_map(|one| {
                    let own = one.measures.iter().find(|own| own.measure == measure)?;
                    let difference = own.difference?;
                    let p = own.p_holm.unwrap_or(own.p);
                    let claimed = if more { difference > 0.0 } else { difference < 0.0 };
                    Some(Evidence {
                        from: one.from,
                        to: one.to,
                        difference,
                        p,
                        verdict: match (p <= LEVEL, claimed) {
                            (true, true) => Verdict::Replicates,
                            (true, false) => Verdict::Contradicted,
                            (false, _) => Verdict::Undecided,
                        },
                    })
                })
                .collect();
            Claim {
                text: text.to_owned(),
                measure,
                role,
                verdict: joint(&evidence),
                evidence,
            }
        })
        .collect()
}

/// Several pairs of models must agree.
fn joint(evidence: &[Evidence]) -> Verdict {
    let Some(first) = evidence.first() else {
        return Verdict::NotAsked;
    };
    if evidence.iter().all(|one| one.verdict == first.verdict) {
        first.verdict
    } else {
        Verdict::Undecided
    }
}
