//! Accuracy of every model on the examples crafted on every model.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::clean::{clean_accuracy, hits, right, share};
use super::measurements::{CleanAccuracy, MarginCheck, Masking, TransferCell};
use super::{Named, TestSet};
use crate::Result;
use crate::attack::{Attack, AttackSpec, Fgsm};
use crate::nn::Loss;
use crate::progress::{Phase, Watch};
use crate::statistics::wilson;

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

/// Models and the images on which all of them are evaluated, with examples crafted on one of them or on another.
///
/// Right answers on unperturbed images, which every attack at eps 0 asks for again, are counted once.
pub struct Transfer<'a> {
    models: Vec<Named<'a>>,
    test: TestSet<'a>,
    /// By model and first image of a batch.
    clean: HashMap<(usize, usize), usize>,
}

impl<'a> Transfer<'a> {
    /// Models that classify, and the images.
    pub fn new(models: &[Named<'a>], test: &TestSet<'a>) -> Self {
        Self {
            models: models.to_vec(),
            test: *test,
            clean: HashMap::new(),
        }
    }

    /// Crafts examples on one model and has all models classify them. An attack that takes no epsilon is given none, and stands in the counts
    /// with its own [`size`](crate::attack::MinimalAttack::size).
    ///
    /// # Errors
    /// When images or epsilons do not fit a model, or a setting of the attack is out of range.
    pub fn run(&mut self, attack: &Attack, crafted_on: Named<'_>, eps: &[f64]) -> Result<Counts> {
        let Self { models, test, clean } = self;
        let sizes = attack.sizes(eps);
        let mut counts = Counts {
            attack: attack.name().into(),
            crafted_on: crafted_on.name.into(),
            evaluated_on: models.iter().map(|m| m.name.to_owned()).collect(),
            right: vec![vec![0; models.len()]; sizes.len()],
            eps: sizes,
            zero_gradient_images: 0,
            count: test.count(),
        };
        for (images, labels, range) in test.batches() {
            let attacked = attack.run(crafted_on.model, &images, &labels, eps)?;
            counts.zero_gradient_images += attacked.zero_gradient.iter().filter(|&&zero| zero).count();
            for (adversarial, totals) in attacked.by_eps.iter().zip(&mut counts.right) {
                let unchanged = adversarial.linf.iter().all(|&length| length == 0.0);
                for (place, (named, total)) in models.iter().zip(totals).enumerate() {
                    let key = (place, range.start);
                    if let (true, Some(known)) = (unchanged, clean.get(&key)) {
                        *total += known;
                        continue;
                    }
                    let found = if named.is(&crafted_on) {
                        hits(&adversarial.predictions, &labels)
                    } else {
                        right(named.model, &adversarial.images, &labels)?
                    };
                    *total += found;
                    if unchanged {
                        clean.insert(key, found);
                    }
                }
            }
        }
        Ok(counts)
    }

    /// Accuracy of all models on unperturbed images, and on examples crafted on each of them.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Interrupted`](crate::Error::Interrupted) when `watch` breaks before the last model.
    pub fn all(&mut self, attack: &Attack, eps: &[f64], watch: &mut dyn Watch) -> Result<TransferResults> {
        let models = self.models.clone();
        let mut phase = Phase::begin(attack.name(), models.len(), watch);
        let mut results = TransferResults {
            clean: clean_accuracy(&models, &self.test)?,
            cells: Vec::new(),
            masking: BTreeMap::new(),
        };
        for (place, &crafted_on) in models.iter().enumerate() {
            let counts = self.run(attack, crafted_on, eps)?;
            results.cells.extend(counts.cells());
            results.masking.insert(crafted_on.name.to_owned(), counts.masking());
            phase.done_unless_finished(place + 1)?;
        }
        Ok(results)
    }
}

/// What examples crafted on each of some models did to all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferResults {
    /// Accuracy of each model on unperturbed images.
    pub clean: Vec<CleanAccuracy>,
    /// By the model that examples were crafted on, then by epsilon and model.
    pub cells: Vec<TransferCell>,
    /// By the model that was attacked.
    pub masking: BTreeMap<String, Masking>,
}

/// The results with what they were made of. JSON of the command `transfer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferSummary {
    /// Data set.
    pub dataset: String,
    /// Name of the attack, such as `pgd-l2`.
    pub attack: String,
    /// The attack with its options, if it is one of the table.
    pub settings: Option<AttackSpec>,
    /// Images attacked.
    pub count: usize,
    /// Files of the models, by name.
    pub models: BTreeMap<String, String>,
    /// Share of the unperturbed images classified rightly, in [0, 1], by model.
    pub clean_accuracy: BTreeMap<String, f64>,
    /// By the model that examples were crafted on, then by epsilon and model.
    pub transfer: Vec<TransferCell>,
    /// By the model that was attacked.
    pub masking: BTreeMap<String, Masking>,
}

impl TransferResults {
    /// With the data set's name, the attack, the number of images attacked, and the files of the models by name.
    pub fn summary(
        self,
        dataset: &str,
        attack: &Attack,
        count: usize,
        models: BTreeMap<String, String>,
    ) -> TransferSummary {
        let clean = self.clean.into_iter();
        TransferSummary {
            dataset: dataset.to_owned(),
            attack: attack.name().to_owned(),
            settings: attack.spec().cloned(),
            count,
            models,
            clean_accuracy: clean.map(|clean| (clean.model, clean.accuracy)).collect(),
            transfer: self.cells,
            masking: self.masking,
        }
    }
}

/// White-box accuracy of each model under FGSM on the cross-entropy and on the margin, for each epsilon.
///
/// # Errors
/// When images or epsilons do not fit a model.
pub fn margin_check(models: &[Named<'_>], test: &TestSet<'_>, eps: &[f64]) -> Result<Vec<MarginCheck>> {
    let mut checks = Vec::new();
    for &named in models {
        let mut transfer = Transfer::new(&[named], test);
        let [cross_entropy, margin] = [Loss::CrossEntropy, Loss::Margin].map(|loss| {
            let attack = AttackSpec::Fgsm(Fgsm { loss }).attack()?;
            transfer.run(&attack, named, eps)
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Users read these fields: an attack that is not of the table has `null` as its settings.
    #[test]
    fn a_summary_has_all_fields_in_order() {
        let results = TransferResults {
            clean: vec![CleanAccuracy {
                model: "a".into(),
                accuracy: 0.5,
                low: 0.25,
                high: 0.75,
                count: 4,
            }],
            cells: Vec::new(),
            masking: BTreeMap::from([(
                "a".to_owned(),
                Masking {
                    zero_gradient_images: 1,
                    count: 4,
                },
            )]),
        };
        let attack = AttackSpec::Fgsm(Fgsm {
            loss: Loss::CrossEntropy,
        });
        let files = BTreeMap::from([("a".to_owned(), "models/a.safetensors".to_owned())]);
        let mut summary = results.summary("mnist-mini", &attack.attack().unwrap(), 4, files);
        assert_eq!(summary.settings.take(), Some(attack));
        let expected = concat!(
            r#"{"dataset":"mnist-mini","attack":"fgsm","settings":null,"count":4,"models":{"a":"models/a.safetensors"},"#,
            r#""clean_accuracy":{"a":0.5},"transfer":[],"masking":{"a":{"zero_gradient_images":1,"count":4}}}"#,
        );
        assert_eq!(serde_json::to_string(&summary).unwrap(), expected);
        assert_eq!(serde_json::from_str::<TransferSummary>(expected).unwrap(), summary);
    }
}
