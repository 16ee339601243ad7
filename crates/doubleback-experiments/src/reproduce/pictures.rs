//! The images of a report: originals, adversarial versions and saliency maps.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::targeted::TargetedGrid;
use crate::class_sample::shown;
use doubleback::attack::Attack;
use doubleback::batch::tensor_of;
use doubleback::data::{Bounds, ImageShape};
use doubleback::evaluate::{Named, TestSet};
use doubleback::nn::{Classifier, predictions, to_vec};
use doubleback::write::write_atomically;
use doubleback::{Error, Result};

/// Images of a run, with their adversarial versions and saliency maps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pictures {
    /// Channels, height, width of every pixel array.
    pub shape: [usize; 3],
    /// The values that are drawn black and white: the range of the unperturbed images that are shown, a tenth wider, within the data's
    /// bounds, which can be far apart for the sake of a few images.
    pub bounds: [f32; 2],
    /// The images, one or more of each class.
    pub images: Vec<Picture>,
    /// Input gradients of models with different penalty weights (Figure 9, left); empty if there is no grid of weights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lambda_gradients: Vec<LambdaGradient>,
    /// One image of each class with every class as the target, by attack and model (Figures 5 and 11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grids: Vec<TargetedGrid>,
}

impl Pictures {
    /// Name of their file in the folder of a run: JSON, compressed with gzip.
    pub const FILE: &str = "pictures.json.gz";

    /// Writes [`FILE`](Self::FILE) into the folder of a run, whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be written to, or the disk is full.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(Self::FILE);
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        serde_json::to_writer(&mut packed, self)
            .map_err(|e| Error::file(&path, format!("cannot be written as JSON: {e}")))?;
        let bytes = packed.finish().map_err(Error::io(&path, "compressing"))?;
        write_atomically(&path, &bytes)
    }

    /// Reads [`FILE`](Self::FILE) from the folder of a run.
    ///
    /// # Errors
    /// When there is no such file, or it is damaged.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(Self::FILE);
        let file = File::open(&path).map_err(Error::io(&path, "opening"))?;
        let unpacked = BufReader::new(GzDecoder::new(BufReader::new(file)));
        serde_json::from_reader(unpacked).map_err(|e| Error::file(&path, format!("is damaged: {e}")))
    }
}

/// A test image and what was made from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Index in the test set.
    pub index: usize,
    /// True class.
    pub label: usize,
    /// Pixels in channel, row, column order.
    pub pixels: Vec<f32>,
    /// Each model's prediction for the unperturbed image.
    pub predictions: BTreeMap<String, Prediction>,
    /// Adversarial versions.
    pub perturbed: Vec<Perturbed>,
    /// Saliency maps, one a model.
    pub saliency: Vec<Saliency>,
}

/// A class and its probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Most probable class.
    pub class: usize,
    /// Its probability, in [0, 1].
    pub probability: f32,
}

/// An adversarial version of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Perturbed {
    /// `fgsm` or `tgsm`.
    pub attack: String,
    /// The model whose gradients made it.
    pub crafted_on: String,
    /// Perturbation size.
    pub eps: f64,
    /// Pixels in channel, row, column order.
    pub pixels: Vec<f32>,
    /// Each model's prediction.
    pub predictions: BTreeMap<String, Prediction>,
}

/// Signed input gradient of the score function Σ_k log p_k (Figure 6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saliency {
    /// Model.
    pub model: String,
    /// One signed value a pixel, not scaled.
    pub values: Vec<f32>,
}

/// Input gradients of one model of a grid of penalty weights, of the first images of [`Pictures::images`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LambdaGradient {
    /// Name of the defense.
    pub defense: String,
    /// Weight of the penalty per example; 0 for the normal model.
    pub lambda: f64,
    /// Signed gradients of the score function Σ_k log p_k, one an image, not scaled.
    pub gradients: Vec<Vec<f32>>,
}

