//! What one attack with a model's own gradients did to it.

use serde::{Deserialize, Serialize, Serializer};

use super::confusion::{ClassAccuracy, Confusion};
use super::distance::Distance;
use crate::attack::{AttackSpec, TargetClass};

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
    /// Places of these in the test part of the data set; none where they are all of it, or its first ones.
    #[serde(default)]
    pub index: Option<Vec<usize>>,
    /// The seed by which they were drawn, if they were.
    #[serde(default)]
    pub sample_seed: Option<u64>,
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
    /// How far the nearest examples are, of an attack that looks for these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<Distance>,
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
    /// Accuracy on the examples rounded to the 256 values of 8-bit pictures; none where the data has no such values.
    #[serde(default)]
    pub accuracy_8bit: Option<f64>,
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

impl WhiteBox {
    /// The epsilon with the lowest accuracy; of equal ones the first.
    pub fn least(&self) -> Option<&WhiteBoxAccuracy> {
        self.results.iter().min_by(|a, b| a.accuracy.total_cmp(&b.accuracy))
    }
}
