//! Answers of people who are not there: for tests, for power, and to try an analysis before a study.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::published::Setting;
use super::random::Purpose;
use crate::answer::{Answer, Choice, Response};
use crate::folder::{Candidate, Manifest, Role};
use crate::{Error, Result};

/// How simulated people answer.
///
/// What a person says of an image is one draw: on the logit scale, the odds that it is reasonable, and those that the person is fooled, are moved alike by
/// the person (normal, of deviation `people`) and by the image (normal, of deviation `images`). The level is set so that the rates *over all people and
/// images* are the given ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerModel {
    /// By model of the manifest, the rates of "human fooled" and of "mistake reasonable", in [0, 1], the first no more than the second.
    pub rates: Vec<[f64; 2]>,
    /// Standard deviation of people on the logit scale.
    pub people: f64,
    /// Standard deviation of images on the logit scale.
    pub images: f64,
    /// Standard deviation of how much a person differs from one model to another, on the logit scale.
    pub slopes: f64,
}

impl AnswerModel {
    /// The published rates by the models' roles; [`Role::Other`] answers as a normal model. Deviations of 0.7 (people) and 1.0 (images): with them, half
    /// of all people are within a factor of 1.6 of the typical odds, and half of all images within 2.0.
    pub fn published(setting: &Setting, manifest: &Manifest) -> Self {
        let of = |role: Role| {
            setting
                .rates(role)
                .or_else(|| setting.rates(Role::Normal))
                .unwrap_or([0.0; 2])
        };
        Self {
            rates: manifest.models.iter().map(|model| of(model.role)).collect(),
            people: 0.7,
            images: 1.0,
            slopes: 0.0,
        }
    }

    fn check(&self, models: usize) -> Result<()> {
        let ordered = |&[fooled, reasonable]: &[f64; 2]| (0.0..=reasonable).contains(&fooled) && reasonable <= 1.0;
        if self.rates.len() != models || !self.rates.iter().all(ordered) {
            return Err(Error::Setting(format!(
                "rates {:?}: give {models} pairs, one a model, of human fooled and mistake reasonable, each in [0, 1] and the first no more than the second",
                self.rates
            )));
        }
        let sizes = [self.people, self.images, self.slopes];
        if !sizes.iter().all(|size| (0.0..=5.0).contains(size)) {
            return Err(Error::Setting(format!(
                "deviations {sizes:?}: give them between 0 and 5"
            )));
        }
        Ok(())
    }
}

/// Answers of so many participants: each sees one candidate of each class and model, drawn evenly, in random order. The same seed gives the same answers.
///
/// # Errors
/// [`Error::Setting`] if the answer model does not fit the manifest, or the manifest has fewer than two classes or no candidates.
pub fn simulate(manifest: &Manifest, participants: usize, answers: &AnswerModel, seed: u64) -> Result<Vec<Response>> {
    answers.check(manifest.models.len())?;
    if manifest.classes.len() < 2 || manifest.candidates.is_empty() {
        return Err(Error::Setting(
            "a study without two classes, or without candidates, cannot be simulated".to_owned(),
        ));
    }
    let known = |one: &Candidate| {
        one.original < manifest.classes.len()
            && one.target < manifest.classes.len()
            && one.model < manifest.models.len()
    };
    if let Some(one) = manifest
        .candidates
        .iter()
        .find(|one| !known(one) || one.original == one.target)
    {
        return Err(Error::Setting(format!(
            "a candidate of model {}, class {}, target {}: no such model or class, or no mistake; make the folder again",
            one.model, one.original, one.target
        )));
    }
    let mut random = Purpose::Simulation.random(seed);
    let spread = (answers.people.powi(2) + answers.images.powi(2) + answers.slopes.powi(2)).sqrt();
    let levels: Vec<[f64; 2]> = answers
        .rates
        .iter()
        .map(|rates| rates.map(|rate| level(rate, spread)))
        .collect();
    let images: Vec<f64> = manifest
        .candidates
        .iter()
        .map(|_| answers.images * normal(&mut random))
        .collect();
    let cells = cells(manifest);
    let mut found = Vec::with_capacity(participants * cells.len());
    for participant in 1..=participants as u64 {
        let person = answers.people * normal(&mut random);
        let slopes: Vec<f64> = levels.iter().map(|_| answers.slopes * normal(&mut random)).collect();
        let mut shown: Vec<usize> = cells
            .iter()
            .map(|cell| cell[random.random_range(0..cell.len())])
            .collect();
        shown.shuffle(&mut random);
        for (place, candidate) in shown.into_iter().enumerate() {
            let image = &manifest.candidates[candidate];
            let moved = person + images[candidate] + slopes[image.model];
            let chances = levels[image.model].map(|level| logistic(level + moved));
            found.push(Response {
                participant,
                position: place + 1,
                candidate,
                answer: answer(&mut random, chances, image, manifest.classes.len()),
                seconds: 6.0 * (0.6 * normal(&mut random)).exp(),
                changes: usize::from(random.random_bool(0.03)),
            });
        }
    }
    Ok(found)
}

/// Candidates by class and model.
fn cells(manifest: &Manifest) -> Vec<Vec<usize>> {
    let models = manifest.models.len();
    let mut cells = vec![Vec::new(); manifest.classes.len() * models];
    for (index, candidate) in manifest.candidates.iter().enumerate() {
        if let Some(cell) = cells.get_mut(candidate.original * models + candidate.model) {
            cell.push(index);
        }
    }
    cells.retain(|cell| !cell.is_empty());
    cells
}

/// Fooled below the first chance, reasonable below the second. What the table does not tell is made up: half of the fooled name the original class as
/// the second, a third of the other reasonable answers are N/A, and those who see through the attack name the original.
fn answer(random: &mut ChaCha8Rng, [fooled, reasonable]: [f64; 2], image: &Candidate, classes: usize) -> Answer {
    let draw: f64 = random.random();
    let original = Choice::Label(image.original);
    let target = Choice::Label(image.target);
    let (first, second) = if draw < fooled {
        (
            target,
            if random.random_bool(0.5) {
                original
            } else {
                Choice::NotApplicable
            },
        )
    } else if draw < reasonable {
        if random.random_bool(1.0 / 3.0) {
            (Choice::NotApplicable, Choice::NotApplicable)
        } else {
            (original, target)
        }
    } else {
        let others: Vec<usize> = (0..classes)
            .filter(|&class| class != image.original && class != image.target)
            .collect();
        let named =
            (random.random_bool(0.5) && !others.is_empty()).then(|| others[random.random_range(0..others.len())]);
        (original, named.map_or(Choice::NotApplicable, Choice::Label))
    };
    Answer::new(first, second, classes)
        .unwrap_or_else(|why| unreachable!("the choices differ, and the manifest was checked: {why}"))
}

/// A standard normal number (Box & Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The level at which the mean of the logistic of a normal around it, of this deviation, is the rate.
fn level(rate: f64, spread: f64) -> f64 {
    if rate <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if rate >= 1.0 {
        return f64::INFINITY;
    }
    // The trapezoid rule is exact to many digits for what falls off this fast.
    let points: Vec<(f64, f64)> = (-160..=160)
        .map(|step| f64::from(step) / 20.0)
        .map(|z| (z, (-0.5 * z * z).exp()))
        .collect();
    let all: f64 = points.iter().map(|(_, weight)| weight).sum();
    let mean = |level: f64| {
        points
            .iter()
            .map(|(z, weight)| weight * logistic(level + spread * z))
            .sum::<f64>()
            / all
    };
    let (mut low, mut high) = (-60.0, 60.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if mean(middle) < rate {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests;
