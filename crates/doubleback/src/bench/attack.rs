use burn::tensor::Device;

use super::batch::random_batch;
use super::times::{Times, time};
use crate::Result;
use crate::attack::{BoundedAttack, Fgsm, Pgd, run};
use crate::nn::{Architecture, Network};
use crate::train::Batch;

/// Perturbation size of all attacks.
const EPS: f64 = 0.1;

/// An attack whose speed can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimedAttack {
    /// FGSM: one gradient.
    Fgsm,
    /// PGD of ten steps of a quarter of eps from a random start.
    Pgd10,
}

impl TimedAttack {
    /// All of them.
    pub const ALL: [TimedAttack; 2] = [TimedAttack::Fgsm, TimedAttack::Pgd10];

    /// `fgsm` or `pgd-10`.
    pub fn name(self) -> &'static str {
        match self {
            TimedAttack::Fgsm => "fgsm",
            TimedAttack::Pgd10 => "pgd-10",
        }
    }

    fn attack(self) -> Box<dyn BoundedAttack> {
        match self {
            TimedAttack::Fgsm => Box::new(Fgsm::default()),
            TimedAttack::Pgd10 => Box::new(Pgd {
                steps: 10,
                step_size: Some(EPS / 4.0),
                ..Pgd::default()
            }),
        }
    }
}

/// A network in inference with one batch of random images and labels.
pub struct AttackBench {
    network: Network,
    batch: Batch,
}

impl AttackBench {
    /// Draws weights, images and labels.
    ///
    /// # Errors
    /// When the architecture's layers do not fit each other, or the device fails.
    pub fn new(architecture: Architecture, batch: usize, device: &Device) -> Result<Self> {
        Ok(Self {
            batch: random_batch(&architecture, batch, device)?,
            network: Network::new(architecture, 0, device)?,
        })
    }

    /// Times an attack on the batch, after two runs that do not count. All that a user gets is measured: the examples at eps 0.1, what the network
    /// predicts for them, and how far they were moved.
    ///
    /// # Errors
    /// When the device fails.
    pub fn time(&self, attack: TimedAttack, runs: usize) -> Result<Times> {
        let attack = attack.attack();
        let Batch { images, labels, .. } = &self.batch;
        time(2, runs, || {
            run(&self.network, attack.as_ref(), images, labels, &[EPS]).map(drop)
        })
    }
}
