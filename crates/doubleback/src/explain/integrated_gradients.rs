use burn::tensor::Tensor;

use super::variants::Variants;
use super::{Attribution, Baseline, Explainer, Gradient, InternalBatch, Quadrature};
use crate::Result;
use crate::nn::{Classifier, to_vec};

/// Integrated gradients (Sundararajan, Taly & Yan 2017, eq. 1): the difference between image and baseline times the mean gradient of the target's logit on the
/// straight path between them. The values sum to the difference of the logit, but for what the sum of few points misses of the integral: the
/// [`gap`](Attribution::gap), which is returned.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::{Explainer, IntegratedGradients};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 1 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 1, |x: Tensor<4>| x.reshape([-1, 1]).powi_scalar(3));
/// let image = Tensor::<4>::ones([1, 1, 1, 1], &Device::flex());
/// let found = IntegratedGradients::default().explain(&model, &image, &[0])?;
/// let value = found.values.into_data().try_to_vec::<f32>().unwrap()[0];
/// assert!((value - 1.0).abs() < 1e-6);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct IntegratedGradients {
    /// Which points of the path are taken.
    pub rule: Quadrature,
    /// How many.
    pub steps: usize,
    /// Where the path begins; from several, the mean of the attributions.
    pub baseline: Baseline,
    /// Points of paths at once.
    pub internal_batch: InternalBatch,
}

impl Default for IntegratedGradients {
    /// 50 Gauss-Legendre points from zero, as Captum has it.
    fn default() -> Self {
        Self {
            rule: Quadrature::GaussLegendre,
            steps: 50,
            baseline: Baseline::Zero,
            internal_batch: InternalBatch::AUTO,
        }
    }
}

impl Explainer for IntegratedGradients {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let points = self.rule.points(self.steps)?;
        let variants = Variants::of(model, images, targets, self.internal_batch)?;
        let baselines = self.baseline.of(model, variants.values())?;
        let (steps, count, length) = (self.steps, baselines.count(), variants.length());

        let mut values = vec![0f64; variants.values().len()];
        // The gradients of one path, summed up.
        let mut path = vec![0f64; length];
        let on_path = |image: usize, number: usize, point: &mut [f32]| {
            let start = baselines.of(image, number / steps);
            let share = points[number % steps][0] as f32;
            for ((point, &end), &start) in point.iter_mut().zip(variants.image(image)).zip(start) {
                *point = start + share * (end - start);
            }
        };
        let gradients =
            |points: &Tensor<4>, targets: &[usize]| to_vec(Gradient.explain(model, points, targets)?.values);
        variants.each(count * steps, on_path, gradients, |image, number, gradient| {
            let weight = points[number % steps][1];
            if number % steps == 0 {
                path.fill(0.0);
            }
            path.iter_mut()
                .zip(gradient)
                .for_each(|(sum, &value)| *sum += weight * f64::from(value));
            if number % steps == steps - 1 {
                let (start, end) = (baselines.of(image, number / steps), variants.image(image));
                let values = &mut values[image * length..][..length];
                for (((value, sum), &start), &end) in values.iter_mut().zip(&path).zip(start).zip(end) {
                    *value += sum * (f64::from(end) - f64::from(start)) / count as f64;
                }
            }
        })?;

        // What the values should sum to: the logit of the image less that of the baselines.
        let mut difference = vec![0f64; targets.len()];
        let ends = |image: usize, number: usize, end: &mut [f32]| {
            end.copy_from_slice(match number {
                0 => variants.image(image),
                number => baselines.of(image, number - 1),
            });
        };
        let logits = |ends: &Tensor<4>, _: &[usize]| to_vec(model.logits(ends.clone())?);
        variants.each(count + 1, ends, logits, |image, number, logits| {
            let share = if number == 0 { 1.0 } else { -1.0 / count as f64 };
            difference[image] += share * f64::from(logits[targets[image]]);
        })?;
        let sums = values.chunks_exact(length).map(|values| values.iter().sum::<f64>());
        let gap = sums
            .zip(&difference)
            .map(|(sum, difference)| sum - difference)
            .collect();
        Ok(Attribution {
            values: variants.tensor(values.into_iter().map(|value| value as f32).collect()),
            gap: Some(gap),
        })
    }
}
