//! Whether a model's input gradient says what its margin does.

use burn::tensor::{Tensor, TensorData};

use crate::Result;
use crate::nn::{Classifier, to_vec};

/// The margin of each image, its input gradient, and how far that is from the slope of the margin.
pub(super) struct Checked {
    /// Logits or gradient are not finite.
    pub not_finite: bool,
    /// The gradient is exactly zero.
    pub zero: bool,
    /// As [`Probe::slope_error`](super::Probe::slope_error).
    pub slope_error: Option<f32>,
}

/// The greatest logit but that of the class.
pub(super) fn best_other(logits: &[f32], class: usize) -> Option<usize> {
    let others = (0..logits.len()).filter(|&k| k != class);
    others.reduce(|best, k| if logits[k] > logits[best] { k } else { best })
}

/// Logit of the class less the greatest other one.
pub(super) fn margin(logits: &[f32], class: usize) -> Option<f32> {
    Some(logits.get(class)? - logits[best_other(logits, class)?])
}

/// Steps half a 255th of the range to either side along the sign of the gradient, within the bounds, and compares.
pub(super) fn check(model: &dyn Classifier, images: &Tensor<4>, labels: &[usize]) -> Result<Vec<Checked>> {
    let (logits, pullback) = model.logits_with_pullback(images.clone())?;
    let (dims, device, dtype) = (logits.dims(), logits.device(), logits.dtype());
    let classes = dims[1];
    let values = to_vec(logits)?;
    let mut cotangent = vec![0f32; values.len()];
    let pairs: Vec<Option<(usize, usize)>> = values
        .chunks_exact(classes)
        .zip(labels)
        .map(|(logits, &label)| best_other(logits, label).map(|other| (label, other)))
        .collect();
    for (row, pair) in cotangent.chunks_exact_mut(classes).zip(&pairs) {
        if let Some((label, other)) = pair {
            (row[*label], row[*other]) = (1.0, -1.0);
        }
    }
    let cotangent = Tensor::from_data(TensorData::new(cotangent, dims), (&device, dtype));
    let gradient = to_vec(pullback.apply(cotangent)?)?;
    drop(pullback);
    let bounds = model.bounds();
    let step = (bounds.high - bounds.low) / 510.0;
    let pixels = to_vec(images.clone())?;
    let moved = |sign: f32| -> Vec<f32> {
        let pairs = pixels.iter().zip(&gradient);
        pairs
            .map(|(&x, &g)| {
                let direction = if g == 0.0 { 0.0 } else { g.signum() };
                // A value beyond the bounds has room up to where it is.
                (x + sign * step * direction).clamp(bounds.low.min(x), bounds.high.max(x))
            })
            .collect()
    };
    let (ahead, behind) = (moved(1.0), moved(-1.0));
    let ask = |pixels: Vec<f32>| -> Result<Vec<f32>> {
        let data = TensorData::new(pixels, images.dims());
        to_vec(model.logits(Tensor::from_data(data, (&images.device(), images.dtype())))?)
    };
    let (up, down) = (ask(ahead.clone())?, ask(behind.clone())?);
    let length = model.shape().len().max(1);
    let of_image = |image: usize| {
        let rows = image * classes..(image + 1) * classes;
        let places = image * length..(image + 1) * length;
        let g = &gradient[places.clone()];
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        let not_finite = !finite(&values[rows.clone()]) || !finite(g);
        let expected: f64 = places
            .map(|i| f64::from(gradient[i]) * f64::from(ahead[i] - behind[i]))
            .sum();
        let found = pairs[image].map(|(label, other)| {
            let margin = |logits: &[f32]| f64::from(logits[label]) - f64::from(logits[other]);
            margin(&up[rows.clone()]) - margin(&down[rows.clone()])
        });
        // Below this the difference of logits in f32 says nothing.
        let scale = values[rows.clone()]
            .iter()
            .fold(0f32, |most, value| most.max(value.abs()));
        let tells = expected.is_finite() && expected > 1e-5 * f64::from(scale);
        Checked {
            not_finite,
            zero: g.iter().all(|&value| value == 0.0),
            slope_error: found
                .filter(|_| tells)
                .map(|found| ((found / expected) - 1.0).abs() as f32)
                .filter(|error| error.is_finite()),
        }
    };
    Ok((0..labels.len()).map(of_image).collect())
}
