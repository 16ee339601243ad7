//! Attacks all images of a test set with a model's own gradients, batch by batch. Finished batches may be kept, and are not attacked again.

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::clean::hits;
use super::confusion::{Confusion, share};
use super::distance::Distance;
use super::eight_bit::EightBit;
use super::unfinished::Unfinished;
use super::white_box::{WhiteBox, WhiteBoxAccuracy};
use super::{Named, TestSet};
use crate::attack::{Adversarial, Attack, ExampleBatch, Examples};
use crate::nn::to_vec;
use crate::progress::{Phase, Watch};
use crate::statistics::wilson;
use crate::{Error, Result};

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
    /// The values that examples are rounded to for [`WhiteBoxAccuracy::accuracy_8bit`], if the data has such.
    pub eight_bit: Option<EightBit>,
}

/// What came of a batch, without the examples.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Finished {
    /// What the model says of the unperturbed images.
    clean: Vec<usize>,
    zero_gradient_images: usize,
    /// Sums over the images.
    gradients: f64,
    forwards: f64,
    by_eps: Vec<FinishedEps>,
    /// By image, of an attack that looks for the nearest example.
    distance: Vec<Option<f32>>,
    /// Checksum of the examples, if they are kept.
    examples: Option<String>,
}

/// What came of a batch within one epsilon.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct FinishedEps {
    eps: f64,
    predictions: Vec<usize>,
    predictions_8bit: Option<Vec<usize>>,
    success: Vec<bool>,
    /// Sums over the images.
    l2: f64,
    linf: f64,
    l0: f64,
}

impl Finished {
    fn is_of(&self, images: usize, sizes: &[f64]) -> bool {
        let whole = |of: &FinishedEps| {
            let rounded = of.predictions_8bit.as_ref().map_or(images, Vec::len);
            [of.predictions.len(), of.success.len(), rounded] == [images; 3]
        };
        self.clean.len() == images && self.by_eps.len() == sizes.len() && self.by_eps.iter().all(whole)
    }
}

