use serde::{Deserialize, Serialize};

use super::attack::TargetedAttack;
use super::examples::{Batch, Examples};
use super::images::gather;
use super::{TargetShare, TargetedSummary};
use doubleback::evaluate::{Named, TestSet};
use doubleback::statistics::wilson;
use doubleback::{Error, Result};

/// Attacks one model's first `per_class` test images of each class with every other class as the target, and has all other models classify
/// the examples. Images that the model takes for another class from the start are among them. Of more than
/// [`ALL_PAIRS_UP_TO`](crate::ALL_PAIRS_UP_TO) classes a sample of [`PAIRS`](crate::PAIRS) pairs of a class and a target stands for all.
///
/// # Errors
/// When the images do not fit a model, a setting of the attack is out of range, or `per_class` is 0.
pub fn targeted(
    attack: &TargetedAttack,
    crafted_on: Named<'_>,
    models: &[Named<'_>],
    test: &TestSet<'_>,
    per_class: usize,
) -> Result<TargetedSummary> {
    let mut run = TargetedRun::new(attack, crafted_on, models, test, per_class, TargetedTally::default())?;
    while run.step()?.is_some() {}
    run.summary()
}

/// How far a measurement is, so that it can be kept and gone on with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TargetedTally {
    /// Batches done.
    batches: usize,
    /// Examples made.
    pairs: usize,
    /// Examples that the attacked model takes for their target.
    successes: usize,
    /// By true class, then by target; only where all pairs of classes are attacked.
    reached: Vec<Vec<usize>>,
    /// By other model, examples that it takes for their target.
    taken: Vec<usize>,
    changed: f64,
    l2: f64,
}

/// A measurement batch by batch.
pub(crate) struct TargetedRun<'a> {
    attack: &'a TargetedAttack,
    crafted_on: Named<'a>,
    others: Vec<Named<'a>>,
    test: &'a TestSet<'a>,
    examples: Examples,
    tally: TargetedTally,
}

