//! What was answered, by whom, and how.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::options::Counted;
use super::sample::Sample;
use crate::answer::{Choice, Response};
use crate::folder::Manifest;

/// What the answers are, before anything is concluded from them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Images that each participant sees.
    pub images_each: usize,
    /// Whose answers are counted.
    pub counted: Counted,
    /// Participants who answered anything.
    pub participants: usize,
    /// Of them, those who answered all their images.
    pub finished: usize,
    /// Numbers of the others.
    pub unfinished: Vec<u64>,
    /// Answers given.
    pub answers: usize,
    /// Answers that are counted.
    pub counted_answers: usize,
    /// Seconds from showing an image to its first answer: 10, 25, 50, 75 and 90 % of the counted answers took no longer; `None` without any.
    pub seconds: Option<[f64; 5]>,
    /// Counted answers that were changed.
    pub changed: usize,
    /// Counted answers whose first choice is N/A.
    pub not_applicable: usize,
    /// By class, how often it was the first choice, was the original, and was the target.
    pub labels: Vec<LabelUse>,
    /// Participants with a pattern that is worth a look. They are counted like all others: whom to leave out is to be decided before looking at results.
    pub flagged: Vec<Flagged>,
}

/// How often a label was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelUse {
    /// Its name.
    pub name: String,
    /// First choices of it.
    pub first: usize,
    /// Counted answers to images of this class.
    pub original: usize,
    /// Counted answers to images that were made to be taken for it.
    pub target: usize,
}

/// A participant with a pattern that is worth a look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flagged {
    /// Number of the participant.
    pub participant: u64,
    /// The label, or N/A, that they gave most often as the first choice.
    pub label: String,
    /// Share of their answers with it.
    pub share: f64,
    /// Their median seconds.
    pub seconds: f64,
    /// Why.
    pub why: Vec<Flag>,
}

/// A pattern that is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// At least half of ten or more answers are the same label: each class is shown as often as the others.
    SameLabel,
    /// The median answer took less than a second.
    Hasty,
}

/// Fewer answers than this make no pattern.
const LEAST_ANSWERS: usize = 10;

/// Describes the answers.
pub(super) fn describe(manifest: &Manifest, responses: &[Response], sample: &Sample, counted: Counted) -> Description {
    let of_people: Vec<&Response> = responses
        .iter()
        .filter(|one| sample.participants.binary_search(&one.participant).is_ok())
        .collect();
    let mut people: BTreeMap<u64, Vec<&Response>> = BTreeMap::new();
    for &response in &of_people {
        people.entry(response.participant).or_default().push(response);
    }
    let answered: std::collections::BTreeSet<u64> = responses.iter().map(|one| one.participant).collect();
    let mut seconds: Vec<f64> = of_people.iter().map(|one| one.seconds).collect();
    Description {
        images_each: sample.per_participant,
        counted,
        participants: answered.len(),
        finished: answered.len() - sample.unfinished.len(),
        unfinished: sample.unfinished.clone(),
        answers: responses.len(),
        counted_answers: of_people.len(),
        seconds: quantiles(&mut seconds),
        changed: of_people.iter().filter(|one| one.changes > 0).count(),
        not_applicable: of_people
            .iter()
            .filter(|one| one.answer.first() == Choice::NotApplicable)
            .count(),
        labels: labels(manifest, &of_people),
        flagged: people
            .iter()
            .filter_map(|(&participant, own)| flagged(manifest, participant, own))
            .collect(),
    }
}

fn labels(manifest: &Manifest, responses: &[&Response]) -> Vec<LabelUse> {
    let image = |one: &Response| &manifest.candidates[one.candidate];
    let uses = manifest.classes.iter().enumerate();
    uses.map(|(class, name)| LabelUse {
        name: name.clone(),
        first: responses
            .iter()
            .filter(|one| one.answer.first() == Choice::Label(class))
            .count(),
        original: responses.iter().filter(|one| image(one).original == class).count(),
        target: responses.iter().filter(|one| image(one).target == class).count(),
    })
    .collect()
}

/// The 10, 25, 50, 75 and 90 % quantiles of the finite values.
fn quantiles(values: &mut Vec<f64>) -> Option<[f64; 5]> {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some([0.1, 0.25, 0.5, 0.75, 0.9].map(|share| {
        let place = share * last as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        values[low] + part * (values[(low + 1).min(last)] - values[low])
    }))
}

fn flagged(manifest: &Manifest, participant: u64, own: &[&Response]) -> Option<Flagged> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for response in own {
        let label = match response.answer.first() {
            Choice::Label(label) => label,
            Choice::NotApplicable => manifest.classes.len(),
        };
        *counts.entry(label).or_default() += 1;
    }
    let (&label, &most) = counts
        .iter()
        .max_by_key(|(label, count)| (**count, std::cmp::Reverse(**label)))?;
    let mut seconds: Vec<f64> = own.iter().map(|one| one.seconds).collect();
    let median = quantiles(&mut seconds).map_or(0.0, |all| all[2]);
    let mut why = Vec::new();
    if own.len() >= LEAST_ANSWERS {
        // N/A is one honest answer to all images that look like nothing: it must be nearly all of them.
        let share = if label == manifest.classes.len() { 0.9 } else { 0.5 };
        if most as f64 >= share * own.len() as f64 && manifest.classes.len() > 2 {
            why.push(Flag::SameLabel);
        }
        if median < 1.0 {
            why.push(Flag::Hasty);
        }
    }
    (!why.is_empty()).then(|| Flagged {
        participant,
        label: manifest.classes.get(label).map_or("N/A", String::as_str).to_owned(),
        share: most as f64 / own.len() as f64,
        seconds: median,
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::super::paper::paper_manifest;
    use super::super::published::SETTINGS;
    use super::super::simulate::{AnswerModel, simulate};
    use super::*;
    use crate::answer::Answer;
    use crate::folder::Role;

    #[test]
    fn those_who_left_are_listed_and_those_who_always_say_one_thing_are_flagged() {
        let manifest = paper_manifest(&SETTINGS[0], &[Role::Normal, Role::Regularized]);
        let model = AnswerModel::published(&SETTINGS[0], &manifest);
        let mut answers = simulate(&manifest, 4, &model, 2).unwrap();
        answers.retain(|one| one.participant != 2 || one.position <= 5);
        for one in answers.iter_mut().filter(|one| one.participant == 3) {
            one.answer = Answer::new(Choice::Label(7), Choice::NotApplicable, 10).unwrap();
            one.seconds = 0.4;
        }
        let of = |counted| {
            describe(
                &manifest,
                &answers,
                &Sample::new(&manifest, &answers, counted).unwrap(),
                counted,
            )
        };
        let found = of(Counted::Finished);
        assert_eq!((found.images_each, found.participants, found.finished), (20, 4, 3));
        assert_eq!((found.answers, found.counted_answers), (65, 60));
        assert_eq!(found.unfinished, [2]);
        assert_eq!(found.flagged.len(), 1);
        assert_eq!(
            (found.flagged[0].participant, found.flagged[0].label.as_str()),
            (3, "7")
        );
        assert_eq!(found.flagged[0].why, [Flag::SameLabel, Flag::Hasty]);
        assert_eq!(found.labels.iter().map(|one| one.original).sum::<usize>(), 60);
        assert_eq!(of(Counted::All).counted_answers, 65);
    }

    #[test]
    fn quantiles_are_between_values() {
        assert_eq!(quantiles(&mut vec![3.0, 1.0, 2.0]), Some([1.2, 1.5, 2.0, 2.5, 2.8]));
        assert_eq!(quantiles(&mut vec![f64::NAN]), None);
    }
}
