use serde::{Deserialize, Serialize};

use super::explained::Explained;
use crate::data::ImageShape;
use crate::{Error, Result};

/// Deviations of a Gaussian after which it is cut off.
const CUT: f64 = 3.0;

/// What stands where there is nothing of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// The least value of the model's bounds. (Other programs take 0 after standardization, which is the mean, or the image's own minimum.)
    #[default]
    Black,
    /// The mean of each channel of the image.
    Mean,
    /// The image, blurred by a Gaussian of this metric's `blur`.
    Blur,
}

impl Fill {
    /// The image with nothing of itself left.
    pub(super) fn of(self, explained: &Explained<'_>, image: usize, blur: f64) -> Vec<f32> {
        let (pixels, shape) = (explained.pixels(image), explained.shape());
        match self {
            Fill::Black => vec![explained.model().bounds().low; pixels.len()],
            Fill::Mean => {
                let channel = |values: &[f32]| {
                    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
                    vec![mean as f32; values.len()]
                };
                let channels = pixels.chunks_exact((shape.height * shape.width).max(1));
                channels.flat_map(channel).collect()
            }
            Fill::Blur => blurred(pixels, shape, blur),
        }
    }
}

/// Refuses deviations of a blur that there is no blur of.
pub(super) fn check_blur(blur: f64) -> Result<()> {
    match blur.is_finite() && blur > 0.0 {
        true => Ok(()),
        false => Err(Error::value("blur", "a number of pixels above 0", blur)),
    }
}

/// Each channel blurred by a Gaussian of so many pixels' deviation, along rows and columns. What it would see beyond the image is left out, and the rest counts
/// for all: a constant image stays as it is.
fn blurred(pixels: &[f32], shape: ImageShape, deviation: f64) -> Vec<f32> {
    let weight = |distance: usize| (-0.5 * (distance as f64 / deviation).powi(2)).exp();
    let reach = (CUT * deviation).ceil() as usize;
    let along = |values: &[f64], size: usize, place: &dyn Fn(usize) -> usize| -> Vec<f64> {
        let at = |center: usize| {
            let seen = center.saturating_sub(reach)..(center + reach + 1).min(size);
            let (mut sum, mut weights) = (0.0, 0.0);
            for other in seen {
                let weight = weight(other.abs_diff(center));
                sum += weight * values[place(other)];
                weights += weight;
            }
            sum / weights
        };
        (0..size).map(at).collect()
    };
    let (height, width) = (shape.height, shape.width);
    let mut out = Vec::with_capacity(pixels.len());
    for channel in pixels.chunks_exact((height * width).max(1)) {
        let mut values: Vec<f64> = channel.iter().map(|&value| f64::from(value)).collect();
        for row in 0..height {
            let blurred = along(&values, width, &|column| row * width + column);
            values[row * width..][..width].copy_from_slice(&blurred);
        }
        for column in 0..width {
            let blurred = along(&values, height, &|row| row * width + column);
            for (row, value) in blurred.into_iter().enumerate() {
                values[row * width + column] = value;
            }
        }
        out.extend(values.into_iter().map(|value| value as f32));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 3,
    };

    #[test]
    fn a_blur_weighs_by_distance() {
        let [near, far] = [1.0f64, 4.0].map(|square| (-0.5 * square).exp());
        let found = blurred(&[1.0, 0.0, 0.0], ROW, 1.0);
        let expected = [
            1.0 / (1.0 + near + far),
            near / (1.0 + 2.0 * near),
            far / (1.0 + near + far),
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-7, "{found} {expected}");
        }
        assert_eq!(blurred(&[0.5; 3], ROW, 2.0), [0.5; 3]);
    }
}
