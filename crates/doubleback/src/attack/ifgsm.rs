use burn::tensor::Tensor;

use super::iterated::Iterated;
use super::{BoundedAttack, Perturbation, check_eps};
use crate::Result;
use crate::nn::{Classifier, Loss};

/// Iterated fast gradient sign method: `x ← clip(x + eps · sign(∇x loss(x, y)))`, `steps` times (Kurakin, Goodfellow & Bengio 2016, as
/// Ross & Doshi-Velez 2018 use it).
///
/// **`eps` is the length of each step, and nothing but the model's bounds limits them together**: after `steps` steps a pixel may have moved by
/// `steps · eps`. For a total limit use [`Pgd`](super::Pgd).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Ifgsm, run};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let attacked = run(&model, &Ifgsm { steps: 3, ..Ifgsm::default() }, &images, &[0], &[0.1])?;
/// assert!((attacked.by_eps[0].linf[0] - 0.3).abs() < 1e-6);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ifgsm {
    /// What to climb.
    pub loss: Loss,
    /// Steps, at least 1.
    pub steps: usize,
}

impl Default for Ifgsm {
    /// Ten steps on the cross-entropy, as in the paper's figures.
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            steps: 10,
        }
    }
}

impl Ifgsm {
    /// The images after every step of length `eps`, for an animation: as many as there are steps, and the last are the examples.
    ///
    /// # Errors
    /// When images, labels or eps do not fit the model.
    pub fn frames(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: f64,
    ) -> Result<Vec<Tensor<4>>> {
        check_eps(&[eps], model)?;
        self.iterated().frames(model, images, labels, eps)
    }

    fn iterated(&self) -> Iterated {
        Iterated {
            loss: self.loss,
            steps: self.steps,
            descend: false,
        }
    }
}

impl BoundedAttack for Ifgsm {
    fn name(&self) -> &'static str {
        match self.loss {
            Loss::CrossEntropy => "ifgsm",
            Loss::Margin => "ifgsm-margin",
        }
    }

    fn perturb(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: &[f64],
    ) -> Result<Perturbation> {
        self.iterated().perturb(model, images, labels, eps)
    }
}
