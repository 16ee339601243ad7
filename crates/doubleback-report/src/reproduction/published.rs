use std::collections::BTreeMap;

use doubleback::evaluate::FLOOR;
use serde::Deserialize;
use serde::de::DeserializeOwned;

const ACCURACIES: &str = include_str!("../../data/ross2018-accuracies.csv");
const CLEAN_ACCURACY: &str = include_str!("../../data/ross2018-clean-accuracy.csv");
const GRADIENT_NORMS: &str = include_str!("../../data/ross2018-gradient-norms.csv");
const OVERLAP: &str = include_str!("../../data/ross2018-overlap.csv");

/// Test images behind each published accuracy of Figures 1 and 3, and each count of Figure 10.
pub const PUBLISHED_IMAGES: usize = 256;

/// Images in the mean whose gradient the published norms are of: one image's gradient is this many times longer.
const GRADIENT_BATCH: f64 = 1000.0;

/// The numbers of Ross & Doshi-Velez (AAAI 2018, arXiv 1711.09404) for one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    accuracies: Vec<AccuracyRow>,
    clean: BTreeMap<String, f64>,
    clean_images: usize,
    norm_medians: BTreeMap<(String, String), f64>,
    overlaps: Vec<OverlapRow>,
}

/// Images that these models and no others of the three get wrong.
#[derive(Clone, Debug, Deserialize, PartialEq)]
struct OverlapRow {
    dataset: String,
    attack: String,
    eps: f64,
    crafted_on: String,
    normal_only: usize,
    advtrain_only: usize,
    doubleback_only: usize,
    normal_and_advtrain: usize,
    normal_and_doubleback: usize,
    advtrain_and_doubleback: usize,
    all_three: usize,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct AccuracyRow {
    dataset: String,
    attack: String,
    attacked_model: String,
    victim_model: String,
    eps: f64,
    accuracy: f64,
}

#[derive(Deserialize)]
struct CleanRow {
    dataset: String,
    images: usize,
    #[serde(flatten)]
    accuracy: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct NormRow {
    dataset: String,
    loss: String,
    statistic: String,
    #[serde(flatten)]
    norm: BTreeMap<String, f64>,
}

impl Published {
    /// The paper's numbers for `mnist`, `svhn` or `notmnist`; `None` for any other data set, `mnist-mini` included:
    /// a small experiment is not comparable with the paper's.
    #[must_use]
    pub fn for_dataset(dataset: &str) -> Option<Self> {
        ["mnist", "svhn", "notmnist"]
            .contains(&dataset)
            .then(|| Self::parse(dataset).ok())?
    }

    fn parse(dataset: &str) -> Result<Self, csv::Error> {
        let of_dataset = |name: &str| name.eq_ignore_ascii_case(dataset);
        let mut accuracies: Vec<AccuracyRow> = rows(ACCURACIES)?;
        accuracies.retain(|row| of_dataset(&row.dataset));
        let mut clean = BTreeMap::new();
        let mut clean_images = 0;
        for row in rows::<CleanRow>(CLEAN_ACCURACY)? {
            if of_dataset(&row.dataset) {
                (clean, clean_images) = (row.accuracy, row.images);
            }
        }
        let mut norm_medians = BTreeMap::new();
        for row in rows::<NormRow>(GRADIENT_NORMS)? {
            if of_dataset(&row.dataset) && row.statistic == "median" {
                let loss = row.loss.to_lowercase();
                norm_medians.extend(row.norm.into_iter().map(|(model, norm)| ((loss.clone(), model), norm)));
            }
        }
        let mut overlaps: Vec<OverlapRow> = rows(OVERLAP)?;
        overlaps.retain(|row| of_dataset(&row.dataset));
        Ok(Self {
            accuracies,
            clean,
            clean_images,
            norm_medians,
            overlaps,
        })
    }

    /// Accuracy by eps under `attack` (`fgsm` or `tgsm`) of one model on the examples crafted on another,
    /// over [`PUBLISHED_IMAGES`] images.
    pub fn curve<'a>(
        &'a self,
        attack: &'a str,
        crafted_on: &'a str,
        evaluated_on: &'a str,
    ) -> impl Iterator<Item = (f64, f64)> + 'a {
        self.accuracies
            .iter()
            .filter(move |row| {
                row.attack.eq_ignore_ascii_case(attack)
                    && row.attacked_model == crafted_on
                    && row.victim_model == evaluated_on
            })
            .map(|row| (row.eps, row.accuracy))
    }

    /// One accuracy of [`curve`](Self::curve).
    #[must_use]
    pub fn accuracy(&self, attack: &str, crafted_on: &str, evaluated_on: &str, eps: f64) -> Option<f64> {
        self.curve(attack, crafted_on, evaluated_on)
            .find(|(at, _)| (at - eps).abs() < 1e-6)
            .map(|(_, accuracy)| accuracy)
    }