/// Draws one image of each class (the first in the test set) with its perturbed versions and saliency maps; of more than
/// [`ALL_PAIRS_UP_TO`](crate::ALL_PAIRS_UP_TO) classes, one image of each of so many, drawn by a fixed seed.
///
/// # Errors
/// When the images do not fit a model.
pub fn draw(models: &[Named<'_>], test: &TestSet<'_>, attacks: &[(&Attack, f64)]) -> Result<Pictures> {
    let classes = models.first().map_or(0, |named| named.model.classes());
    let bounds = models.first().map_or(Bounds::UNIT, |named| named.model.bounds());
    let labels = test.split.labels();
    let mut first = vec![None; classes];
    for (place, &label) in labels.iter().enumerate() {
        if let Some(first) = first.get_mut(label as usize) {
            first.get_or_insert(place);
        }
    }
    let with_image: Vec<usize> = (0..classes).filter(|&class| first[class].is_some()).collect();
    let chosen: Vec<usize> = shown(&with_image)
        .into_iter()
        .filter_map(|class| first[class])
        .collect();
    let mut images = Vec::new();
    for &index in &chosen {
        let label = labels[index] as usize;
        let image = tensor_of(test.split, test.shape, index..index + 1, test.device);
        let mut perturbed = Vec::new();
        for &(attack, eps) in attacks {
            for named in models {
                let attacked = named.attack(attack, &image, &[label], &[eps], |_| index)?;
                let example = &attacked.by_eps[0].images;
                perturbed.push(Perturbed {
                    attack: attack.name().into(),
                    crafted_on: named.name.into(),
                    eps,
                    pixels: to_vec(example.clone())?,
                    predictions: predict(models, example)?,
                });
            }
        }
        let saliency = models
            .iter()
            .map(|named| {
                Ok(Saliency {
                    model: named.name.into(),
                    values: to_vec(score_gradient(named.model, &image)?)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        images.push(Picture {
            index,
            label,
            pixels: test.split.image(index),
            predictions: predict(models, &image)?,
            perturbed,
            saliency,
        });
    }
    let ImageShape {
        channels,
        height,
        width,
    } = test.shape;
    Ok(Pictures {
        shape: [channels, height, width],
        bounds: shown_range(test, &chosen, bounds),
        images,
        lambda_gradients: Vec::new(),
        grids: Vec::new(),
    })
}

/// [`Pictures::bounds`] of these images.
pub(super) fn shown_range(test: &TestSet<'_>, indices: &[usize], bounds: Bounds) -> [f32; 2] {
    let pixels = || indices.iter().flat_map(|&index| test.split.image(index));
    let (low, high) = (
        pixels().fold(f32::INFINITY, f32::min),
        pixels().fold(f32::NEG_INFINITY, f32::max),
    );
    if low >= high {
        return [bounds.low, bounds.high];
    }
    let margin = (high - low) / 10.0;
    [(low - margin).max(bounds.low), (high + margin).min(bounds.high)]
}

/// Each model's most probable class of one image.
fn predict(models: &[Named<'_>], image: &Tensor<4>) -> Result<BTreeMap<String, Prediction>> {
    models
        .iter()
        .map(|named| {
            let logits = named.model.logits(image.clone())?;
            let class = predictions(&logits)?[0];
            let probability = to_vec(softmax(logits, 1))?[class];
            Ok((named.name.to_owned(), Prediction { class, probability }))
        })
        .collect()
}

/// ∇x Σ_k log p_k, whose cotangent of the logits is 1 - K p: the paper's saliency.
///
/// # Errors
/// When the images do not fit the model.
pub fn score_gradient(model: &dyn Classifier, image: &Tensor<4>) -> Result<Tensor<4>> {
    let (logits, pullback) = model.logits_with_pullback(image.clone())?;
    let classes = model.classes() as f64;
    pullback.apply(softmax(logits, 1) * -classes + 1.0)
}
