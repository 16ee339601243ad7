use burn::tensor::{Device, Tensor};

use super::batch::random_batch;
use super::times::{Times, time};
use doubleback::attack::{Adversarial, Attack, AttackSpec, PgdSpec};
use doubleback::nn::Network;
use doubleback::{Error, Result};
use strum::{EnumCount, EnumString, IntoStaticStr};

/// Perturbation size of the attacks that have one.
const EPS: f64 = 0.1;

/// An attack whose speed can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum TimedAttack {
    /// FGSM: one gradient.
    Fgsm,
    /// PGD of ten steps of a quarter of eps from a random start.
    #[strum(serialize = "pgd-10")]
    Pgd10,
    /// PGD of forty steps of a thirtieth of eps from a random start, as TRADES is evaluated.
    #[strum(serialize = "pgd-40")]
    Pgd40,
    /// JSMA in pairs with theta 1 and gamma 0.25 towards the next class. How long it takes depends on how soon the network yields.
    Jsma,
}

impl TimedAttack {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [
        TimedAttack::Fgsm,
        TimedAttack::Pgd10,
        TimedAttack::Pgd40,
        TimedAttack::Jsma,
    ];

    /// Those that are timed if none is asked for: they are short.
    pub const SHORT: [Self; 2] = [TimedAttack::Fgsm, TimedAttack::Pgd10];

    /// `fgsm`, `pgd-10`, `pgd-40` or `jsma`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    fn attack(self) -> Result<Attack> {
        let pgd = |steps, step_size| {
            AttackSpec::Pgd(PgdSpec {
                steps,
                step_size: Some(step_size),
                ..PgdSpec::default()
            })
        };
        let spec = match self {
            TimedAttack::Fgsm => AttackSpec::named("fgsm")?,
            TimedAttack::Pgd10 => pgd(10, EPS / 4.0),
            TimedAttack::Pgd40 => pgd(40, EPS / 30.0),
            TimedAttack::Jsma => AttackSpec::named("jsma")?,
        };
        spec.attack()
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("attack to time", name, TimedAttack::ALL.map(TimedAttack::name))
}

/// How long an attack took, and what it did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttackTimes {
    /// Of all images.
    pub times: Times,
    /// Share of the images on which the attack reached its goal.
    pub success: f64,
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

    /// Times an attack on all images, after `warm_up` runs that do not count. All that a user gets is measured: the examples (at eps 0.1), what
    /// the network predicts for them, and how far they were moved.
    ///
    /// # Errors
    /// When the images do not fit the network, or the device fails.
    pub fn time(&self, attack: TimedAttack, warm_up: usize, runs: usize) -> Result<AttackTimes> {
        let attack = attack.attack()?;
        let (mut successes, mut changed) = (0, 0.0);
        let times = time(warm_up, runs, || {
            (successes, changed) = (0, 0.0);
            for start in (0..self.labels.len()).step_by(self.batch) {
                for example in self.attack(&attack, start)? {
                    successes += example.success.iter().filter(|&&success| success).count();
                    changed += example.l0.iter().map(|&l| f64::from(l)).sum::<f64>();
                }
            }
            Ok(())
        })?;
        let count = self.labels.len().max(1) as f64;
        Ok(AttackTimes {
            times,
            success: successes as f64 / count,
            mean_changed: changed / count,
        })
    }

    /// The batch that begins at an image, attacked.
    fn attack(&self, attack: &Attack, start: usize) -> Result<Vec<Adversarial>> {
        let eps = if attack.takes_eps() { &[EPS][..] } else { &[] };
        let end = self.labels.len().min(start + self.batch);
        let images = self.images.clone().narrow(0, start, end - start);
        let attacked = attack.run(&self.network, &images, &self.labels[start..end], eps)?;
        Ok(attacked.by_eps)
    }
}
