//! Accuracy of every model on the examples crafted on every model, batch by batch. Finished batches may be kept, and are not attacked again.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::clean::hits;
use super::confusion::{ClassAccuracy, Confusion, share};
use super::measurements::{MarginCheck, Masking, TransferCell};
use super::unfinished::Unfinished;
use super::{Named, TestSet};
use crate::Result;
use crate::attack::{Attack, AttackSpec, Fgsm, TargetClass};
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
    /// What the examples were taken for, by epsilon and model; empty in counts of earlier versions.
    #[serde(default)]
    pub confusion: Vec<Vec<Confusion>>,
    /// Images whose loss gradient was exactly zero.
    pub zero_gradient_images: usize,
    /// Images.
    pub count: usize,
}

impl Counts {
    fn new(attack: &Attack, crafted_on: Named<'_>, eps: &[f64], models: &[Named<'_>], count: usize) -> Self {
        let eps = attack.sizes(eps);
        Self {
            attack: attack.name().into(),
            crafted_on: crafted_on.name.into(),
            evaluated_on: models.iter().map(|named| named.name.to_owned()).collect(),
            right: vec![vec![0; models.len()]; eps.len()],
            confusion: vec![vec![Confusion::default(); models.len()]; eps.len()],
            eps,
            zero_gradient_images: 0,
            count,
        }
    }

    fn add(&mut self, found: &Finished, labels: &[usize]) {
        self.zero_gradient_images += found.zero_gradient_images;
        let totals = self.right.iter_mut().zip(&mut self.confusion);
        for (by_model, (right, confusion)) in found.by_eps.iter().zip(totals) {
            for (found, (right, confusion)) in by_model.iter().zip(right.iter_mut().zip(confusion)) {
                *right += hits(found, labels);
                confusion.add(labels, found);
            }
        }
    }

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

    /// As accuracies with intervals, with accuracies by class, of these names in label order, and what was taken for what.
    fn entries(&self, classes: &[String]) -> Vec<TransferEntry> {
        let entry = |(cell, confusion): (TransferCell, &Confusion)| TransferEntry {
            cell,
            eps_given: None,
            per_class: confusion.by_class(classes),
            confusion: confusion.clone(),
        };
        let confusion = self.confusion.iter().flatten();
        self.cells().into_iter().zip(confusion).map(entry).collect()
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
/// Models are asked once what they say of unperturbed images, though every attack at eps 0 asks it again.
pub struct Transfer<'a> {
    models: Vec<Named<'a>>,
    test: TestSet<'a>,
    /// Predictions by model and first image of a batch.
    clean: HashMap<(usize, usize), Vec<usize>>,
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
        let mut counts = Counts::new(attack, crafted_on, eps, &self.models, self.test.count());
        for places in self.test.ranges() {
            let found = self.attack_batch(attack, crafted_on, eps, &places)?;
            counts.add(&found, &self.labels(&places));
        }
        Ok(counts)
    }

    /// Accuracy of all models on unperturbed images, and on examples crafted on each of them. `classes` are their names in label order. With
    /// `kept`, batches that are in it are not attacked again, and others are put there.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Interrupted`](crate::Error::Interrupted) when `watch` breaks before the last batch of the last model.
    pub fn all(
        &mut self,
        attack: &Attack,
        eps: &[f64],
        classes: &[String],
        mut kept: Option<&mut Unfinished>,
        watch: &mut dyn Watch,
    ) -> Result<TransferResults> {
        let models = self.models.clone();
        let (count, sizes) = (self.test.count(), attack.sizes(eps).len());
        let mut phase = Phase::begin(attack.name(), models.len() * count, watch);
        let mut clean = vec![Confusion::default(); models.len()];
        let (mut entries, mut masking) = (Vec::new(), BTreeMap::new());
        for (place, &crafted_on) in models.iter().enumerate() {
            let mut counts = Counts::new(attack, crafted_on, eps, &models, count);
            for places in self.test.ranges() {
                let (name, labels) = (format!("{place:03}-{:07}", places.start), self.labels(&places));
                let is_whole = |found: &Finished| found.is_of(labels.len(), models.len(), sizes, place == 0);
                let earlier = kept.as_deref().and_then(|kept| kept.get::<Finished>(&name));
                let done = place * count + places.end;
                let found = match earlier.filter(is_whole) {
                    Some(found) => {
                        phase.resume(done);
                        found
                    }
                    None => {
                        let mut found = self.attack_batch(attack, crafted_on, eps, &places)?;
                        if place == 0 {
                            found.clean = self.clean_batch(&places)?;
                        }
                        if let Some(kept) = &mut kept {
                            kept.put(&name, &found)?;
                        }
                        phase.done_unless_finished(done)?;
                        found
                    }
                };
                counts.add(&found, &labels);
                for (clean, found) in clean.iter_mut().zip(&found.clean) {
                    clean.add(&labels, found);
                }
            }
            entries.extend(counts.entries(classes));
            masking.insert(crafted_on.name.to_owned(), counts.masking());
        }
        let clean = models.iter().zip(clean);
        Ok(TransferResults {
            clean: clean.map(|(named, found)| (named.name.to_owned(), found)).collect(),
            classes: classes.to_vec(),
            entries,
            masking,
        })
    }

    fn labels(&self, places: &Range<usize>) -> Vec<usize> {
        places.clone().map(|place| self.test.label(place)).collect()
    }

    fn attack_batch(
        &mut self,
        attack: &Attack,
        crafted_on: Named<'_>,
        eps: &[f64],
        places: &Range<usize>,
    ) -> Result<Finished> {
        let Self { models, test, clean } = self;
        let (images, labels) = test.batch(places);
        let in_data = |row: usize| test.index(places.start + row);
        let attacked = crafted_on.attack(attack, &images, &labels, eps, in_data)?;
        let mut finished = Finished {
            clean: Vec::new(),
            zero_gradient_images: attacked.zero_gradient.iter().filter(|&&zero| zero).count(),
            by_eps: Vec::with_capacity(attacked.by_eps.len()),
        };
        for adversarial in &attacked.by_eps {
            let unchanged = adversarial.linf.iter().all(|&length| length == 0.0);
            let mut by_model = Vec::with_capacity(models.len());
            for (place, named) in models.iter().enumerate() {
                let key = (place, places.start);
                let found = match clean.get(&key) {
                    Some(known) if unchanged => known.clone(),
                    _ if named.is(&crafted_on) => adversarial.predictions.clone(),
                    _ => named.predict(&adversarial.images, in_data)?,
                };
                if unchanged {
                    clean.insert(key, found.clone());
                }
                by_model.push(found);
            }
            finished.by_eps.push(by_model);
        }
        Ok(finished)
    }

    /// What each model says of the unperturbed images of a batch.
    fn clean_batch(&self, places: &Range<usize>) -> Result<Vec<Vec<usize>>> {
        let (images, _) = self.test.batch(places);
        let models = self.models.iter();
        models
            .map(|named| named.predict(&images, |row| self.test.index(places.start + row)))
            .collect()
    }
}