    /// Accuracy of a model on unperturbed test images.
    #[must_use]
    pub fn clean_accuracy(&self, model: &str) -> Option<f64> {
        self.clean.get(model).copied()
    }

    /// Test images behind [`clean_accuracy`](Self::clean_accuracy).
    #[must_use]
    pub fn clean_images(&self) -> usize {
        self.clean_images
    }

    /// Median over images of the L2 norm of the input gradient of ONE image's loss (`fgsm` or `tgsm`), read off the
    /// paper's Figure 4 to about 30 %; 0 where the plot shows its floor.
    #[must_use]
    pub fn gradient_norm_median(&self, loss: &str, model: &str) -> Option<f64> {
        let norm = *self.norm_medians.get(&(loss.to_lowercase(), model.to_owned()))?;
        Some(if norm <= FLOOR { 0.0 } else { norm * GRADIENT_BATCH })
    }

    /// How the errors of three models overlap on the examples crafted on one of them, among [`PUBLISHED_IMAGES`] (Figure 10): counts in the
    /// order of [`Overlap::regions`](doubleback_experiments::reproduce::Overlap::regions). The paper has them for `normal`, `advtrain`, `doubleback` in this
    /// order, at one eps a data set.
    #[must_use]
    pub fn overlap(&self, attack: &str, crafted_on: &str, eps: f64, models: [&str; 3]) -> Option<[usize; 7]> {
        if models != ["normal", "advtrain", "doubleback"] {
            return None;
        }
        let fits = |row: &&OverlapRow| {
            row.attack.eq_ignore_ascii_case(attack) && row.crafted_on == crafted_on && (row.eps - eps).abs() < 1e-6
        };
        self.overlaps.iter().find(fits).map(|row| {
            [
                row.normal_only,
                row.advtrain_only,
                row.doubleback_only,
                row.normal_and_advtrain,
                row.normal_and_doubleback,
                row.advtrain_and_doubleback,
                row.all_three,
            ]
        })
    }
}

fn rows<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let counts = ["mnist", "svhn", "notmnist"].map(|name| Published::parse(name).unwrap().accuracies.len());
        assert_eq!(counts, [400; 3]);
        for name in ["mnist", "svhn", "notmnist"] {
            let published = Published::for_dataset(name).unwrap();
            assert_eq!(published.overlaps.len(), 6, "{name}");
            assert!(
                published.clean_accuracy("doubleback").is_some()
                    && published.gradient_norm_median("tgsm", "normal").is_some()
            );
        }
        assert_eq!(Published::for_dataset("mnist").unwrap().clean_images(), 10_000);
    }

    #[test]
    fn small_and_unknown_data_sets_have_none() {
        assert_eq!(Published::for_dataset("mnist-mini"), None);
        assert_eq!(Published::for_dataset("cifar10"), None);
    }

    #[test]
    fn examples_of_the_regularized_model_fool_every_model() {
        let mnist = Published::for_dataset("mnist").unwrap();
        for model in ["normal", "advtrain", "doubleback"] {
            assert!(
                mnist.accuracy("fgsm", "doubleback", model, 0.4).unwrap() < 0.2,
                "{model}"
            );
        }
        assert!(mnist.accuracy("fgsm", "normal", "doubleback", 0.4).unwrap() > 0.6);
    }

    #[test]
    fn the_white_box_attack_is_the_strongest_on_the_normal_model() {
        let mnist = Published::for_dataset("mnist").unwrap();
        let on_normal = |crafted_on| mnist.accuracy("FGSM", crafted_on, "normal", 0.2).unwrap();
        assert!(on_normal("normal") < on_normal("advtrain"));
        assert!(on_normal("normal") < on_normal("doubleback"));
    }

    #[test]
    fn overlaps_are_of_the_same_three_models_and_size() {
        let mnist = Published::for_dataset("mnist").unwrap();
        let models = ["normal", "advtrain", "doubleback"];
        assert_eq!(
            mnist.overlap("fgsm", "normal", 0.4, models),
            Some([72, 1, 1, 70, 28, 0, 68])
        );
        assert_eq!(mnist.overlap("fgsm", "normal", 0.2, models), None);
        assert_eq!(
            mnist.overlap("fgsm", "normal", 0.4, ["doubleback", "advtrain", "normal"]),
            None
        );
    }

    #[test]
    fn norms_are_of_one_image_and_the_floor_is_zero() {
        let mnist = Published::for_dataset("mnist").unwrap();
        assert!((mnist.gradient_norm_median("tgsm", "normal").unwrap() - 24.0).abs() < 1e-9);
        assert_eq!(mnist.gradient_norm_median("fgsm", "distilled"), Some(0.0));
        assert_eq!(mnist.gradient_norm_median("fgsm", "both"), None);
    }
}
