//! The qualitative part: what people wrote of the confusion matrices, and which they preferred.

use serde::{Deserialize, Serialize};

use crate::folder::Manifest;

/// What a participant said of the confusion matrices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impression {
    /// Number of the participant.
    pub participant: u64,
    /// Index of the model whose matrix has the most reasonable mistakes to them, if they chose one.
    pub preferred: Option<usize>,
    /// Their comment, which may be empty.
    pub comment: String,
}

/// What was said of the confusion matrices, by preferred model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impressions {
    /// How many answered the qualitative part.
    pub participants: usize,
    /// By model of the manifest, then without a preference.
    pub groups: Vec<ImpressionGroup>,
}

/// Those who preferred the same matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImpressionGroup {
    /// Index of the model; `None`: no preference.
    pub model: Option<usize>,
    /// How many.
    pub participants: usize,
    /// What they wrote, with their numbers, in their order; those without a comment left out.
    pub comments: Vec<(u64, String)>,
}

/// Sorts them by preferred model; a preference for a model that is not there counts as none.
pub(super) fn impressions(manifest: &Manifest, all: &[Impression]) -> Impressions {
    let known = |one: &Impression| one.preferred.filter(|&model| model < manifest.models.len());
    let group = |model: Option<usize>| {
        let mut own: Vec<&Impression> = all.iter().filter(|one| known(one) == model).collect();
        own.sort_by_key(|one| one.participant);
        ImpressionGroup {
            model,
            participants: own.len(),
            comments: own
                .iter()
                .filter(|one| !one.comment.trim().is_empty())
                .map(|one| (one.participant, one.comment.trim().to_owned()))
                .collect(),
        }
    };
    Impressions {
        participants: all.len(),
        groups: (0..manifest.models.len()).map(Some).chain([None]).map(group).collect(),
    }
}
