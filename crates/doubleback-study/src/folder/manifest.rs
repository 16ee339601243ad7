//! What a study is made of, as `study.json` says it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The manifest of a study. It has the answers: participants never see any of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format: [`FORMAT`](Self::FORMAT).
    pub format: u32,
    /// What participants see as the study's name.
    pub title: String,
    /// Version of the program that made it.
    pub version: String,
    /// Where the images came from.
    pub data: Data,
    /// Labels to choose from, by class index.
    pub classes: Vec<String>,
    /// Seed of all that is drawn: candidates, orders.
    pub seed: u64,
    /// The models, whose order means nothing.
    pub models: Vec<Model>,
    /// The attack that made the candidates.
    pub attack: Attack,
    /// What the paper's protocol wants, and this study was asked for.
    pub protocol: Protocol,
    /// The images to choose from, each misclassified as its target by its model.
    pub candidates: Vec<Candidate>,
    /// Images to practise on: unchanged ones, which are in no cell.
    pub practice: Vec<Practice>,
    /// By model, for the qualitative part.
    pub confusion: Vec<Confusion>,
}

impl Manifest {
    /// The version of the format that this program writes.
    pub const FORMAT: u32 = 1;
}

/// Where a study's images came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// Name of the data set.
    pub dataset: String,
    /// What tells its test images from others.
    pub checksum: String,
    /// Rows, columns and channels (1 or 3) of the images.
    pub shape: [usize; 3],
}

/// What a model is in the study's comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Undefended: what the comparison starts from.
    Normal,
    /// Defensively distilled.
    Distilled,
    /// Trained with input gradient regularization.
    Regularized,
    /// Anything else.
    Other,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Distilled, Self::Regularized, Self::Other];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Distilled => "distilled",
            Self::Regularized => "regularized",
            Self::Other => "other",
        }
    }
}

/// A model whose adversarial examples are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its name in results; no page shows it.
    pub name: String,
    /// What it is in the comparison.
    pub role: Role,
    /// Its file, as it was given.
    pub file: String,
    /// Checksum of its architecture and weights.
    pub checksum: String,
    /// Share of the test images that it classifies rightly.
    pub clean_accuracy: f64,
    /// What its file says of its training.
    pub training: BTreeMap<String, String>,
}

/// The attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attack {
    /// Its name: `jsma`, `itgsm`, …
    pub name: String,
    /// All its options, defaults too.
    pub options: serde_json::Value,
    /// Its size, where it has one; candidates may have been made with a smaller one of these.
    pub eps: Vec<f64>,
}

/// How the images are chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// The first so many test images of each class are attacked (paper: 5).
    pub per_class: usize,
    /// By class and model, so many candidates are wanted (paper: 45, each image towards each other class).
    pub candidates: usize,
    /// Cells, of a class and a model, that have fewer.
    pub short: Vec<Short>,
}

/// A cell with fewer candidates than the protocol wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Short {
    /// Index of the model.
    pub model: usize,
    /// The original class.
    pub original: usize,
    /// Candidates that there are.
    pub found: usize,
}

/// An image that a participant may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// File in the folder's `images/`: a PNG of eight bits a channel.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Index of the model that it fools.
    pub model: usize,
    /// Index of the original among the test images.
    pub index: usize,
    /// True class of the original.
    pub original: usize,
    /// Class that the attack aimed at, and the model says.
    pub target: usize,
}

/// An unchanged test image to practise on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Practice {
    /// File in the folder's `images/`.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Index among the test images.
    pub index: usize,
    /// Its true class.
    pub label: usize,
}

/// How a model's predictions under attack relate to the true classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// Index of the model.
    pub model: usize,
    /// What was done to the images, in words for participants that name no model.
    pub title: String,
    /// By true class and predicted class, how many images.
    pub counts: Vec<Vec<u64>>,
}
