//! The ways to train: one file each. [`Defense`] is one of them with its settings, [`DefenseKind`] which one, as the command line names it.
mod adversarial_training;
mod both;
mod certainty_sensitivity;
mod distillation;
mod distilled_label;
mod double_backprop;
mod entropy;
mod kind;
mod normal;
mod pgd_training;
mod record;
mod trades;

use std::fmt;

use super::objective::Objective;
use super::penalty::{GradientPenalty, PenaltyOptions, Teacher, per_example_lambda};
use crate::attack;
use crate::nn::Architecture;
use crate::{Error, Result};

pub use adversarial_training::AdversarialTraining;
pub use both::Both;
pub use distillation::{Distillation, TEACHER, TeacherAtTemperature};
pub use kind::DefenseKind;
pub use normal::Normal;
pub use pgd_training::PgdTraining;
pub use trades::Trades;

/// A way to train, with all its settings and no others.
///
/// ```
/// use doubleback::train::{Defense, DefenseKind};
///
/// let mut defense = Defense::new(DefenseKind::DoubleBackprop);
/// if let Some(penalty) = defense.penalty_mut() {
///     penalty.lambda = 10.0;
/// }
/// assert_eq!(defense, Defense::DoubleBackprop(10.0.into()));
/// assert_eq!((defense.name(), defense.temperature()), ("doubleback", None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Defense {
    /// None: cross-entropy alone.
    Normal,
    /// Defensive distillation.
    Distillation {
        /// Softmax temperature of teacher and student.
        temperature: f64,
    },
    /// Adversarial training with FGSM.
    AdversarialTraining(AdversarialTraining),
    /// Adversarial training with PGD.
    PgdTraining(PgdTraining),
    /// TRADES.
    Trades(Trades),
    /// Certainty sensitivity.
    CertaintySensitivity(PenaltyOptions),
    /// Double backprop.
    DoubleBackprop(PenaltyOptions),
    /// Double backprop towards a teacher's labels.
    DistilledLabel {
        /// The penalty.
        penalty: PenaltyOptions,
        /// Softmax temperature of the teacher.
        temperature: f64,
    },
    /// Penalty on the gradient of the predictions' entropy.
    Entropy(PenaltyOptions),
    /// Double backprop and adversarial training with FGSM.
    Both {
        /// The penalty on the unperturbed images.
        penalty: PenaltyOptions,
        /// The perturbed images.
        adversarial: AdversarialTraining,
    },
}

impl Defense {
    /// With the paper's settings: its weights are those that the authors chose for MNIST and 15,050 steps of 256 images.
    pub fn new(kind: DefenseKind) -> Self {
        let double_backprop = PenaltyOptions::from(per_example_lambda(56_234.0, 256));
        // A teacher at temperature 50 says nearly the uniform distribution of certainty sensitivity.
        let unlabelled = PenaltyOptions::from(per_example_lambda(1000.0, 256));
        let temperature = 50.0;
        let adversarial = AdversarialTraining { eps: 0.3 };
        match kind {
            DefenseKind::Normal => Defense::Normal,
            DefenseKind::Distillation => Defense::Distillation { temperature },
            DefenseKind::AdversarialTraining => Defense::AdversarialTraining(adversarial),
            DefenseKind::PgdTraining => Defense::PgdTraining(PgdTraining {
                eps: 0.3,
                steps: 10,
                norm: attack::Norm::default(),
            }),
            DefenseKind::Trades => Defense::Trades(Trades {
                eps: 0.3,
                steps: 10,
                norm: attack::Norm::default(),
                beta: 6.0,
            }),
            DefenseKind::CertaintySensitivity => Defense::CertaintySensitivity(unlabelled),
            DefenseKind::DoubleBackprop => Defense::DoubleBackprop(double_backprop),
            DefenseKind::DistilledLabel => Defense::DistilledLabel {
                penalty: unlabelled,
                temperature,
            },
            DefenseKind::Entropy => Defense::Entropy(unlabelled),
            DefenseKind::Both => Defense::Both {
                penalty: double_backprop,
                adversarial,
            },
        }
    }

