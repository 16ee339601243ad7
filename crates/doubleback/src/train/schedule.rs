use std::f64::consts::PI;

use strum::{Display, EnumCount, EnumString, IntoStaticStr};

use crate::{Error, Result};

/// How the learning rate goes over the optimizer steps: a function of the step's number, and for all but [`Constant`](Self::Constant) of how many
/// there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum Schedule {
    /// The same in every step.
    #[default]
    Constant,
    /// Half a cosine from the learning rate to 0 (Loshchilov & Hutter 2017, without restarts), which would be that of the step after the last: PyTorch's
    /// `CosineAnnealingLR`.
    Cosine,
    /// Up from a 25th of the learning rate for 30 % of the steps, then down to a 250,000th in the last one, both along half a cosine: PyTorch's
    /// `OneCycleLR` (Smith & Topin 2018). The momentum is not cycled.
    OneCycle,
}

/// Share of the steps in which one cycle rises.
const RISING: f64 = 0.3;
/// What the learning rate of one cycle is divided by in its first step.
const FIRST: f64 = 25.0;
/// What the first rate is divided by in the last step.
const LAST: f64 = 1e4;

impl Schedule {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [Schedule::Constant, Schedule::Cosine, Schedule::OneCycle];

    /// `constant`, `cosine` or `one-cycle`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The rate of optimizer step `step`, counted from 0, of `steps` in all. The first `warmup` steps rise linearly: step k has (k + 1) / (warmup + 1) of the
    /// learning rate, and a cosine begins after them.
    ///
    /// ```
    /// use doubleback::train::Schedule;
    ///
    /// assert_eq!(Schedule::Constant.rate(0.1, 7, 10, 0), 0.1);
    /// assert_eq!(Schedule::Constant.rate(0.1, 0, 10, 3), 0.025);
    /// assert!((Schedule::Cosine.rate(0.1, 5, 10, 0) - 0.05).abs() < 1e-12);
    /// assert!((Schedule::OneCycle.rate(0.1, 2, 10, 0) - 0.1).abs() < 1e-12);
    /// ```
    pub fn rate(self, learning_rate: f64, step: usize, steps: usize, warmup: usize) -> f64 {
        if step < warmup {
            return learning_rate * (step + 1) as f64 / (warmup + 1) as f64;
        }
        match self {
            Schedule::Constant => learning_rate,
            Schedule::Cosine => {
                let done = (step - warmup) as f64 / steps.saturating_sub(warmup).max(1) as f64;
                learning_rate * (1.0 + (PI * done).cos()) / 2.0
            }
            Schedule::OneCycle => one_cycle(learning_rate, step as f64, steps as f64),
        }
    }

    /// Refuses a warm-up that does not fit.
    pub(super) fn check(self, steps: usize, warmup: usize) -> Result<()> {
        if self == Schedule::OneCycle && warmup > 0 {
            let expected = "for the schedule `one-cycle`, which rises by itself. Leave it out, or choose `cosine`";
            return Err(Error::value("warm-up", expected, warmup));
        }
        match warmup > 0 && warmup >= steps {
            true => Err(Error::value("warm-up", format!("less than the {steps} steps"), warmup)),
            false => Ok(()),
        }
    }
}

fn one_cycle(learning_rate: f64, step: f64, steps: f64) -> f64 {
    let (first, last) = (learning_rate / FIRST, learning_rate / FIRST / LAST);
    let (top, end) = (RISING * steps - 1.0, steps - 1.0);
    let between = |from: f64, to: f64, done: f64| to + (from - to) / 2.0 * (1.0 + (PI * done).cos());
    match step <= top {
        true => between(first, learning_rate, step / top),
        false => between(learning_rate, last, (step - top) / (end - top)),
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("schedule", name, Schedule::ALL.map(Schedule::name))
}
