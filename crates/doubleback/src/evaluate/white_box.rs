//! What one attack with a model's own gradients does to it.

use serde::{Deserialize, Serialize, Serializer};

use super::clean::hits;
use super::confusion::{ClassAccuracy, Confusion, share};
use super::{Named, TestSet};
use crate::Result;
use crate::attack::{Adversarial, Attack, AttackSpec, Examples, TargetClass};
use crate::progress::{Phase, Watch};
use crate::statistics::wilson;

/// What one attack did to one model. JSON of the command `attack`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhiteBox {
    /// Model.
    pub model: String,
    /// Data set.
    pub dataset: String,
    /// Name of the attack, such as `pgd-l2`.
    pub attack: String,
    /// The attack with its options, if it is one of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<AttackSpec>,
    /// The class that all examples should be taken for, if it is one class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetClass>,
    /// Images attacked.
    pub count: usize,
    /// Share of the unperturbed images classified rightly, in [0, 1].
    pub clean_accuracy: f64,
    /// The same by class, of classes that have images.
    #[serde(default)]
    pub clean_per_class: Vec<ClassAccuracy>,
    /// What unperturbed images were taken for.
    #[serde(default)]
    pub clean_confusion: Confusion,
    /// Names of the classes, in label order.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Images whose loss gradient was exactly zero wherever the attack asked for it: it had no direction to move them in.
    pub zero_gradient_images: usize,
    /// One entry an epsilon; a single one for an attack that takes none.
    pub results: Vec<WhiteBoxAccuracy>,
}

/// What an attack did within one epsilon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhiteBoxAccuracy {
    /// Perturbation size, in the data's units; of an attack that takes none, the size of its change, such as JSMA's theta.
    pub eps: f64,
    /// The size as it was given, if that was another text than the number, such as `8/255`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eps_given: Option<String>,
    /// Share of examples still classified as their true label, in [0, 1].
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of examples on which the attack reached its goal.
    pub success: f64,
    /// Mean L2 length of the perturbations.
    pub mean_l2: f64,
    /// Mean over images of the largest change of a value.
    pub mean_linf: f64,
    /// Mean number of changed values.
    pub mean_l0: f64,
    /// Gradients computed for one epsilon, mean of images and epsilons.
    #[serde(serialize_with = "whole_if_it_is")]
    pub gradients: f64,
    /// Forward passes for one epsilon, besides those of the gradients, mean of images and epsilons.
    #[serde(serialize_with = "whole_if_it_is")]
    pub forwards: f64,
    /// Accuracy by class, of classes that have images.
    #[serde(default)]
    pub per_class: Vec<ClassAccuracy>,
    /// What the examples were taken for.
    #[serde(default)]
    pub confusion: Confusion,
}

/// A mean of counts, without `.0` where all are the same.
fn whole_if_it_is<S: Serializer>(mean: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    if mean.fract() == 0.0 {
        serializer.serialize_u64(*mean as u64)
    } else {
        serializer.serialize_f64(*mean)
    }
}

/// Sums over the images of one epsilon.
#[derive(Clone, Default)]
struct Sums {
    eps: f64,
    right: usize,
    success: usize,
    l2: f64,
    linf: f64,
    l0: f64,
    confusion: Confusion,
}

impl Sums {
    fn add(&mut self, attacked: &Adversarial, labels: &[usize]) {
        let sum = |values: &[f32]| values.iter().map(|&v| f64::from(v)).sum::<f64>();
        self.eps = attacked.eps;
        self.right += hits(&attacked.predictions, labels);
        self.success += attacked.success.iter().filter(|&&success| success).count();
        self.l2 += sum(&attacked.l2);
        self.linf += sum(&attacked.linf);
        self.l0 += sum(&attacked.l0);
        self.confusion.add(labels, &attacked.predictions);
    }
}

