//! The answers that are counted, each with whom and what it is of.

use std::collections::{BTreeMap, BTreeSet};

use super::measure::Measure;
use super::options::Counted;
use crate::answer::{Answer, Choice, Response};
use crate::folder::Manifest;
use crate::{Error, Result};

/// An answer, by places in the lists of a [`Sample`].
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Place of the participant.
    pub person: usize,
    /// Index of the image in [`Manifest::candidates`].
    pub image: usize,
    /// Place of the pair of original image and target, which the images of several models may share.
    pub pair: usize,
    /// Index of the model.
    pub model: usize,
    /// Class that the attack aimed at.
    pub target: usize,
    /// The answer.
    pub answer: Answer,
}

/// Answers that were checked against the manifest.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Numbers of the participants whose answers are counted.
    pub participants: Vec<u64>,
    /// Numbers of those who answered something and yet not all their images.
    pub unfinished: Vec<u64>,
    /// Images that a participant sees.
    pub per_participant: usize,
    /// The answers.
    pub items: Vec<Item>,
}

/// Images that each participant sees: one for each class and model that has candidates.
pub fn images_each(manifest: &Manifest) -> usize {
    let cells: BTreeSet<_> = manifest
        .candidates
        .iter()
        .map(|one| (one.original, one.model))
        .collect();
    cells.len()
}

impl Sample {
    /// The answers that are counted.
    ///
    /// # Errors
    /// [`Error::Setting`] if an answer is of an image or a label that the manifest does not have, or if a participant answered an image twice: then the
    /// answers are of another study.
    pub fn new(manifest: &Manifest, responses: &[Response], counted: Counted) -> Result<Self> {
        check(manifest, responses)?;
        let per_participant = images_each(manifest);
        let mut answers: BTreeMap<u64, usize> = BTreeMap::new();
        for response in responses {
            *answers.entry(response.participant).or_default() += 1;
        }
        let finished = |number: &u64| answers[number] >= per_participant;
        let unfinished = answers.keys().copied().filter(|number| !finished(number)).collect();
        let participants: Vec<u64> = match counted {
            Counted::Finished => answers.keys().copied().filter(finished).collect(),
            Counted::All => answers.keys().copied().collect(),
        };
        let mut pairs = BTreeMap::new();
        for candidate in &manifest.candidates {
            let next = pairs.len();
            pairs.entry((candidate.index, candidate.target)).or_insert(next);
        }
        let mut items = Vec::with_capacity(responses.len());
        for response in responses {
            let Ok(person) = participants.binary_search(&response.participant) else {
                continue;
            };
            let candidate = &manifest.candidates[response.candidate];
            items.push(Item {
                person,
                image: response.candidate,
                pair: pairs[&(candidate.index, candidate.target)],
                model: candidate.model,
                target: candidate.target,
                answer: response.answer,
            });
        }
        items.sort_by_key(|item| (item.person, item.image));
        Ok(Self {
            participants,
            unfinished,
            per_participant,
            items,
        })
    }

    /// The answers to images of one model.
    pub fn of(&self, model: usize) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.model == model)
    }
}

impl Item {
    /// 1 if it counts, else 0.
    pub fn value(&self, measure: Measure) -> f64 {
        f64::from(u8::from(measure.counts(self.answer, self.target)))
    }
}

fn check(manifest: &Manifest, responses: &[Response]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for response in responses {
        let who = format!("participant {}, image {}", response.participant, response.position);
        let Some(candidate) = manifest.candidates.get(response.candidate) else {
            return Err(Error::Setting(format!(
                "{who}: there is no candidate {}: the study has {}; these are answers of another study",
                response.candidate,
                manifest.candidates.len()
            )));
        };
        if candidate.model >= manifest.models.len() {
            return Err(Error::Setting(format!(
                "candidate {}: there is no model {}: the study has {}; make the folder again",
                response.candidate,
                candidate.model,
                manifest.models.len()
            )));
        }
        for choice in [response.answer.first(), response.answer.second()] {
            if let Choice::Label(label) = choice
                && label >= manifest.classes.len()
            {
                return Err(Error::Setting(format!(
                    "{who}: there is no class {label}: the study has {}; these are answers of another study",
                    manifest.classes.len()
                )));
            }
        }
        if !seen.insert((response.participant, response.candidate)) {
            return Err(Error::Setting(format!(
                "{who}: candidate {} has a second answer of the same participant; give each answer once",
                response.candidate
            )));
        }
    }
    Ok(())
}
