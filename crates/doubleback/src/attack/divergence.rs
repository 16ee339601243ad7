use burn::tensor::activation::softmax;
use burn::tensor::{Tensor, TensorData};

use super::{Norm, Room};
use crate::nn::{Classifier, to_vec};
use crate::random::Stream;
use crate::{Error, Result};

/// The inner maximization of TRADES (Zhang et al. 2019, eq. 5): steps up the gradient of `KL(p(x) ‖ p(x'))` by `x'`, from near the images, each
/// projected on the ball of radius eps around them and on the data's bounds. The probabilities `p(x)` of the images are held.
///
/// The gradient is zero at the images themselves, so it starts at `x + 0.001 · N(0, 1)`, in units of the data's range. The noise depends on the seed
/// and the image alone, not on the batch that it is in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DivergenceAscent {
    pub norm: Norm,
    pub eps: f64,
    /// Gradients to follow, at least 1.
    pub steps: usize,
    pub seed: u64,
}

/// Deviation of the noise, as a share of the data's range.
const NOISE: f64 = 1e-3;

impl DivergenceAscent {
    /// The images of the last step, shaped as `images`.
    ///
    /// # Errors
    /// When the images do not fit the model or are not finite, or there are no steps.
    pub fn perturb(self, model: &dyn Classifier, images: &Tensor<4>) -> Result<Tensor<4>> {
        self.climb(model, images, |_| ())
    }

    /// Shows `visit` the images at the start and after every step.
    fn climb(self, model: &dyn Classifier, images: &Tensor<4>, mut visit: impl FnMut(&Tensor<4>)) -> Result<Tensor<4>> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        let held = softmax(model.logits(images.clone())?, 1);
        let classes = held.dims()[1];
        let cotangents = |logits: &Tensor<2>, places: std::ops::Range<usize>| {
            let held = held.clone().slice([places, 0..classes]);
            Ok(divergence_cotangent(logits, held))
        };
        let room = Room::of(images, model.bounds())?;
        let project = self.norm.projection(images, self.eps, &room);
        let advance = self.norm.steepest_step(images, self.eps, &room);
        let range = f64::from(model.bounds().high) - f64::from(model.bounds().low);
        let mut x = project(images.clone() + self.noise(images)? * (NOISE * range));
        visit(&x);
        for _ in 0..self.steps {
            let (_, gradient) = model.logits_with_gradient(x.clone(), &cotangents)?;
            x = advance(x, gradient, 2.5 * self.eps / self.steps as f64)?;
            visit(&x);
        }
        Ok(x)
    }

    /// Normal values, shaped as the images.
    fn noise(self, images: &Tensor<4>) -> Result<Tensor<4>> {
        let dims = images.dims();
        let mut values = to_vec(images.clone())?;
        let length = (values.len() / dims[0].max(1)).max(1);
        for image in values.chunks_exact_mut(length) {
            let mut random = Stream::AttackStart { image, restart: 0 }.of(self.seed);
            super::norm::normal(image, &mut random);
        }
        let data = TensorData::new(values, dims);
        Ok(Tensor::from_data(data, (&images.device(), images.dtype())))
    }
}

/// Gradient of `KL(p ‖ softmax(z))` by the logits `z`, for each image: `softmax(z) - p`, both `[n, classes]`.
fn divergence_cotangent(logits: &Tensor<2>, held: Tensor<2>) -> Tensor<2> {
    softmax(logits.clone(), 1) - held
}

#[cfg(test)]
mod tests {
    use burn::tensor::DType;
    use burn::tensor::activation::log_softmax;
    use doubleback_test_device::{f64_device, test_device};

