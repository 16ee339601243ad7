use burn::tensor::{Device, Tensor};

use super::batch::random_batch;
use super::times::{Times, time};
use doubleback::attack::{Attack, AttackSpec, Attacked, PgdSpec};
use doubleback::nn::{Architecture, Network};
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
    /// JSMA in pairs with theta 1 and gamma 0.25 towards the next class. How long it takes depends on how soon the network yields.
    Jsma,
}

impl TimedAttack {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [TimedAttack::Fgsm, TimedAttack::Pgd10, TimedAttack::Jsma];

    /// `fgsm`, `pgd-10` or `jsma`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    fn attack(self) -> Result<Attack> {
        let spec = match self {
            TimedAttack::Fgsm => AttackSpec::named("fgsm")?,
            TimedAttack::Pgd10 => AttackSpec::Pgd(PgdSpec {
                steps: 10,
                step_size: Some(EPS / 4.0),
                ..PgdSpec::default()
            }),
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
    /// Of the whole batch.
    pub times: Times,
    /// Share of the images on which the attack reached its goal.
    pub success: f64,
    /// Mean number of changed values an image.
    pub mean_changed: f64,
}

/// A network in inference with one batch of images and labels.
pub struct AttackBench {
    network: Network,
    images: Tensor<4>,
    labels: Vec<usize>,
}

impl AttackBench {
    /// Draws weights, images and labels.
    ///
    /// # Errors
    /// When the architecture's layers do not fit each other, or the device fails.
    pub fn new(architecture: Architecture, batch: usize, device: &Device) -> Result<Self> {
        Self::random(Network::new(architecture, 0, device)?, batch, device)
    }

    /// Draws images and labels for a network.
    ///
    /// # Errors
    /// When the device fails.
    pub fn random(network: Network, batch: usize, device: &Device) -> Result<Self> {
        let batch = random_batch(network.architecture(), batch, device)?;
        Ok(Self::of(network, batch.images().clone(), batch.labels))
    }

    /// A network with images and labels of yours.
    pub fn of(network: Network, images: Tensor<4>, labels: Vec<usize>) -> Self {
        Self {
            network,
            images,
            labels,
        }
    }

    /// Times an attack on the batch, after `warm_up` runs that do not count. All that a user gets is measured: the examples (at eps 0.1), what the
    /// network predicts for them, and how far they were moved.
    ///
    /// # Errors
    /// When the images do not fit the network, or the device fails.
    pub fn time(&self, attack: TimedAttack, warm_up: usize, runs: usize) -> Result<AttackTimes> {
        let attack = attack.attack()?;
        let eps = if attack.takes_eps() { &[EPS][..] } else { &[] };
        let mut last: Option<Attacked> = None;
        let times = time(warm_up, runs, || {
            last = Some(attack.run(&self.network, &self.images, &self.labels, eps)?);
            Ok(())
        })?;
        let example = last.as_ref().and_then(|attacked| attacked.by_eps.first());
        let count = self.labels.len().max(1) as f64;
        let successes = |success: &[bool]| success.iter().filter(|&&success| success).count() as f64;
        Ok(AttackTimes {
            times,
            success: example.map_or(0.0, |example| successes(&example.success) / count),
            mean_changed: example.map_or(0.0, |example| {
                example.l0.iter().map(|&l| f64::from(l)).sum::<f64>() / count
            }),
        })
    }
}