/// What came of a batch of examples crafted on one model.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Finished {
    /// What each model says of the unperturbed images; only beside the examples of the first model.
    clean: Vec<Vec<usize>>,
    zero_gradient_images: usize,
    /// What each model says of the examples, by epsilon and model.
    by_eps: Vec<Vec<Vec<usize>>>,
}

impl Finished {
    fn is_of(&self, images: usize, models: usize, sizes: usize, with_clean: bool) -> bool {
        let whole = |found: &[Vec<usize>]| found.len() == models && found.iter().all(|found| found.len() == images);
        let clean = if with_clean {
            whole(&self.clean)
        } else {
            self.clean.is_empty()
        };
        clean && self.by_eps.len() == sizes && self.by_eps.iter().all(|found| whole(found))
    }
}

/// What examples crafted on each of some models did to all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferResults {
    /// What each model takes unperturbed images for.
    pub clean: BTreeMap<String, Confusion>,
    /// Names of the classes, in label order.
    pub classes: Vec<String>,
    /// By the model that examples were crafted on, then by epsilon and model.
    pub entries: Vec<TransferEntry>,
    /// By the model that was attacked.
    pub masking: BTreeMap<String, Masking>,
}

/// What one model made of the examples crafted on one model, or on itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferEntry {
    /// Accuracy of all classes together.
    #[serde(flatten)]
    pub cell: TransferCell,
    /// Epsilon as it was given, if that was another text than the number, such as `8/255`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eps_given: Option<String>,
    /// Accuracy by class, of classes that have images.
    #[serde(default)]
    pub per_class: Vec<ClassAccuracy>,
    /// What was taken for what.
    #[serde(default)]
    pub confusion: Confusion,
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
    /// The class that all examples should be taken for, if it is one class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetClass>,
    /// Images attacked.
    pub count: usize,
    /// Places of these in the test part of the data set; none where they are all of it, or its first ones.
    #[serde(default)]
    pub index: Option<Vec<usize>>,
    /// The seed by which they were drawn, if they were.
    #[serde(default)]
    pub sample_seed: Option<u64>,
    /// Files of the models, by name.
    pub models: BTreeMap<String, String>,
    /// Share of the unperturbed images classified rightly, in [0, 1], by model.
    pub clean_accuracy: BTreeMap<String, f64>,
    /// By model: accuracy on the unperturbed images of each class that has images.
    #[serde(default)]
    pub clean_per_class: BTreeMap<String, Vec<ClassAccuracy>>,
    /// By model: what unperturbed images were taken for.
    #[serde(default)]
    pub clean_confusion: BTreeMap<String, Confusion>,
    /// Names of the classes, in label order.
    #[serde(default)]
    pub classes: Vec<String>,
    /// By the model that examples were crafted on, then by epsilon and model.
    pub transfer: Vec<TransferEntry>,
    /// By the model that was attacked.
    pub masking: BTreeMap<String, Masking>,
}