/// An evaluation of a model under one attack.
#[derive(Clone, Copy)]
pub struct WhiteBoxEvaluation<'a> {
    /// The model, and what it is called in results.
    pub model: Named<'a>,
    /// What the data set is called in results.
    pub dataset: &'a str,
    /// Names of the classes, in label order.
    pub classes: &'a [String],
    /// The images.
    pub test: TestSet<'a>,
    /// The attack.
    pub attack: &'a Attack,
    /// Epsilons; none for an attack that takes none.
    pub eps: &'a [f64],
}

impl WhiteBoxEvaluation<'_> {
    /// Attacks all images.
    ///
    /// # Errors
    /// When the images or epsilons do not fit the model; [`Error::Interrupted`](crate::Error::Interrupted) when `watch` breaks before the last batch.
    pub fn run(&self, watch: &mut dyn Watch) -> Result<WhiteBox> {
        self.with(watch, |_, _| Ok(()))
    }

    /// Attacks all images, and keeps the examples: one set an epsilon, in the order of the results.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with_examples(&self, watch: &mut dyn Watch) -> Result<(WhiteBox, Vec<Examples>)> {
        let mut examples = vec![Examples::new(self.model.model.shape()); self.attack.sizes(self.eps).len()];
        let results = self.with(watch, |place, batch| {
            examples[place].push(batch.attacked, batch.images, batch.labels, batch.range.clone())
        })?;
        Ok((results, examples))
    }

    fn with(&self, watch: &mut dyn Watch, mut keep: impl FnMut(usize, Batch<'_>) -> Result<()>) -> Result<WhiteBox> {
        let Self {
            model, test, attack, ..
        } = self;
        let count = test.count();
        let mut phase = Phase::begin(attack.name(), count, watch);
        let mut sums = vec![Sums::default(); attack.sizes(self.eps).len()];
        let (mut zero_gradient_images, mut gradients, mut forwards) = (0, 0.0, 0.0);
        let mut clean = Confusion::default();
        for (images, labels, range) in test.batches() {
            let place = |row: usize| range.start + row;
            clean.add(&labels, &model.predict(&images, place)?);
            let attacked = model.attack(attack, &images, &labels, self.eps, place)?;
            zero_gradient_images += attacked.zero_gradient.iter().filter(|&&zero| zero).count();
            gradients += attacked.mean_gradients() * labels.len() as f64;
            forwards += attacked.mean_forwards() * labels.len() as f64;
            for (place, attacked) in attacked.by_eps.iter().enumerate() {
                sums[place].add(attacked, &labels);
                let batch = Batch {
                    attacked,
                    images: &images,
                    labels: &labels,
                    range: range.clone(),
                };
                keep(place, batch)?;
            }
            phase.done_unless_finished(range.end)?;
        }
        let mean = |sum: f64| sum / count.max(1) as f64;
        let row = |sums: &Sums| {
            let (low, high) = wilson(sums.right, count);
            WhiteBoxAccuracy {
                eps: sums.eps,
                eps_given: None,
                accuracy: mean(sums.right as f64),
                low,
                high,
                success: mean(sums.success as f64),
                mean_l2: mean(sums.l2),
                mean_linf: mean(sums.linf),
                mean_l0: mean(sums.l0),
                gradients: mean(gradients),
                forwards: mean(forwards),
                per_class: sums.confusion.by_class(self.classes),
                confusion: sums.confusion.clone(),
            }
        };
        Ok(WhiteBox {
            model: model.name.to_owned(),
            dataset: self.dataset.to_owned(),
            attack: attack.name().to_owned(),
            settings: attack.spec().cloned(),
            target: attack.target().and_then(|target| target.class(self.classes)),
            count,
            clean_accuracy: share(clean.right(), clean.images()),
            clean_per_class: clean.by_class(self.classes),
            clean_confusion: clean,
            classes: self.classes.to_vec(),
            zero_gradient_images,
            results: sums.iter().map(row).collect(),
        })
    }
}

/// A batch and what an attack made of it within one epsilon.
struct Batch<'a> {
    attacked: &'a Adversarial,
    images: &'a burn::tensor::Tensor<4>,
    labels: &'a [usize],
    range: std::ops::Range<usize>,
}
