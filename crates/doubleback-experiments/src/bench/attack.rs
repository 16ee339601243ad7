use std::ops::Range;
use std::str::FromStr;

use burn::tensor::{Device, Tensor};

use super::batch::random_batch;
use super::times::{Times, time};
use doubleback::attack::{Adversarial, Attack, AttackSpec, PgdSpec};
use doubleback::nn::Network;
use doubleback::{Error, Result};

/// An attack whose speed can be measured: one of the table with its defaults, or one of two settings of PGD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedAttack(&'static str);

impl TimedAttack {
    /// PGD of ten steps of a quarter of eps from a random start.
    const PGD_10: Self = TimedAttack("pgd-10");
    /// PGD of forty steps of a thirtieth of eps from a random start, as TRADES is evaluated.
    const PGD_40: Self = TimedAttack("pgd-40");

    /// Those that are timed if none is asked for: they are short.
    pub const SHORT: [Self; 2] = [TimedAttack("fgsm"), Self::PGD_10];

    /// All names.
    pub fn names() -> Vec<&'static str> {
        let mut names = AttackSpec::names();
        names.extend([Self::PGD_10.0, Self::PGD_40.0]);
        names
    }

    /// `pgd-10`, `pgd-40` or the name of an attack.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether a run is over so soon that its first runs are slower than those after.
    fn is_short(self) -> bool {
        Self::SHORT.contains(&self) || self == Self::PGD_40
    }

    fn attack(self, eps: f64) -> Result<Attack> {
        let pgd = |steps, step_size| {
            AttackSpec::Pgd(PgdSpec {
                steps,
                step_size: Some(step_size),
                ..PgdSpec::default()
            })
        };
        let spec = match self {
            Self::PGD_10 => pgd(10, eps / 4.0),
            Self::PGD_40 => pgd(40, eps / 30.0),
            TimedAttack(name) => AttackSpec::named(name)?,
        };
        spec.attack()
    }
}

impl FromStr for TimedAttack {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::names().into_iter().find(|known| *known == name);
        found
            .map(TimedAttack)
            .ok_or_else(|| Error::unknown("attack to time", name, Self::names()))
    }
}

/// How long an attack took, and what it did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttackTimes {
    /// Of all images.
    pub times: Times,
    /// Share of the images on which the attack reached its goal.
    pub success: f64,
    /// Share of the images that are classified rightly all the same.
    pub accuracy: f64,
    /// Mean number of changed values an image.
    pub mean_changed: f64,
}

/// A network in inference with images and labels.
pub struct AttackBench {
    network: Network,
    images: Tensor<4>,
    labels: Vec<usize>,
    batch: usize,
}

impl AttackBench {
    /// Draws `count` images and labels for a network.
    ///
    /// # Errors
    /// When the device fails.
    pub fn random(network: Network, count: usize, device: &Device) -> Result<Self> {
        let batch = random_batch(network.architecture(), count, device)?;
        Ok(Self::of(network, batch.images().clone(), batch.labels))
    }

    /// A network with images and labels of yours.
    pub fn of(network: Network, images: Tensor<4>, labels: Vec<usize>) -> Self {
        Self {
            network,
            images,
            batch: labels.len().max(1),
            labels,
        }
    }

    /// The same in batches of at most so many images, at least one; all are one batch without this.
    pub fn in_batches(self, batch: usize) -> Self {
        Self {
            batch: batch.max(1),
            ..self
        }
    }

    /// Times an attack on all images at an eps, if it takes one. Before the clock starts short attacks are run twice, others on the first image. All
    /// that a user gets is measured: the examples, what the network predicts for them, and how far they were moved.
    ///
    /// # Errors
    /// When the images do not fit the network, eps is out of range, or the device fails.
    pub fn time(&self, attack: TimedAttack, eps: f64, runs: usize) -> Result<AttackTimes> {
        let warm_up = if attack.is_short() { 2 } else { 0 };
        let built = attack.attack(eps)?;
        if warm_up == 0 {
            self.attack(&built, eps, 0..self.labels.len().min(1))?;
        }
        let (mut successes, mut right, mut changed) = (0, 0, 0.0);
        let times = time(warm_up, runs, || {
            (successes, right, changed) = (0, 0, 0.0);
            for start in (0..self.labels.len()).step_by(self.batch) {
                let places = start..self.labels.len().min(start + self.batch);
                for example in self.attack(&built, eps, places.clone())? {
                    successes += example.success.iter().filter(|&&success| success).count();
                    changed += example.l0.iter().map(|&l| f64::from(l)).sum::<f64>();
                    let predictions = example.predictions.iter().zip(&self.labels[places.clone()]);
                    right += predictions.filter(|(prediction, label)| prediction == label).count();
                }
            }
            Ok(())
        })?;
        let count = self.labels.len().max(1) as f64;
        Ok(AttackTimes {
            times,
            success: successes as f64 / count,
            accuracy: right as f64 / count,
            mean_changed: changed / count,
        })
    }

    /// The images of these places, attacked.
    fn attack(&self, attack: &Attack, eps: f64, places: Range<usize>) -> Result<Vec<Adversarial>> {
        let eps = if attack.takes_eps() { &[eps][..] } else { &[] };
        let images = self.images.clone().narrow(0, places.start, places.len());
        let attacked = attack.run(&self.network, &images, &self.labels[places], eps)?;
        Ok(attacked.by_eps)
    }
}
