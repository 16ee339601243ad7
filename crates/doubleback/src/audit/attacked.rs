//! One attack of an audit on some images.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::record::{Record, Trial};
use crate::attack::{Adversarial, Attack, Norm};
use crate::evaluate::{EightBit, Named};
use crate::nn::{Loss, predictions, to_vec};
use crate::{Error, Result};

/// What came of a batch under one attack.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Attacked {
    /// Places of the images in the whole audit.
    pub places: Vec<usize>,
    pub outcomes: Vec<Outcome>,
    pub seconds: f64,
    /// Of the machine's processors, where they count them.
    #[serde(default)]
    pub joules: Option<f64>,
}

/// What came of an image.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub broken: bool,
    pub trial: Trial,
    pub prediction: Option<usize>,
    pub prediction_8bit: Option<usize>,
    pub again: Option<usize>,
    pub margin: Option<f32>,
    pub linf: Option<f32>,
    pub l2: Option<f32>,
}

/// An example that a report shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Place of the image in the test part.
    pub index: usize,
    /// The attack that made it.
    pub attack: String,
    /// Its pixels, from 0 for the least to 255 for the greatest, `[channels, height, width]`.
    pub bytes: Vec<u8>,
}

impl Outcome {
    /// Of an image at which the attack could do nothing, since logits or gradients are not finite.
    pub fn not_finite() -> Self {
        Self {
            trial: Trial {
                not_finite: true,
                ..Trial::default()
            },
            ..Self::default()
        }
    }

    /// Writes it down.
    pub fn into_record(self, attack: &str, record: &mut Record) {
        if self.broken {
            record.broken_by = Some(attack.to_owned());
        }
        record.trials.push(self.trial);
        if self.prediction.is_some() {
            record.prediction = self.prediction;
            record.prediction_8bit = self.prediction_8bit;
            record.prediction_again = self.again;
            (record.margin, record.linf, record.l2) = (self.margin, self.linf, self.l2);
        }
    }
}

/// Attacks images of these labels, which are at `index` in the test part. `model` is what is asked about the examples, `attacked` what the attack sees of it.
pub(super) fn attack(
    (attacked, model): (Named<'_>, Named<'_>),
    attack: &Attack,
    (images, labels, index): (&Tensor<4>, &[usize], &[usize]),
    (norm, eps): (Norm, f64),
    eight_bit: Option<EightBit>,
) -> Result<Vec<Outcome>> {
    let found = attacked.attack(attack, images, labels, &[eps], |row| index[row])?;
    let Some(example) = found.by_eps.first() else {
        return Err(Error::shape("examples by eps", 1, 0));
    };
    let again = again(model, example, labels)?;
    let rounded = eight_bit.map(|grid| rounded(model, example, grid)).transpose()?;
    let lengths = match norm {
        Norm::Linf => &example.linf,
        Norm::L2 => &example.l2,
    };
    Ok((0..labels.len())
        .map(|row| Outcome {
            // Nothing that leaves the ball counts, whatever made it.
            broken: example.success[row] && Norm::holds(lengths[row], eps),
            trial: Trial {
                gradients: example.cost.gradients[row],
                forwards: example.cost.forwards[row],
                zero_gradient: found.zero_gradient[row],
                not_finite: false,
                distance: found.distance.get(row).copied().flatten(),
            },
            prediction: Some(example.predictions[row]),
            prediction_8bit: rounded.as_ref().map(|rounded| rounded[row]),
            again: Some(again[row].0),
            margin: Some(again[row].1),
            linf: Some(example.linf[row]),
            l2: Some(example.l2[row]),
        })
        .collect())
}

/// What the model says of the examples in the opposite order, with the margin.
fn again(model: Named<'_>, example: &Adversarial, labels: &[usize]) -> Result<Vec<(usize, f32)>> {
    let logits = model.model.logits(example.images.clone().flip([0]))?.flip([0]);
    let found = predictions(&logits)?
        .into_iter()
        .zip(Loss::Margin.values(&logits, labels)?);
    Ok(found.map(|(class, ahead)| (class, -ahead as f32)).collect())
}

/// What it says of the examples in 8 bits.
fn rounded(model: Named<'_>, example: &Adversarial, grid: EightBit) -> Result<Vec<usize>> {
    let exact = to_vec(example.images.clone())?;
    let pixels = grid.pixels(&grid.bytes(&exact));
    let data = TensorData::new(pixels, example.images.dims());
    let images = Tensor::from_data(data, (&example.images.device(), example.images.dtype()));
    model.predict(&images, |row| row)
}

/// Makes the examples of some images again, as bytes: nothing depends on what else is in a batch, so that they are those of the audit.
pub(super) fn shown(
    model: Named<'_>,
    (name, attack): (&str, &Attack),
    (images, labels, index): (&Tensor<4>, &[usize], &[usize]),
    eps: f64,
) -> Result<Vec<Shown>> {
    let found = match model.attack(attack, images, labels, &[eps], |row| index[row]) {
        Err(Error::NotFinite(_)) => return Ok(Vec::new()),
        found => found?,
    };
    let Some(example) = found.by_eps.first() else {
        return Ok(Vec::new());
    };
    let (pixels, bounds) = (to_vec(example.images.clone())?, model.model.bounds());
    let range = bounds.high - bounds.low;
    let bytes = |pixels: &[f32]| {
        pixels
            .iter()
            .map(|v| ((v - bounds.low) / range * 255.0).round() as u8)
            .collect()
    };
    let of_images = pixels.chunks_exact(model.model.shape().len().max(1)).zip(index);
    Ok(of_images
        .map(|(pixels, &index)| Shown {
            index,
            attack: name.to_owned(),
            bytes: bytes(pixels),
        })
        .collect())
}
