use burn::tensor::{Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::run::zero_gradients;
use super::{BoundedAttack, Perturbation};
use crate::nn::{Classifier, Loss, to_vec};
use crate::{Error, Result};

/// Projected gradient descent in the L∞ ball (Madry et al. 2018): `x ← Π(x + step · sign(∇x loss(x, y)))`, where `Π` projects on the values
/// within `eps` of the image and within the data's bounds. The last step's images are the examples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pgd {
    /// What to climb.
    pub loss: Loss,
    /// Gradients to follow, at least 1.
    pub steps: usize,
    /// Length of a step in the units of the data; without one, `2.5 · eps / steps`.
    pub step_size: Option<f64>,
    /// Seed of a start drawn uniformly from the ball; without one, the attack starts at the image. The start depends on the seed and the
    /// image alone, not on the batch that it is in.
    pub random_start: Option<u64>,
}

impl Default for Pgd {
    /// 40 steps on the cross-entropy from a random start.
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            steps: 40,
            step_size: None,
            random_start: Some(0),
        }
    }
}

impl BoundedAttack for Pgd {
    fn name(&self) -> &'static str {
        match self.loss {
            Loss::CrossEntropy => "pgd",
            Loss::Margin => "pgd-margin",
        }
    }

    fn perturb(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: &[f64],
    ) -> Result<Perturbation> {
        self.check()?;
        let bounds = model.bounds();
        let start = self.random_start.map(|seed| directions(images, seed)).transpose()?;
        let mut zero_gradient = vec![!eps.is_empty(); labels.len()];
        let mut examples = Vec::with_capacity(eps.len());
        for &eps in eps {
            let step = self.step_size.unwrap_or(2.5 * eps / self.steps as f64);
            let least = (images.clone() - eps).clamp_min(bounds.low);
            let greatest = (images.clone() + eps).clamp_max(bounds.high);
            let project = |x: Tensor<4>| x.max_pair(least.clone()).min_pair(greatest.clone());
            let mut x = match &start {
                Some(start) => project(images.clone() + start.clone() * eps),
                None => images.clone(),
            };
            for _ in 0..self.steps {
                let (gradient, _) = self.loss.input_gradient(model, &x, labels)?;
                for (always, zero) in zero_gradient.iter_mut().zip(zero_gradients(&gradient)?) {
                    *always &= zero;
                }
                x = project(x + gradient.sign() * step);
            }
            examples.push(x);
        }
        Ok(Perturbation {
            images: examples,
            zero_gradient,
            gradients: self.steps,
            forwards: 0,
        })
    }
}

impl Pgd {
    fn check(&self) -> Result<()> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        match self.step_size {
            Some(size) if !(size > 0.0 && size.is_finite()) => {
                Err(Error::value("step size", "a positive number", size))
            }
            _ => Ok(()),
        }
    }
}

/// Uniform in [-1, 1), shaped as the images.
fn directions(images: &Tensor<4>, seed: u64) -> Result<Tensor<4>> {
    let dims = images.dims();
    let mut values = to_vec(images.clone())?;
    let length = (values.len() / dims[0].max(1)).max(1);
    for image in values.chunks_exact_mut(length) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(hash(image));
        image.fill_with(|| random.random::<f32>() * 2.0 - 1.0);
    }
    let data = TensorData::new(values, dims);
    Ok(Tensor::from_data(data, (&images.device(), images.dtype())))
}

/// FNV-1a of the bits of an image.
fn hash(image: &[f32]) -> u64 {
    let bytes = image.iter().flat_map(|pixel| pixel.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