    use super::*;
    use crate::data::{Bounds, ImageShape};
    use crate::nn::FromFunction;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 2,
        width: 3,
    };
    const CLASSES: usize = 4;

    fn wave<const D: usize>(dims: [usize; D], frequency: f64, dtype: DType) -> Tensor<D> {
        let count = dims.iter().product::<usize>();
        let values: Vec<f64> = (0..count).map(|i| (i as f64 * frequency + 0.3).sin()).collect();
        Tensor::from_data(TensorData::new(values, dims), (&f64_device(), dtype))
    }

    /// `softmax(W x)`.
    fn linear(dtype: DType) -> FromFunction<'static> {
        let weight = wave([6, CLASSES], 1.7, dtype) * 3.0;
        FromFunction::new(SHAPE, Bounds::UNIT, CLASSES, move |x: Tensor<4>| {
            x.reshape([-1, 6]).matmul(weight.clone())
        })
    }

    /// Well within the bounds.
    fn images(n: usize, dtype: DType) -> Tensor<4> {
        wave([n, 1, 2, 3], 0.9, dtype) * 0.2 + 0.5
    }

    fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
        tensor.into_data().convert::<f64>().try_to_vec().unwrap()
    }

    /// `KL(p(x) ‖ p(x'))` of each image.
    fn divergence(model: &FromFunction, images: &Tensor<4>, other: &Tensor<4>) -> Vec<f64> {
        let log = |x: &Tensor<4>| log_softmax(model.logits(x.clone()).unwrap(), 1);
        let (p, q) = (log(images), log(other));
        doubles((p.clone().exp() * (p - q)).sum_dim(1))
    }

    #[test]
    fn the_gradient_of_the_divergence_is_that_of_central_differences() {
        const STEP: f64 = 1e-6;
        let (model, images) = (linear(DType::F64), images(2, DType::F64));
        let other = images.clone() + wave([2, 1, 2, 3], 2.3, DType::F64) * 0.1;
        let held = softmax(model.logits(images.clone()).unwrap(), 1);
        let cotangents = |logits: &Tensor<2>, places: std::ops::Range<usize>| {
            Ok(divergence_cotangent(logits, held.clone().slice([places, 0..CLASSES])))
        };
        let (_, gradient) = model.logits_with_gradient(other.clone(), &cotangents).unwrap();
        let (gradient, start) = (doubles(gradient), doubles(other));
        for index in 0..12 {
            let at = |offset: f64| {
                let mut moved = start.clone();
                moved[index] += offset;
                let moved = Tensor::from_data(TensorData::new(moved, [2, 1, 2, 3]), (&f64_device(), DType::F64));
                divergence(&model, &images, &moved).iter().sum::<f64>()
            };
            let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            assert!(
                (gradient[index] - slope).abs() < 1e-8,
                "{index}: {} is not {slope}",
                gradient[index]
            );
        }
    }

    #[test]
    fn the_divergence_rises_step_by_step_within_ball_and_bounds() {
        let (model, images) = (linear(DType::F64), images(3, DType::F64));
        for norm in Norm::ALL {
            let ascent = DivergenceAscent {
                norm,
                eps: 0.1,
                steps: 10,
                seed: 7,
            };
            let mut seen: Vec<Vec<f64>> = Vec::new();
            let last = ascent
                .climb(&model, &images, |x| seen.push(divergence(&model, &images, x)))
                .unwrap();
            assert_eq!(seen.len(), 11);
            for pair in seen.windows(2) {
                let rises = pair[0]
                    .iter()
                    .zip(&pair[1])
                    .all(|(before, after)| *after >= before - 1e-9);
                assert!(rises, "{norm}: {} to {}", pair[0][0], pair[1][0]);
            }
            let gained = seen[0].iter().zip(&seen[10]).all(|(first, last)| *last > 100.0 * first);
            assert!(gained, "{norm}: {:?} to {:?}", seen[0], seen[10]);
            let change = doubles(last - images.clone());
            for image in change.chunks_exact(6) {
                let length = match norm {
                    Norm::Linf => image.iter().fold(0.0f64, |most, v| most.max(v.abs())),
                    Norm::L2 => image.iter().map(|v| v * v).sum::<f64>().sqrt(),
                };
                assert!((length - 0.1).abs() < 1e-6, "{norm}: length {length}");
            }
        }
        let corner = Tensor::ones([1, 1, 2, 3], (&f64_device(), DType::F64));
        let ascent = DivergenceAscent {
            norm: Norm::L2,
            eps: 0.5,
            steps: 3,
            seed: 7,
        };
        let found = doubles(ascent.perturb(&model, &corner).unwrap());
        assert!(found.iter().all(|v| (0.0..=1.0).contains(v)), "{found:?}");
        assert!(found.iter().any(|v| *v < 1.0), "{found:?}");
    }

    #[test]
    fn an_image_moves_as_it_would_alone_and_another_seed_starts_elsewhere() {
        let shape = [4, 1, 2, 3];
        let values = doubles(images(4, DType::F64))
            .into_iter()
            .map(|v| v as f32)
            .collect::<Vec<_>>();
        let images = Tensor::<4>::from_data(TensorData::new(values, shape), &test_device());
        let start = |seed: u64, images: &Tensor<4>| {
            let ascent = DivergenceAscent {
                norm: Norm::Linf,
                eps: 0.1,
                steps: 1,
                seed,
            };
            to_vec(ascent.noise(images).unwrap()).unwrap()
        };
        let all = start(3, &images);
        for place in 0..4 {
            let alone = images.clone().slice([place..place + 1, 0..1, 0..2, 0..3]);
            assert_eq!(start(3, &alone), all[6 * place..6 * (place + 1)]);
        }
        assert_ne!(start(4, &images), all);
    }
}
