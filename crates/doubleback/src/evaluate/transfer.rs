//! Accuracy of every model on the examples crafted on every model.

use std::collections::HashMap;
use std::ops::Range;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::measurements::{CleanAccuracy, MarginCheck, Masking, TransferCell};
use crate::Result;
use crate::attack::{Attacked, BoundedAttack, Fgsm, MinimalAttack, run, run_minimal};
use crate::batch::tensor_of;
use crate::data::{ImageShape, Split};
use crate::nn::{Classifier, Loss, predictions};
use crate::statistics::wilson;

/// Images a forward pass.
const BATCH: usize = 256;

/// A model with the name that results call it by.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// Name.
    pub name: &'a str,
    /// Model.
    pub model: &'a dyn Classifier,
}

/// The images that models are evaluated on: the first `count` of a split.
#[derive(Clone, Copy)]
pub struct TestSet<'a> {
    /// Images and labels.
    pub split: &'a Split,
    /// Shape of an image.
    pub shape: ImageShape,
    /// How many of them to use, at most all.
    pub count: usize,
    /// Where to compute.
    pub device: &'a Device,
}

impl TestSet<'_> {
    /// Batches of images with their labels and their place in the split.
    pub fn batches(&self) -> impl Iterator<Item = (Tensor<4>, Vec<usize>, Range<usize>)> + '_ {
        let count = self.count();
        (0..count).step_by(BATCH).map(move |start| {
            let range = start..(start + BATCH).min(count);
            let labels = self.split.labels()[range.clone()]
                .iter()
                .map(|&label| label.into())
                .collect();
            (
                tensor_of(self.split, self.shape, range.clone(), self.device),
                labels,
                range,
            )
        })
    }

    /// Images used.
    pub fn count(&self) -> usize {
        self.count.min(self.split.len())
    }
}

fn right(model: &dyn Classifier, images: &Tensor<4>, labels: &[usize]) -> Result<usize> {
    let predicted = predictions(&model.logits(images.clone())?)?;
    Ok(predicted.iter().zip(labels).filter(|(p, l)| p == l).count())
}

/// Accuracy of each model on unperturbed images.
///
/// # Errors
/// When the images do not fit a model.
pub fn clean_accuracy(models: &[Named<'_>], test: &TestSet<'_>) -> Result<Vec<CleanAccuracy>> {
    let mut hits = vec![0; models.len()];
    for (images, labels, _) in test.batches() {
        for (hits, named) in hits.iter_mut().zip(models) {
            *hits += right(named.model, &images, &labels)?;
        }
    }
    let count = test.count();
    Ok(models
        .iter()
        .zip(hits)
        .map(|(named, hits)| {
            let (low, high) = wilson(hits, count);
            CleanAccuracy {
                model: named.name.into(),
                accuracy: share(hits, count),
                low,
                high,
                count,
            }
        })
        .collect())
}

fn share(hits: usize, count: usize) -> f64 {
    if count == 0 { 0.0 } else { hits as f64 / count as f64 }
}

/// What the examples crafted on one model did to all models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Attack.
    pub attack: String,
    /// Model whose gradients made the examples.
    pub crafted_on: String,
    /// Perturbation sizes.
    pub eps: Vec<f64>,
    /// Models that classified them.
    pub evaluated_on: Vec<String>,
    /// Right answers, by epsilon and model.
    pub right: Vec<Vec<usize>>,
    /// Images whose loss gradient was exactly zero.
    pub zero_gradient_images: usize,
    /// Images.
    pub count: usize,
}

impl Counts {
    /// As accuracies with intervals.
    pub fn cells(&self) -> Vec<TransferCell> {
        let mut cells = Vec::new();
        for (&eps, right) in self.eps.iter().zip(&self.right) {
            for (model, &right) in self.evaluated_on.iter().zip(right) {
                let (low, high) = wilson(right, self.count);
                cells.push(TransferCell {
                    attack: self.attack.clone(),
                    crafted_on: self.crafted_on.clone(),
                    evaluated_on: model.clone(),
                    eps,
                    accuracy: share(right, self.count),
                    low,
                    high,
                    count: self.count,
                });
            }
        }
        cells
    }

    /// How many images the attack could not move.
    pub fn masking(&self) -> Masking {
        Masking {
            zero_gradient_images: self.zero_gradient_images,
            count: self.count,
        }
    }
}

