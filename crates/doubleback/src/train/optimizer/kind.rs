use strum::{Display, EnumCount, EnumString, IntoStaticStr};

use crate::Error;

/// Which optimizer, as the command line names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum OptimizerKind {
    /// Adam in TensorFlow's form, the paper's.
    #[default]
    Adam,
    /// AdamW: Adam in PyTorch's form with decoupled weight decay.
    AdamW,
    /// Stochastic gradient descent.
    Sgd,
}

impl OptimizerKind {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [OptimizerKind::Adam, OptimizerKind::AdamW, OptimizerKind::Sgd];

    /// `adam`, `adamw` or `sgd`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// A learning rate to start from, where those of Adam's kind are far too low: 0.1 for SGD, as for residual networks on CIFAR-10 (He et al. 2016).
    pub fn learning_rate(self) -> Option<f64> {
        match self {
            OptimizerKind::Adam | OptimizerKind::AdamW => None,
            OptimizerKind::Sgd => Some(0.1),
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("optimizer", name, OptimizerKind::ALL.map(OptimizerKind::name))
}