impl WhiteBoxEvaluation<'_> {
    /// Attacks all images. With `kept`, batches that are in it are not attacked again, and others are put there.
    ///
    /// # Errors
    /// When the images or epsilons do not fit the model; [`Error::Interrupted`] when `watch` breaks before the last batch.
    pub fn run(&self, kept: Option<&mut Unfinished>, watch: &mut dyn Watch) -> Result<WhiteBox> {
        self.with(kept, watch, None)
    }

    /// Attacks all images, and gives the examples as well: one set an epsilon, in the order of the results.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with_examples(
        &self,
        kept: Option<&mut Unfinished>,
        watch: &mut dyn Watch,
    ) -> Result<(WhiteBox, Vec<Examples>)> {
        let none = Examples::new(self.model.model.shape()).with_classes(self.classes);
        let mut examples = vec![none; self.attack.sizes(self.eps).len()];
        let results = self.with(kept, watch, Some(&mut examples))?;
        Ok((results, examples))
    }

    fn with(
        &self,
        mut kept: Option<&mut Unfinished>,
        watch: &mut dyn Watch,
        mut examples: Option<&mut Vec<Examples>>,
    ) -> Result<WhiteBox> {
        let count = self.test.count();
        let sizes = self.attack.sizes(self.eps);
        let mut phase = Phase::begin(self.attack.name(), count, watch);
        let mut total = Total::new(sizes.len());
        for places in self.test.ranges() {
            let wanted = examples.is_some();
            let found = kept
                .as_deref()
                .and_then(|kept| self.find(kept, &places, &sizes, wanted));
            let (finished, pixels) = match found {
                Some(found) => {
                    phase.resume(places.end);
                    found
                }
                None => {
                    let (mut finished, pixels) = self.attack_batch(&places, wanted)?;
                    if let Some(kept) = &mut kept {
                        keep(kept, &places, &mut finished, &pixels)?;
                    }
                    phase.done_unless_finished(places.end)?;
                    (finished, pixels)
                }
            };
            let labels: Vec<usize> = places.clone().map(|place| self.test.label(place)).collect();
            if let Some(examples) = &mut examples {
                self.collect(examples, &places, &labels, &finished, &pixels)?;
            }
            total.add(&finished, &labels);
        }
        Ok(self.results(&total, count))
    }

    /// What an earlier run made of a batch, with the examples of all epsilons one after the other if they are wanted.
    fn find(
        &self,
        kept: &Unfinished,
        places: &Range<usize>,
        sizes: &[f64],
        wanted: bool,
    ) -> Option<(Finished, Vec<f32>)> {
        let name = part(places);
        let finished: Finished = kept.get(&name)?;
        if !finished.is_of(places.len(), sizes) {
            return None;
        }
        if !wanted {
            return Some((finished, Vec::new()));
        }
        let pixels = kept.get_values(&name, finished.examples.as_deref()?)?;
        (pixels.len() == sizes.len() * places.len() * self.test.shape.len()).then_some((finished, pixels))
    }

    fn attack_batch(&self, places: &Range<usize>, wanted: bool) -> Result<(Finished, Vec<f32>)> {
        let (images, labels) = self.test.batch(places);
        let in_data = |row: usize| self.test.index(places.start + row);
        let clean = self.model.predict(&images, in_data)?;
        let attacked = self.model.attack(self.attack, &images, &labels, self.eps, in_data)?;
        let sum = |values: &[f32]| values.iter().map(|&v| f64::from(v)).sum::<f64>();
        let mut pixels = Vec::new();
        let mut by_eps = Vec::with_capacity(attacked.by_eps.len());
        for found in &attacked.by_eps {
            if wanted {
                pixels.extend(to_vec(found.images.clone())?);
            }
            by_eps.push(FinishedEps {
                eps: found.eps,
                predictions: found.predictions.clone(),
                predictions_8bit: match self.eight_bit {
                    Some(eight_bit) => Some(self.rounded(eight_bit, found, places)?),
                    None => None,
                },
                success: found.success.clone(),
                l2: sum(&found.l2),
                linf: sum(&found.linf),
                l0: sum(&found.l0),
            });
        }
        let finished = Finished {
            clean,
            zero_gradient_images: attacked.zero_gradient.iter().filter(|&&zero| zero).count(),
            gradients: attacked.mean_gradients() * labels.len() as f64,
            forwards: attacked.mean_forwards() * labels.len() as f64,
            by_eps,
            distance: attacked.distance,
            examples: None,
        };
        Ok((finished, pixels))
    }

    /// What the model says of examples in 8 bits.
    fn rounded(&self, eight_bit: EightBit, found: &Adversarial, places: &Range<usize>) -> Result<Vec<usize>> {
        let exact = to_vec(found.images.clone())?;
        let rounded = eight_bit.pixels(&eight_bit.bytes(&exact));
        if rounded == exact {
            return Ok(found.predictions.clone());
        }
        let data = TensorData::new(rounded, found.images.dims());
        let images = Tensor::from_data(data, (&found.images.device(), found.images.dtype()));
        self.model.predict(&images, |row| self.test.index(places.start + row))
    }

    fn collect(
        &self,
        examples: &mut [Examples],
        places: &Range<usize>,
        labels: &[usize],
        finished: &Finished,
        pixels: &[f32],
    ) -> Result<()> {
        let index: Vec<usize> = places.clone().map(|place| self.test.index(place)).collect();
        let originals: Arc<[f32]> = index.iter().flat_map(|&index| self.test.split.image(index)).collect();
        let length = originals.len();
        for (place, (examples, of)) in examples.iter_mut().zip(&finished.by_eps).enumerate() {
            let pixels = pixels
                .get(place * length..(place + 1) * length)
                .ok_or_else(|| Error::shape("examples", finished.by_eps.len() * length, pixels.len()))?;
            examples.push(ExampleBatch {
                examples: pixels,
                originals: &originals,
                index: &index,
                labels,
                predictions: &of.predictions,
                predictions_8bit: of.predictions_8bit.as_deref(),
                success: &of.success,
            })?;
        }
        Ok(())
    }

    fn results(&self, total: &Total, count: usize) -> WhiteBox {
        let mean = |sum: f64| sum / count.max(1) as f64;
        let row = |sums: &Sums| {
            let right = sums.confusion.right();
            let (low, high) = wilson(right, count);
            WhiteBoxAccuracy {
                eps: sums.eps,
                eps_given: None,
                accuracy: mean(right as f64),
                low,
                high,
                accuracy_8bit: self.eight_bit.map(|_| share(sums.right_8bit, count)),
                success: mean(sums.success as f64),
                mean_l2: mean(sums.l2),
                mean_linf: mean(sums.linf),
                mean_l0: mean(sums.l0),
                gradients: mean(total.gradients),
                forwards: mean(total.forwards),
                per_class: sums.confusion.by_class(self.classes),
                confusion: sums.confusion.clone(),
            }
        };
        let sample = self.test.sample();
        WhiteBox {
            model: self.model.name.to_owned(),
            dataset: self.dataset.to_owned(),
            attack: self.attack.name().to_owned(),
            settings: self.attack.spec().cloned(),
            target: self.attack.target().and_then(|target| target.class(self.classes)),
            count,
            index: sample.map(|sample| sample.indices().to_vec()),
            sample_seed: sample.map(|sample| sample.seed()),
            clean_accuracy: share(total.clean.right(), total.clean.images()),
            clean_per_class: total.clean.by_class(self.classes),
            clean_confusion: total.clean.clone(),
            classes: self.classes.to_vec(),
            zero_gradient_images: total.zero_gradient_images,
            distance: self.attack.nearest_in().map(|norm| Distance::of(norm, &total.distance)),
            results: total.by_eps.iter().map(row).collect(),
        }
    }
}