/// Right answers of models on batches of unperturbed images, which every transfer at eps 0 asks for again. Of one test set and one set of
/// models.
#[derive(Debug, Default)]
pub struct CleanHits(HashMap<(String, usize), usize>);

/// Crafts examples on one model and has all models classify them.
///
/// # Errors
/// When images or epsilons do not fit a model.
pub fn transfer(
    attack: &dyn BoundedAttack,
    crafted_on: Named<'_>,
    models: &[Named<'_>],
    test: &TestSet<'_>,
    eps: &[f64],
    clean: &mut CleanHits,
) -> Result<Counts> {
    let craft = |images: &Tensor<4>, labels: &[usize]| run(crafted_on.model, attack, images, labels, eps);
    tally(attack.name(), craft, crafted_on, models, test, eps, clean)
}

/// The same with an attack that takes no epsilon; `eps` of the result is its [`size`](MinimalAttack::size).
///
/// # Errors
/// When images do not fit a model, or a setting of the attack is out of range.
pub fn transfer_minimal(
    attack: &dyn MinimalAttack,
    crafted_on: Named<'_>,
    models: &[Named<'_>],
    test: &TestSet<'_>,
    clean: &mut CleanHits,
) -> Result<Counts> {
    let craft = |images: &Tensor<4>, labels: &[usize]| run_minimal(crafted_on.model, attack, images, labels);
    tally(attack.name(), craft, crafted_on, models, test, &[attack.size()], clean)
}

/// Right answers of all models on what `craft` makes of each batch.
fn tally(
    attack: &str,
    craft: impl Fn(&Tensor<4>, &[usize]) -> Result<Attacked>,
    crafted_on: Named<'_>,
    models: &[Named<'_>],
    test: &TestSet<'_>,
    eps: &[f64],
    clean: &mut CleanHits,
) -> Result<Counts> {
    let mut counts = Counts {
        attack: attack.into(),
        crafted_on: crafted_on.name.into(),
        eps: eps.to_vec(),
        evaluated_on: models.iter().map(|m| m.name.to_owned()).collect(),
        right: vec![vec![0; models.len()]; eps.len()],
        zero_gradient_images: 0,
        count: test.count(),
    };
    for (images, labels, range) in test.batches() {
        let attacked = craft(&images, &labels)?;
        counts.zero_gradient_images += attacked.zero_gradient.iter().filter(|&&zero| zero).count();
        for (adversarial, hits) in attacked.by_eps.iter().zip(&mut counts.right) {
            let unchanged = adversarial.linf.iter().all(|&length| length == 0.0);
            for (named, hits) in models.iter().zip(hits) {
                let key = (named.name.to_owned(), range.start);
                if let (true, Some(known)) = (unchanged, clean.0.get(&key)) {
                    *hits += known;
                    continue;
                }
                let found = if named.name == crafted_on.name {
                    adversarial
                        .predictions
                        .iter()
                        .zip(&labels)
                        .filter(|(p, l)| p == l)
                        .count()
                } else {
                    right(named.model, &adversarial.images, &labels)?
                };
                *hits += found;
                if unchanged {
                    clean.0.insert(key, found);
                }
            }
        }
    }
    Ok(counts)
}

/// White-box accuracy of each model under FGSM on the cross-entropy and on the margin, for each epsilon.
///
/// # Errors
/// When images or epsilons do not fit a model.
pub fn margin_check(models: &[Named<'_>], test: &TestSet<'_>, eps: &[f64]) -> Result<Vec<MarginCheck>> {
    let mut checks = Vec::new();
    for &named in models {
        let mut clean = CleanHits::default();
        let [cross_entropy, margin] = [Loss::CrossEntropy, Loss::Margin]
            .map(|loss| transfer(&Fgsm { loss }, named, &[named], test, eps, &mut clean));
        let (cross_entropy, margin) = (cross_entropy?, margin?);
        for (index, &eps) in eps.iter().enumerate() {
            checks.push(MarginCheck {
                model: named.name.into(),
                eps,
                cross_entropy_accuracy: share(cross_entropy.right[index][0], cross_entropy.count),
                margin_accuracy: share(margin.right[index][0], margin.count),
                count: test.count(),
            });
        }
    }
    Ok(checks)
}
