use super::adamw::AdamWOptions;
use super::kind::OptimizerKind;
use super::sgd::SgdOptions;
use crate::{Error, Result};

/// The optimizer of a training, with what it has besides the learning rate.
///
/// ```
/// use doubleback::train::{Optimizer, OptimizerKind, OptimizerSettings, SgdOptions};
///
/// let settings = OptimizerSettings { momentum: Some(0.9), weight_decay: Some(5e-4), ..OptimizerSettings::default() };
/// let sgd = SgdOptions { momentum: 0.9, nesterov: false, weight_decay: 5e-4 };
/// assert_eq!(Optimizer::new(OptimizerKind::Sgd, settings)?, Optimizer::Sgd(sgd));
/// let refused = Optimizer::new(OptimizerKind::Adam, settings).unwrap_err().to_string();
/// assert!(refused.contains("choose `sgd`"), "{refused}");
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Optimizer {
    /// Adam, with the options of [`TrainOptions::adam`](crate::train::TrainOptions::adam).
    #[default]
    Adam,
    /// AdamW.
    AdamW(AdamWOptions),
    /// Stochastic gradient descent.
    Sgd(SgdOptions),
}

/// What a user may say of an optimizer. What is not said is PyTorch's default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OptimizerSettings {
    /// For SGD; without it 0.
    pub momentum: Option<f64>,
    /// For SGD with momentum.
    pub nesterov: bool,
    /// For SGD, without it 0, and AdamW, without it 0.01.
    pub weight_decay: Option<f64>,
}

impl Optimizer {
    /// An optimizer with these settings.
    ///
    /// # Errors
    /// Names a setting that the optimizer has no use for, or that is out of range.
    pub fn new(kind: OptimizerKind, settings: OptimizerSettings) -> Result<Self> {
        let OptimizerSettings {
            momentum,
            nesterov,
            weight_decay,
        } = settings;
        if kind != OptimizerKind::Sgd {
            let expected = || format!("for `{kind}`, which has its own. Leave it out, or choose `sgd`");
            if let Some(momentum) = momentum {
                return Err(Error::value("momentum", expected(), momentum));
            }
            if nesterov {
                return Err(Error::value("nesterov", expected(), nesterov));
            }
        }
        let optimizer = match kind {
            OptimizerKind::Adam => {
                if let Some(decay) = weight_decay {
                    let expected = "for `adam`, whose moments would rescale it. Leave it out, or choose `adamw`";
                    return Err(Error::value("weight decay", expected, decay));
                }
                Optimizer::Adam
            }
            OptimizerKind::AdamW => {
                let defaults = AdamWOptions::default();
                Optimizer::AdamW(AdamWOptions {
                    weight_decay: weight_decay.unwrap_or(defaults.weight_decay),
                    ..defaults
                })
            }
            OptimizerKind::Sgd => Optimizer::Sgd(SgdOptions {
                momentum: momentum.unwrap_or_default(),
                nesterov,
                weight_decay: weight_decay.unwrap_or_default(),
            }),
        };
        optimizer.check()?;
        Ok(optimizer)
    }

    /// Which one it is.
    pub fn kind(self) -> OptimizerKind {
        match self {
            Optimizer::Adam => OptimizerKind::Adam,
            Optimizer::AdamW(_) => OptimizerKind::AdamW,
            Optimizer::Sgd(_) => OptimizerKind::Sgd,
        }
    }

    /// Checks the values that no type can.
    pub(in crate::train) fn check(self) -> Result<()> {
        let share = |name, value: f64| match (0.0..1.0).contains(&value) {
            true => Ok(()),
            false => Err(Error::value(name, "at least 0 and below 1", value)),
        };
        let decay = |value: f64| match value >= 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(Error::value("weight decay", "zero or a positive number", value)),
        };
        match self {
            Optimizer::Adam => Ok(()),
            Optimizer::AdamW(adamw) => {
                decay(adamw.weight_decay)?;
                share("beta1", adamw.beta1)?;
                share("beta2", adamw.beta2)?;
                match adamw.epsilon > 0.0 && adamw.epsilon.is_finite() {
                    true => Ok(()),
                    false => Err(Error::value("epsilon", "a positive number", adamw.epsilon)),
                }
            }
            Optimizer::Sgd(sgd) => {
                decay(sgd.weight_decay)?;
                share("momentum", sgd.momentum)?;
                match sgd.nesterov && sgd.momentum == 0.0 {
                    true => Err(Error::value(
                        "momentum",
                        "above 0, as Nesterov's form needs it",
                        sgd.momentum,
                    )),
                    false => Ok(()),
                }
            }
        }
    }

    /// Its settings by the names of the command line; nothing for Adam, whose options have a place of their own.
    pub(in crate::train) fn facts(self) -> Vec<(&'static str, String)> {
        let name = ("optimizer", self.kind().name().to_owned());
        match self {
            Optimizer::Adam => Vec::new(),
            Optimizer::AdamW(AdamWOptions {
                weight_decay,
                beta1,
                beta2,
                epsilon,
            }) => {
                let mut facts = vec![name, ("weight-decay", weight_decay.to_string())];
                let defaults = AdamWOptions::default();
                if (beta1, beta2, epsilon) != (defaults.beta1, defaults.beta2, defaults.epsilon) {
                    facts.push(("betas and epsilon", format!("{beta1}, {beta2}, {epsilon}")));
                }
                facts
            }
            Optimizer::Sgd(SgdOptions {
                momentum,
                nesterov,
                weight_decay,
            }) => {
                let mut facts = vec![name, ("momentum", momentum.to_string())];
                if nesterov {
                    facts.push(("nesterov", "true".into()));
                }
                facts.push(("weight-decay", weight_decay.to_string()));
                facts
            }
        }
    }
}