    /// Which one it is.
    pub const fn kind(self) -> DefenseKind {
        match self {
            Defense::Normal => DefenseKind::Normal,
            Defense::Distillation { .. } => DefenseKind::Distillation,
            Defense::AdversarialTraining(_) => DefenseKind::AdversarialTraining,
            Defense::PgdTraining(_) => DefenseKind::PgdTraining,
            Defense::Trades(_) => DefenseKind::Trades,
            Defense::CertaintySensitivity(_) => DefenseKind::CertaintySensitivity,
            Defense::DoubleBackprop(_) => DefenseKind::DoubleBackprop,
            Defense::DistilledLabel { .. } => DefenseKind::DistilledLabel,
            Defense::Entropy(_) => DefenseKind::Entropy,
            Defense::Both { .. } => DefenseKind::Both,
        }
    }

    /// Its name, as on the command line and in every file.
    pub const fn name(self) -> &'static str {
        self.kind().name()
    }

    /// Its gradient penalty, if it has one.
    pub fn penalty(mut self) -> Option<PenaltyOptions> {
        self.penalty_mut().copied()
    }

    /// Its gradient penalty, to change it.
    pub fn penalty_mut(&mut self) -> Option<&mut PenaltyOptions> {
        match self {
            Defense::CertaintySensitivity(penalty)
            | Defense::DoubleBackprop(penalty)
            | Defense::DistilledLabel { penalty, .. }
            | Defense::Entropy(penalty)
            | Defense::Both { penalty, .. } => Some(penalty),
            Defense::Normal
            | Defense::Distillation { .. }
            | Defense::AdversarialTraining(_)
            | Defense::PgdTraining(_)
            | Defense::Trades(_) => None,
        }
    }

    /// The softmax temperature of its teacher, if it has one.
    pub fn temperature(mut self) -> Option<f64> {
        self.temperature_mut().copied()
    }

    /// The softmax temperature of its teacher, to change it.
    pub fn temperature_mut(&mut self) -> Option<&mut f64> {
        match self {
            Defense::Distillation { temperature } | Defense::DistilledLabel { temperature, .. } => Some(temperature),
            Defense::Normal
            | Defense::AdversarialTraining(_)
            | Defense::PgdTraining(_)
            | Defense::Trades(_)
            | Defense::CertaintySensitivity(_)
            | Defense::DoubleBackprop(_)
            | Defense::Entropy(_)
            | Defense::Both { .. } => None,
        }
    }

    /// Size of the perturbation that it trains on, if it does.
    pub fn adversarial_eps(mut self) -> Option<f64> {
        self.adversarial_eps_mut().copied()
    }

    /// Size of the perturbation that it trains on, to change it.
    pub fn adversarial_eps_mut(&mut self) -> Option<&mut f64> {
        match self {
            Defense::AdversarialTraining(adversarial) | Defense::Both { adversarial, .. } => Some(&mut adversarial.eps),
            Defense::PgdTraining(pgd) => Some(&mut pgd.eps),
            Defense::Trades(trades) => Some(&mut trades.eps),
            Defense::Normal
            | Defense::Distillation { .. }
            | Defense::CertaintySensitivity(_)
            | Defense::DoubleBackprop(_)
            | Defense::DistilledLabel { .. }
            | Defense::Entropy(_) => None,
        }
    }

    /// Gradient steps to each perturbation that it trains on, if it makes more than one.
    pub fn adversarial_steps(mut self) -> Option<usize> {
        self.adversarial_steps_mut().copied()
    }

    /// Gradient steps to each perturbation that it trains on, to change them.
    pub fn adversarial_steps_mut(&mut self) -> Option<&mut usize> {
        match self {
            Defense::PgdTraining(pgd) => Some(&mut pgd.steps),
            Defense::Trades(trades) => Some(&mut trades.steps),
            _ => None,
        }
    }

    /// The norm that the perturbation is bounded in, if it can be chosen.
    pub fn adversarial_norm(mut self) -> Option<attack::Norm> {
        self.adversarial_norm_mut().copied()
    }

    /// The norm that the perturbation is bounded in, to change it.
    pub fn adversarial_norm_mut(&mut self) -> Option<&mut attack::Norm> {
        match self {
            Defense::PgdTraining(pgd) => Some(&mut pgd.norm),
            Defense::Trades(trades) => Some(&mut trades.norm),
            _ => None,
        }
    }

    /// The weight of the divergence of TRADES, if it is that.
    pub fn beta(mut self) -> Option<f64> {
        self.beta_mut().copied()
    }

    /// The weight of the divergence of TRADES, to change it.
    pub fn beta_mut(&mut self) -> Option<&mut f64> {
        match self {
            Defense::Trades(trades) => Some(&mut trades.beta),
            _ => None,
        }
    }

    /// Checks the values that no type can.
    ///
    /// # Errors
    /// Names the value that is out of range.
    pub fn check(self, architecture: &Architecture) -> Result<()> {
        if let Some(PenaltyOptions { lambda, .. }) = self.penalty()
            && !(lambda >= 0.0 && lambda.is_finite())
        {
            return Err(Error::value("lambda", "zero or a positive number", lambda));
        }
        if let Some(temperature) = self.temperature()
            && !(temperature > 0.0 && temperature.is_finite())
        {
            return Err(Error::value("temperature", "a positive number", temperature));
        }
        if let Some(eps) = self.adversarial_eps() {
            let mut range = f64::from(architecture.bounds[1] - architecture.bounds[0]);
            if self.adversarial_norm() == Some(attack::Norm::L2) {
                range *= (architecture.shape().len() as f64).sqrt();
            }
            if !(0.0..=range).contains(&eps) {
                let expected = format!("between 0 and {range}");
                return Err(Error::value("eps of adversarial training", expected, eps));
            }
        }
        if let Some(beta) = self.beta()
            && !(beta >= 0.0 && beta.is_finite())
        {
            return Err(Error::value("beta of TRADES", "zero or a positive number", beta));
        }
        match self.adversarial_steps() {
            Some(0) => Err(Error::value("steps of adversarial training", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    /// What the model itself is trained on. A defense with a teacher has it trained first, at the given temperature.
    pub(super) fn objective(self, train_teacher: &mut dyn FnMut(f64) -> Result<Teacher>) -> Result<Box<dyn Objective>> {
        Ok(match self {
            Defense::Normal => Box::new(Normal),
            Defense::Distillation { temperature } => Box::new(Distillation {
                teacher: train_teacher(temperature)?.into(),
            }),
            Defense::AdversarialTraining(adversarial) => Box::new(adversarial),
            Defense::PgdTraining(pgd) => Box::new(pgd),
            Defense::Trades(trades) => Box::new(trades),
            Defense::CertaintySensitivity(penalty) => Box::new(GradientPenalty::certainty_sensitivity(penalty)),
            Defense::DoubleBackprop(penalty) => Box::new(GradientPenalty::double_backprop(penalty)),
            Defense::DistilledLabel { penalty, temperature } => {
                Box::new(GradientPenalty::distilled_label(train_teacher(temperature)?, penalty))
            }
            Defense::Entropy(penalty) => Box::new(GradientPenalty::entropy(penalty)),
            Defense::Both { penalty, adversarial } => Box::new(Both {
                penalty: GradientPenalty::double_backprop(penalty),
                adversarial,
            }),
        })
    }
}

/// The name.
impl fmt::Display for Defense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_a_kind_are_of_that_kind() {
        for kind in DefenseKind::ALL {
            assert_eq!(Defense::new(kind).kind(), kind);
            assert_eq!(kind.name().parse::<DefenseKind>().unwrap(), kind);
        }
    }
}
