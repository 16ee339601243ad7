//! Test images of a model, and what an attack made of them.

use std::ops::Range;

use burn::tensor::{Device, Tensor};

use super::results::AttackSummary;
use crate::interruptible::{Interruptible, SharedWatch};
use doubleback::attack::Attack;
use doubleback::data::Split;
use doubleback::diagnose::batches;
use doubleback::diagnose::{EpsPoint, Estimate};
use doubleback::diagnose::{mean_of, share_that};
use doubleback::evaluate::Named;
use doubleback::progress::{Phase, Watch};
use doubleback::{Error, Result};

/// A batch of images before and after the attack.
pub(super) struct Batch {
    pub clean: Tensor<4>,
    pub attacked: Tensor<4>,
    /// Places in the test set.
    pub range: Range<usize>,
}

/// The first test images, attacked with the model's own gradients.
pub(super) struct Images {
    pub batches: Vec<Batch>,
    pub labels: Vec<usize>,
    /// The model's classes of the clean images.
    pub clean: Vec<usize>,
    /// The model's classes of the attacked images.
    pub attacked: Vec<usize>,
    /// What the attack was given, or its own size.
    eps: f64,
    zero_gradient_images: usize,
}

impl Images {
    /// Attacks the first `count` images of `test`, within `eps` if the attack takes one.
    pub fn attack(
        model: Named<'_>,
        attack: &Attack,
        eps: Option<f64>,
        test: &Split,
        count: usize,
        device: &Device,
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        let mut images = Self {
            batches: Vec::new(),
            labels: Vec::new(),
            clean: Vec::new(),
            attacked: Vec::new(),
            eps: 0.0,
            zero_gradient_images: 0,
        };
        // A batch can take long.
        let shared = SharedWatch::new(watch);
        let (watched, mut told) = (Interruptible::new(model.model, &shared), &shared);
        let model = Named {
            name: model.name,
            model: &watched,
        };
        let mut phase = Phase::begin(attack.name(), count, &mut told);
        phase.done(0)?;
        for (clean, labels, range) in batches(test, model.model.shape(), count, device) {
            let place = |row: usize| range.start + row;
            let found = model.attack(attack, &clean, &labels, eps.as_slice(), place)?;
            let Some(adversarial) = found.by_eps.into_iter().next() else {
                return Err(Error::value(
                    "eps",
                    format!("given, and `{}` needs it", attack.name()),
                    "missing",
                ));
            };
            images.clean.extend(model.predict(&clean, place)?);
            images.eps = adversarial.eps;
            images.zero_gradient_images += found.zero_gradient.iter().filter(|&&zero| zero).count();
            images.attacked.extend(adversarial.predictions);
            images.labels.extend(labels);
            let done = range.end;
            images.batches.push(Batch {
                clean,
                attacked: adversarial.images,
                range,
            });
            phase.done(done)?;
        }
        Ok(images)
    }

    /// Whether the model classified each image right and the attack turned it wrong.
    pub fn fooled(&self) -> Vec<bool> {
        let answers = self.clean.iter().zip(&self.attacked).zip(&self.labels);
        answers
            .map(|((clean, attacked), label)| clean == label && attacked != label)
            .collect()
    }

    /// By image: what the attack added to the model's error, -1, 0 or 1.
    pub fn damage(&self) -> Vec<f64> {
        let wrong = |said: &usize, label: &usize| f64::from(u8::from(said != label));
        let answers = self.clean.iter().zip(&self.attacked).zip(&self.labels);
        answers
            .map(|((clean, attacked), label)| wrong(attacked, label) - wrong(clean, label))
            .collect()
    }

    /// The model's error on the clean images.
    pub fn clean_error(&self) -> Estimate {
        share_that(self.clean.iter().zip(&self.labels).map(|(said, label)| said != label))
    }

    /// What the attack did.
    pub fn summary(&self, attack: &Attack, chosen: bool, seed: u64) -> AttackSummary {
        let right = self.clean.iter().zip(&self.labels).map(|(said, label)| said == label);
        let of_right = self.fooled().into_iter().zip(right).filter(|(_, right)| *right);
        AttackSummary {
            name: attack.name().to_owned(),
            settings: attack.settings(),
            eps: self.eps,
            chosen,
            error: share_that(
                self.attacked
                    .iter()
                    .zip(&self.labels)
                    .map(|(said, label)| said != label),
            ),
            success: share_that(of_right.map(|(fooled, _)| fooled)),
            damage: mean_of(&self.damage(), seed),
            zero_gradient_images: self.zero_gradient_images,
        }
    }

    /// Its success as a point of a sweep.
    pub fn point(&self) -> EpsPoint {
        let right = self
            .clean
            .iter()
            .zip(&self.labels)
            .filter(|(said, label)| said == label)
            .count();
        let fooled = self.fooled().into_iter().filter(|&fooled| fooled).count();
        EpsPoint {
            eps: self.eps,
            success: fooled as f64 / right.max(1) as f64,
            count: right,
        }
    }
}
