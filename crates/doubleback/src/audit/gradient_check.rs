//! Whether a model's input gradient says what its margin does.

use burn::tensor::{Tensor, TensorData};

use crate::Result;
use crate::nn::{Classifier, Loss, to_vec};

/// The margin of each image, its input gradient, and how far that is from the slope of the margin.
pub(super) struct Checked {
    /// Logits or gradient are not finite.
    pub not_finite: bool,
    /// The gradient is exactly zero.
    pub zero: bool,
    /// As [`Probe::slope_error`](super::Probe::slope_error).
    pub slope_error: Option<f32>,
}

/// Steps half a 255th of the range to either side along the sign of the gradient, within the bounds, and compares.
pub(super) fn check(model: &dyn Classifier, images: &Tensor<4>, labels: &[usize]) -> Result<Vec<Checked>> {
    let (logits, pullback) = model.logits_with_pullback(images.clone())?;
    let classes = logits.dims()[1];
    // How far the best other class is ahead, at the image; nearby the same two classes count.
    let direction = Loss::Margin.cotangent(&logits, labels, images)?;
    let (values, margins) = (to_vec(logits)?, to_vec(direction.clone())?);
    let gradient = to_vec(pullback.apply(direction)?)?;
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
        let found: f64 = rows
            .clone()
            .map(|k| f64::from(margins[k]) * (f64::from(up[k]) - f64::from(down[k])))
            .sum();
        // Below this the difference of logits in f32 says nothing.
        let scale = values[rows.clone()]
            .iter()
            .fold(0f32, |most, value| most.max(value.abs()));
        let tells = expected.is_finite() && expected > 1e-5 * f64::from(scale);
        Checked {
            not_finite,
            zero: g.iter().all(|&value| value == 0.0),
            slope_error: tells
                .then(|| ((found / expected) - 1.0).abs() as f32)
                .filter(|error| error.is_finite()),
        }
    };
    Ok((0..labels.len()).map(of_image).collect())
}
