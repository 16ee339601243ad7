//! Which classes become which, for the qualitative part.

use doubleback::attack::AttackSpec;

use super::attempts::Attempt;
use super::craft::Success;
use crate::folder::Confusion;

/// What was done, in words for participants that name no model and no attack.
const TITLE: &str = "What each picture was taken for after the smallest change that led to a mistake. Rows: what the picture showed. Columns: what it was \
                     taken for. Pictures that could not be turned into anything else count where the program put them unchanged";

/// Counts for each attacked image the class that it was turned into with the least effort, so that the row of a class says what it is mistaken for the
/// soonest: the use of a targeted attack that has no target of its own. An attack that aims at every class alike would otherwise count nearly the
/// same in every column. An image that no attempt turned counts as what the model takes the original for.
pub(super) fn confusion(
    model: usize,
    attempts: &[Vec<Attempt>],
    found: &[Vec<Option<Success>>],
    original: impl Fn(usize) -> usize,
    spec: &AttackSpec,
) -> Confusion {
    let classes = attempts.len();
    let mut counts = vec![vec![0; classes]; classes];
    for (attempts, found) in attempts.iter().zip(found) {
        // Attempts on one image follow each other.
        for (attempts, found) in attempts.chunks(classes - 1).zip(found.chunks(classes - 1)) {
            let reached = attempts.iter().zip(found);
            let reached = reached.filter_map(|(attempt, found)| Some((found.as_ref()?.effort(spec), attempt.target)));
            // Of equal ones the first.
            let least =
                reached.min_by(|(one, _), (other, _)| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
            if let Some(Attempt {
                index, original: label, ..
            }) = attempts.first().copied()
            {
                let taken_for = least.map_or_else(|| original(index), |(_, target)| target);
                counts[label][taken_for] += 1;
            }
        }
    }
    Confusion {
        model,
        title: TITLE.to_owned(),
        counts,
    }
}