impl TransferResults {
    /// With the data set's name, the attack, the images attacked, and the files of the models by name.
    pub fn summary(
        self,
        dataset: &str,
        attack: &Attack,
        test: &TestSet<'_>,
        models: BTreeMap<String, String>,
    ) -> TransferSummary {
        let clean = || self.clean.iter();
        TransferSummary {
            dataset: dataset.to_owned(),
            attack: attack.name().to_owned(),
            settings: attack.spec().cloned(),
            target: attack.target().and_then(|target| target.class(&self.classes)),
            count: test.count(),
            index: test.sample().map(|sample| sample.indices().to_vec()),
            sample_seed: test.sample().map(|sample| sample.seed()),
            models,
            clean_accuracy: clean()
                .map(|(model, clean)| (model.clone(), share(clean.right(), clean.images())))
                .collect(),
            clean_per_class: clean()
                .map(|(model, clean)| (model.clone(), clean.by_class(&self.classes)))
                .collect(),
            clean_confusion: self.clean,
            classes: self.classes,
            transfer: self.entries,
            masking: self.masking,
        }
    }
}

impl TransferSummary {
    /// The lowest accuracy of all; of equal ones the first.
    pub fn least(&self) -> Option<&TransferEntry> {
        let entries = self.transfer.iter();
        entries.min_by(|a, b| a.cell.accuracy.total_cmp(&b.cell.accuracy))
    }

    /// By class: the lowest accuracy of a model at an epsilon, over the models that examples were crafted on.
    pub fn least_by_class(&self, evaluated_on: &str, eps: f64) -> Vec<ClassAccuracy> {
        let entries = self.transfer.iter();
        let mut of_model = entries.filter(|entry| entry.cell.evaluated_on == evaluated_on && entry.cell.eps == eps);
        let mut least = of_model.next().map(|entry| entry.per_class.clone()).unwrap_or_default();
        for entry in of_model {
            for (least, other) in least.iter_mut().zip(&entry.per_class) {
                if other.accuracy < least.accuracy {
                    least.clone_from(other);
                }
            }
        }
        least
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
    use doubleback_test_device::test_device;

    use super::*;
    use crate::data::{ImageShape, Split};
    use crate::evaluate::{Chosen, Sample};

    /// Users read these fields: an attack that is not of the table has `null` as its settings.
    #[test]
    fn a_summary_has_all_fields_in_order() {
        let results = TransferResults {
            clean: BTreeMap::from([("a".to_owned(), Confusion::of(&[0, 0, 1, 1], &[0, 1, 0, 1]))]),
            classes: vec!["no".into(), "yes".into()],
            entries: vec![TransferEntry {
                cell: TransferCell {
                    attack: "fgsm".into(),
                    crafted_on: "a".into(),
                    evaluated_on: "a".into(),
                    eps: 0.5,
                    accuracy: 0.25,
                    low: 0.0,
                    high: 0.5,
                    count: 4,
                },
                eps_given: None,
                per_class: Vec::new(),
                confusion: Confusion::of(&[1], &[0]),
            }],
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
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let split = Split::new(vec![0.0; 4], vec![0, 0, 1, 1], shape).unwrap();
        let device = test_device();
        let sample = Sample::stratified(split.labels(), 2, 7);
        let test = TestSet {
            split: &split,
            shape,
            chosen: Chosen::Sample(&sample),
            device: &device,
        };
        let mut summary = results.summary("mnist-mini", &attack.attack().unwrap(), &test, files);
        assert_eq!(summary.settings.take(), Some(attack));
        let [class_0, class_1] = [("no", 0), ("yes", 1)].map(|(class, index)| {
            let (low, high) = wilson(1, 2);
            format!(r#"{{"class":"{class}","index":{index},"accuracy":0.5,"low":{low},"high":{high},"count":2}}"#)
        });
        let expected = [
            r#"{"dataset":"mnist-mini","attack":"fgsm","settings":null,"count":2,"index":"#,
            &serde_json::to_string(sample.indices()).unwrap(),
            r#","sample_seed":7,"models":{"a":"models/a.safetensors"},"#,
            r#""clean_accuracy":{"a":0.5},"clean_per_class":{"a":["#,
            &format!("{class_0},{class_1}"),
            r#"]},"clean_confusion":{"a":[[0,0,1],[0,1,1],[1,0,1],[1,1,1]]},"classes":["no","yes"],"#,
            r#""transfer":[{"attack":"fgsm","crafted_on":"a","evaluated_on":"a","eps":0.5,"accuracy":0.25,"low":0.0,"high":0.5,"count":4,"#,
            r#""per_class":[],"confusion":[[1,0,1]]}],"masking":{"a":{"zero_gradient_images":1,"count":4}}}"#,
        ]
        .concat();
        assert_eq!(serde_json::to_string(&summary).unwrap(), expected);
        assert_eq!(serde_json::from_str::<TransferSummary>(&expected).unwrap(), summary);
    }
}
