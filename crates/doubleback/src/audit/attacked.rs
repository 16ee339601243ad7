//! One attack of an audit on some images.

use std::time::Instant;

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::gradient_check::margin;
use super::record::{Record, Trial};
use crate::attack::{Adversarial, Attack, Norm};
use crate::evaluate::{EightBit, Named};
use crate::nn::to_vec;
use crate::{Error, Result};

/// Rounding in f32 may make a perturbation longer than eps by this share.
const ROUNDING: f64 = 1e-5;
/// Examples of a batch that are kept to be shown, of those broken and of those that stand.
const SHOWN: usize = 4;

/// What came of a batch under one attack.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Attacked {
    /// Places of the images in the whole audit.
    pub places: Vec<usize>,
    pub outcomes: Vec<Outcome>,
    pub shown: Vec<Shown>,
    pub seconds: f64,
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
    (name, attack): (&str, &Attack),
    (images, labels, index): (&Tensor<4>, &[usize], &[usize]),
    (norm, eps): (Norm, f64),
    eight_bit: Option<EightBit>,
) -> Result<(Vec<Outcome>, Vec<Shown>, f64)> {
    let begun = Instant::now();
    let found = match attacked.attack(attack, images, labels, &[eps], |row| index[row]) {
        Err(Error::NotFinite(_)) => None,
        found => Some(found?),
    };
    let seconds = begun.elapsed().as_secs_f64();
    let Some((found, example)) = found.as_ref().and_then(|found| Some((found, found.by_eps.first()?))) else {
        let failed = Outcome {
            trial: Trial {
                not_finite: true,
                ..Trial::default()
            },
            ..Outcome::default()
        };
        return Ok((vec![failed; labels.len()], Vec::new(), seconds));
    };
    let again = again(model, example, labels)?;
    let rounded = eight_bit.map(|grid| rounded(model, example, grid)).transpose()?;
    let lengths = match norm {
        Norm::Linf => &example.linf,
        Norm::L2 => &example.l2,
    };
    let outcomes: Vec<Outcome> = (0..labels.len())
        .map(|row| Outcome {
            // Nothing that leaves the ball counts, whatever made it.
            broken: example.success[row] && f64::from(lengths[row]) <= eps * (1.0 + ROUNDING),
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
        .collect();
    let shown = shown(model, name, example, &outcomes, index)?;
    Ok((outcomes, shown, seconds))
}

/// What the model says of the examples in the opposite order, with the margin.
fn again(model: Named<'_>, example: &Adversarial, labels: &[usize]) -> Result<Vec<(usize, f32)>> {
    let backwards = example.images.clone().flip([0]);
    let logits = to_vec(model.model.logits(backwards)?)?;
    let rows = logits.chunks_exact(model.model.classes()).rev().zip(labels);
    let of = |(logits, &label): (&[f32], &usize)| {
        let top = (0..logits.len()).reduce(|best, k| if logits[k] > logits[best] { k } else { best });
        (top.unwrap_or_default(), margin(logits, label).unwrap_or_default())
    };
    Ok(rows.map(of).collect())
}

/// What it says of the examples in 8 bits.
fn rounded(model: Named<'_>, example: &Adversarial, grid: EightBit) -> Result<Vec<usize>> {
    let exact = to_vec(example.images.clone())?;
    let pixels = grid.pixels(&grid.bytes(&exact));
    let data = TensorData::new(pixels, example.images.dims());
    let images = Tensor::from_data(data, (&example.images.device(), example.images.dtype()));
    model.predict(&images, |row| row)
}

/// Those broken with the shortest perturbations, and those standing with the least margins.
fn shown(
    model: Named<'_>,
    name: &str,
    example: &Adversarial,
    outcomes: &[Outcome],
    index: &[usize],
) -> Result<Vec<Shown>> {
    let pixels = to_vec(example.images.clone())?;
    let length = model.model.shape().len();
    let bounds = model.model.bounds();
    let bytes = |row: usize| {
        let pixels = &pixels[row * length..(row + 1) * length];
        let range = bounds.high - bounds.low;
        pixels
            .iter()
            .map(|v| ((v - bounds.low) / range * 255.0).round() as u8)
            .collect()
    };
    let mut shown = Vec::new();
    for broken in [true, false] {
        let mut rows: Vec<usize> = (0..outcomes.len())
            .filter(|&row| outcomes[row].broken == broken)
            .collect();
        let key = |row: &usize| match broken {
            true => outcomes[*row].l2,
            false => outcomes[*row].margin,
        };
        rows.sort_by(|a, b| key(a).unwrap_or_default().total_cmp(&key(b).unwrap_or_default()));
        shown.extend(rows.into_iter().take(SHOWN).map(|row| Shown {
            index: index[row],
            attack: name.to_owned(),
            bytes: bytes(row),
        }));
    }
    Ok(shown)
}