/// Name of the part of a batch.
fn part(places: &Range<usize>) -> String {
    format!("{:07}", places.start)
}

fn keep(kept: &mut Unfinished, places: &Range<usize>, finished: &mut Finished, pixels: &[f32]) -> Result<()> {
    let name = part(places);
    if !pixels.is_empty() {
        finished.examples = Some(kept.put_values(&name, pixels)?);
    }
    kept.put(&name, finished)
}

/// Sums over batches.
struct Total {
    clean: Confusion,
    zero_gradient_images: usize,
    gradients: f64,
    forwards: f64,
    distance: Vec<Option<f32>>,
    by_eps: Vec<Sums>,
}

/// Sums over the images of one epsilon.
#[derive(Clone, Default)]
struct Sums {
    eps: f64,
    confusion: Confusion,
    right_8bit: usize,
    success: usize,
    l2: f64,
    linf: f64,
    l0: f64,
}

impl Total {
    fn new(sizes: usize) -> Self {
        Self {
            clean: Confusion::default(),
            zero_gradient_images: 0,
            gradients: 0.0,
            forwards: 0.0,
            distance: Vec::new(),
            by_eps: vec![Sums::default(); sizes],
        }
    }

    fn add(&mut self, finished: &Finished, labels: &[usize]) {
        self.clean.add(labels, &finished.clean);
        self.zero_gradient_images += finished.zero_gradient_images;
        self.gradients += finished.gradients;
        self.forwards += finished.forwards;
        self.distance.extend(&finished.distance);
        for (sums, of) in self.by_eps.iter_mut().zip(&finished.by_eps) {
            sums.eps = of.eps;
            sums.confusion.add(labels, &of.predictions);
            sums.right_8bit += of.predictions_8bit.as_ref().map_or(0, |found| hits(found, labels));
            sums.success += of.success.iter().filter(|&&success| success).count();
            sums.l2 += of.l2;
            sums.linf += of.linf;
            sums.l0 += of.l0;
        }
    }
}