impl<'a> TargetedRun<'a> {
    /// Goes on where `tally` is; the default one begins anew.
    pub fn new(
        attack: &'a TargetedAttack,
        crafted_on: Named<'a>,
        models: &[Named<'a>],
        test: &'a TestSet<'a>,
        per_class: usize,
        mut tally: TargetedTally,
    ) -> Result<Self> {
        if per_class == 0 {
            return Err(Error::value("images a class", "at least 1", per_class));
        }
        let classes = crafted_on.model.classes();
        let examples = Examples::choose(test, classes, per_class);
        let others: Vec<Named<'a>> = models.iter().copied().filter(|m| m.name != crafted_on.name).collect();
        tally.taken.resize(others.len(), 0);
        if examples.by_class.is_some() {
            tally.reached.resize(classes, vec![0; classes]);
        }
        Ok(Self {
            attack,
            crafted_on,
            others,
            test,
            examples,
            tally,
        })
    }

    /// Examples in all.
    pub fn examples(&self) -> usize {
        self.examples.count()
    }

    /// Examples made.
    pub fn done(&self) -> usize {
        self.tally.pairs
    }

    /// Does one more batch, if there is one, and gives how far it is then.
    pub fn step(&mut self) -> Result<Option<&TargetedTally>> {
        let Some(Batch { places, targets }) = self.examples.batches.get(self.tally.batches) else {
            return Ok(None);
        };
        let (images, labels) = gather(self.test, places);
        let attacked = self.attack.run(self.crafted_on.model, &images, targets);
        let attacked = attacked.map_err(|error| error.of_model(self.crafted_on.name, |row| places[row]))?;
        // Whole or not at all: an interrupted batch begins anew.
        let mut tally = self.tally.clone();
        for example in &attacked.by_eps {
            tally.pairs += labels.len();
            tally.changed += sum(&example.l0);
            tally.l2 += sum(&example.l2);
            for ((&label, &target), &success) in labels.iter().zip(targets).zip(&example.success) {
                tally.successes += usize::from(success);
                if let Some(reached) = tally.reached.get_mut(label) {
                    reached[target] += usize::from(success);
                }
            }
            for (named, taken) in self.others.iter().zip(&mut tally.taken) {
                let predicted = named.predict(&example.images, |row| places[row])?;
                *taken += predicted
                    .iter()
                    .zip(targets)
                    .filter(|(class, target)| class == target)
                    .count();
            }
        }
        tally.batches += 1;
        self.tally = tally;
        Ok(Some(&self.tally))
    }

    /// What was found.
    pub fn summary(self) -> Result<TargetedSummary> {
        let (tally, examples) = (self.tally, self.examples);
        let pairs = tally.pairs;
        let (low, high) = wilson(tally.successes, pairs);
        Ok(TargetedSummary {
            attack: self.attack.name().into(),
            model: self.crafted_on.name.into(),
            step_size: self.attack.step_size(),
            steps: self.attack.steps(self.test.shape.len())?,
            images: examples.images,
            pairs,
            success: share(tally.successes as f64, pairs),
            low,
            high,
            mean_changed: share(tally.changed, pairs),
            mean_l2: share(tally.l2, pairs),
            by_class: examples
                .by_class
                .map(|places| by_class(&tally.reached, &places))
                .unwrap_or_default(),
            taken_for_target: self
                .others
                .iter()
                .zip(tally.taken)
                .map(|(named, taken)| {
                    let (low, high) = wilson(taken, pairs);
                    TargetShare {
                        model: named.name.into(),
                        share: share(taken as f64, pairs),
                        low,
                        high,
                        count: pairs,
                    }
                })
                .collect(),
            sample: examples.sample,
        })
    }
}

fn by_class(reached: &[Vec<usize>], places: &[Vec<usize>]) -> Vec<Vec<Option<f64>>> {
    let cell = |source: usize, target: usize| {
        let count = places[source].len();
        (source != target && count > 0).then(|| share(reached[source][target] as f64, count))
    };
    (0..reached.len())
        .map(|source| (0..reached.len()).map(|target| cell(source, target)).collect())
        .collect()
}

fn sum(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum()
}

fn share(part: f64, count: usize) -> f64 {
    if count == 0 { 0.0 } else { part / count as f64 }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;
    use doubleback::attack::Ifgsm;
    use doubleback::data::{Bounds, ImageShape, Split};
    use doubleback::evaluate::Chosen;
    use doubleback::nn::FromFunction;
    use doubleback_test_device::test_device;

    use super::*;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 2,
        width: 2,
    };

    /// What a restart finds is what a run without one finds, to the bit, with few classes and with many.
    #[test]
    fn kept_halfway_it_goes_on_to_the_same_figures() {
        let device = test_device();
        for classes in [5, 40] {
            let model = |seed: f32| {
                let weight: Vec<f32> = (0..4 * classes).map(|i| (seed * (i + 1) as f32).sin()).collect();
                let weight = Tensor::<1>::from_floats(weight.as_slice(), &device).reshape([4, classes]);
                FromFunction::new(SHAPE, Bounds::UNIT, classes, move |x: Tensor<4>| {
                    x.reshape([-1, 4]).matmul(weight.clone())
                })
            };
            let (first, second) = (model(1.0), model(2.0));
            let named = |name, model| Named { name, model };
            let models = [named("first", &first), named("second", &second)];
            let pixels = (0..8 * classes).map(|i| (i * 37 % 100) as f32 / 100.0).collect();
            let labels = (0..2 * classes).map(|i| (i % classes) as u32).collect();
            let split = Split::new(pixels, labels, SHAPE).unwrap();
            let test = TestSet {
                split: &split,
                shape: SHAPE,
                chosen: Chosen::ALL,
                device: &device,
            };
            let attack = TargetedAttack::Itgsm {
                attack: Ifgsm::default(),
                eps: 0.1,
            };
            let whole = targeted(&attack, models[0], &models, &test, 2).unwrap();
            assert_eq!(whole.sample.is_some(), classes == 40);
            let mut tally = TargetedTally::default();
            let resumed = loop {
                let mut run = TargetedRun::new(&attack, models[0], &models, &test, 2, tally).unwrap();
                match run.step().unwrap() {
                    Some(kept) => tally = serde_json::from_str(&serde_json::to_string(kept).unwrap()).unwrap(),
                    None => break run.summary().unwrap(),
                }
            };
            assert_eq!(resumed, whole);
        }
    }
}
