//! Targeted attacks with every class as the target: how often they succeed, at what cost, and their pictures (Figures 5 and 11).
mod attack;
mod examples;
mod grid;
mod images;
mod measure;

use serde::{Deserialize, Serialize};

pub use attack::TargetedAttack;
pub use doubleback::data::Frame;
pub use grid::targeted_grid;
pub(crate) use grid::targeted_grid_of;
pub use measure::targeted;
pub(crate) use measure::{TargetedRun, TargetedTally};

/// What a targeted attack did to the first images of every class with every other class as the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetedSummary {
    /// `jsma` or `itgsm`.
    pub attack: String,
    /// The model whose gradients made the examples.
    pub model: String,
    /// JSMA's theta, or the length of a step, in the units of the data.
    pub step_size: f64,
    /// The most steps that there can be; for JSMA, the most pairs (or single values).
    pub steps: usize,
    /// Images attacked.
    pub images: usize,
    /// Images times targets: the examples made.
    pub pairs: usize,
    /// Share of the examples that the model takes for the target, in [0, 1].
    pub success: f64,
    /// Lower end of its 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Mean number of changed values an example.
    pub mean_changed: f64,
    /// Mean L2 length of the perturbations.
    pub mean_l2: f64,
    /// Success by true class and target, `[source][target]`; `None` on the diagonal, and for classes without an image. Empty where a sample of
    /// the pairs was attacked.
    pub by_class: Vec<Vec<Option<f64>>>,
    /// What the other models take the same examples for, in the order of the models.
    pub taken_for_target: Vec<TargetShare>,
    /// The sample of pairs of classes that was attacked in the place of all, where there are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<PairSample>,
}

/// A sample of the pairs of a true class and another class as the target, drawn without replacement by a fixed seed, the same for all models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairSample {
    /// Pairs of classes that were drawn; each is attacked with as many images as every pair would have been.
    pub drawn: usize,
    /// Pairs of classes that there are.
    pub of: usize,
    /// Data sets of at most so many classes are attacked with all pairs.
    pub all_up_to: usize,
}

/// Share of the examples crafted on one model that another takes for the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetShare {
    /// The model that classifies them.
    pub model: String,
    /// Share of the examples, in [0, 1].
    pub share: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Examples.
    pub count: usize,
}

/// One image of each class with every class as the target; of many classes, of a sample of them. On the diagonal stand the images themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetedGrid {
    /// `jsma` or `itgsm`.
    pub attack: String,
    /// The model that was attacked.
    pub model: String,
    /// Channels, height, width of every pixel array.
    pub shape: [usize; 3],
    /// The values that are drawn black and white, as in [`Pictures::bounds`](super::Pictures::bounds).
    pub bounds: [f32; 2],
    /// Row by row: by true class, then by target.
    pub cells: Vec<GridCell>,
}

/// One example of a grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridCell {
    /// Index of the image in the test set.
    pub index: usize,
    /// Its true class.
    pub source: usize,
    /// The class that the attack wanted; on the diagonal the true class, and the image is as it was.
    pub target: usize,
    /// The attacked model's class for the example.
    pub prediction: usize,
    /// Whether that is the target.
    pub success: bool,
    /// Changed values.
    pub changed: usize,
    /// Pixels in channel, row, column order.
    pub pixels: Vec<f32>,
    /// The image after every step; empty for attacks without steps to show, and on the diagonal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
}
