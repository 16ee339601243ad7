//! Distributions over images of input gradient norms and log-probabilities (Figure 4).

use burn::tensor::activation::log_softmax;
use serde::{Deserialize, Serialize};

use super::measurements::{Distribution, GradientDistribution, LogProbabilities, Smoothness};
use super::{Named, TestSet};
use crate::Result;
use crate::nn::{Checked, Loss, to_vec};
use crate::statistics::wilson;

/// Figure 4 for one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Norms of the gradients that FGSM and TGSM use.
    pub gradients: Vec<GradientDistribution>,
    /// Log-probabilities of all images and classes.
    pub log_probabilities: LogProbabilities,
    /// By image: roughness of the gradient that TGSM uses, `None` where it is zero.
    pub roughness: Vec<Option<f64>>,
}

/// Measures a model on a test set.
///
/// # Errors
/// When the images do not fit the model, or its logits or gradients are not finite.
pub fn statistics(named: Named<'_>, test: &TestSet<'_>) -> Result<Statistics> {
    let Named { name, model } = named;
    let mut norms = [Vec::new(), Vec::new()];
    let mut roughnesses: [Vec<Option<f64>>; 2] = Default::default();
    let mut negative_log = Vec::new();
    let checked = Checked::new(model);
    for (images, labels, range) in test.batches() {
        let next: Vec<usize> = labels.iter().map(|&label| (label + 1) % model.classes()).collect();
        for (index, labels) in [labels, next].into_iter().enumerate() {
            let (gradient, logits) = Loss::CrossEntropy.input_gradient(&checked, &images, &labels)?;
            for image in to_vec(gradient)?.chunks_exact(model.shape().len()) {
                norms[index].push(image.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt());
                roughnesses[index].push(roughness(image, model.shape().height, model.shape().width));
            }
            if index == 0 {
                negative_log.extend(to_vec(log_softmax(logits, 1))?.into_iter().map(|v| -f64::from(v)));
            }
        }
        let verdict = checked.verdict(&images);
        verdict.map_err(|error| error.of_model(name, |row| test.index(range.start + row)))?;
    }
    let gradients = ["fgsm", "tgsm"]
        .into_iter()
        .zip(norms.iter().zip(&roughnesses))
        .map(|(loss, (norms, roughnesses))| {
            let mut sorted: Vec<f64> = roughnesses.iter().copied().flatten().collect();
            sorted.sort_by(f64::total_cmp);
            GradientDistribution {
                model: name.into(),
                loss: loss.into(),
                norm: Distribution::of(norms),
                roughness: sorted.get(sorted.len() / 2).copied(),
            }
        })
        .collect();
    let log_probabilities = LogProbabilities {
        model: name.into(),
        negative_log: Distribution::of(&negative_log),
    };
    let [_, roughness] = roughnesses;
    Ok(Statistics {
        gradients,
        log_probabilities,
        roughness,
    })
}

/// On how many images the gradient of `model` is smoother than that of `normal`.
pub fn smoothness(model: &str, roughness: &[Option<f64>], normal: &[Option<f64>]) -> Smoothness {
    let pairs: Vec<(f64, f64)> = roughness.iter().zip(normal).filter_map(|(a, b)| a.zip(*b)).collect();
    let smoother = pairs.iter().filter(|(a, b)| a < b).count();
    let (low, high) = wilson(smoother, pairs.len());
    let share = smoother as f64 / pairs.len().max(1) as f64;
    Smoothness {
        model: model.into(),
        smoother: share,
        low,
        high,
        count: pairs.len(),
    }
}

/// Mean absolute difference of neighboring pixels over mean absolute value, planes of `height` by `width` one after the other;
/// `None` if all are zero. Gaussian noise has √2, a constant 0.
fn roughness(planes: &[f32], height: usize, width: usize) -> Option<f64> {
    let (mut differences, mut pairs) = (0.0, 0usize);
    for plane in planes.chunks_exact(height * width) {
        for y in 0..height {
            for x in 0..width {
                let value = f64::from(plane[y * width + x]);
                if x + 1 < width {
                    differences += (f64::from(plane[y * width + x + 1]) - value).abs();
                    pairs += 1;
                }
                if y + 1 < height {
                    differences += (f64::from(plane[(y + 1) * width + x]) - value).abs();
                    pairs += 1;
                }
            }
        }
    }
    let size = planes.iter().map(|&v| f64::from(v).abs()).sum::<f64>() / planes.len() as f64;
    (size > 0.0 && pairs > 0).then(|| differences / pairs as f64 / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roughness_of_known_pictures() {
        assert_eq!(roughness(&[0.0; 16], 4, 4), None);
        assert_eq!(roughness(&[3.0; 16], 4, 4), Some(0.0));
        let checks: Vec<f32> = (0..16)
            .map(|i| if (i / 4 + i % 4) % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        assert_eq!(roughness(&checks, 4, 4), Some(2.0));
    }
}
