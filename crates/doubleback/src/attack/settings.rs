//! Options of the attacks of which these are other than their fields: what users give, and what is built from it.

use serde::{Deserialize, Serialize};

use super::{Apgd, ApgdLoss, Ensemble, Fab, Jsma, Norm, Pgd, Square, Target};
use crate::Result;
use crate::nn::Loss;

/// Options of `pgd`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PgdSpec {
    /// [`Pgd::steps`].
    pub steps: usize,
    /// [`Pgd::step_size`].
    pub step_size: Option<f64>,
    /// [`Pgd::loss`].
    pub loss: Loss,
    /// [`Pgd::norm`].
    pub norm: Norm,
    /// Random starts that are tried, at least 1.
    pub restarts: usize,
    /// Seed of the random starts.
    pub seed: u64,
    /// Starts at the image itself.
    pub no_random_start: bool,
}

impl Default for PgdSpec {
    fn default() -> Self {
        let pgd = Pgd::default();
        Self {
            steps: pgd.steps,
            step_size: pgd.step_size,
            loss: pgd.loss,
            norm: pgd.norm,
            restarts: 1,
            seed: pgd.random_start.unwrap_or_default(),
            no_random_start: pgd.random_start.is_none(),
        }
    }
}

impl PgdSpec {
    pub(super) fn label(&self) -> &'static str {
        match (self.norm, self.loss) {
            (Norm::Linf, Loss::CrossEntropy) => "pgd",
            (Norm::Linf, Loss::Margin) => "pgd-margin",
            (Norm::Linf, Loss::ProbabilityMargin) => "pgd-probability-margin",
            (Norm::L2, Loss::CrossEntropy) => "pgd-l2",
            (Norm::L2, Loss::Margin) => "pgd-l2-margin",
            (Norm::L2, Loss::ProbabilityMargin) => "pgd-l2-probability-margin",
        }
    }

    pub(super) fn attack(&self) -> Result<Ensemble> {
        let pgd = Pgd {
            loss: self.loss,
            norm: self.norm,
            steps: self.steps,
            step_size: self.step_size,
            random_start: (!self.no_random_start).then_some(self.seed),
            restart: 0,
        };
        pgd.restarts(self.restarts)
    }

    pub(super) fn in_words(&self) -> String {
        let (steps, loss) = (self.steps, self.loss.in_words());
        let size = match self.step_size {
            Some(size) => size.to_string(),
            None => format!("eps / {}", steps as f64 / 2.5),
        };
        let start = match (self.no_random_start, self.restarts) {
            (true, _) => "from the image itself".to_owned(),
            (false, 1) => "from a random start".to_owned(),
            (false, restarts) => format!("from the best of {restarts} random starts"),
        };
        format!(
            "{steps} steps of length {size} within eps ({}), {loss}, {start}",
            self.norm.sign()
        )
    }
}

/// Options of `bim`, the basic iterative method (Kurakin, Goodfellow & Bengio 2016): PGD from the image itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BimSpec {
    /// [`Pgd::steps`].
    pub steps: usize,
    /// [`Pgd::step_size`].
    pub step_size: Option<f64>,
    /// [`Pgd::loss`].
    pub loss: Loss,
    /// [`Pgd::norm`].
    pub norm: Norm,
}

impl Default for BimSpec {
    fn default() -> Self {
        Self {
            steps: 10,
            step_size: None,
            loss: Loss::default(),
            norm: Norm::default(),
        }
    }
}

impl BimSpec {
    /// The same as options of `pgd`.
    pub(super) fn as_pgd(&self) -> PgdSpec {
        PgdSpec {
            steps: self.steps,
            step_size: self.step_size,
            loss: self.loss,
            norm: self.norm,
            no_random_start: true,
            ..PgdSpec::default()
        }
    }

    pub(super) fn label(&self) -> &'static str {
        match (self.norm, self.loss) {
            (Norm::Linf, Loss::CrossEntropy) => "bim",
            (Norm::Linf, Loss::Margin) => "bim-margin",
            (Norm::Linf, Loss::ProbabilityMargin) => "bim-probability-margin",
            (Norm::L2, Loss::CrossEntropy) => "bim-l2",
            (Norm::L2, Loss::Margin) => "bim-l2-margin",
            (Norm::L2, Loss::ProbabilityMargin) => "bim-l2-probability-margin",
        }
    }
}

/// Options of `jsma`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JsmaSpec {
    /// All but the target.
    #[serde(flatten)]
    pub jsma: Jsma,
    /// The class that examples should be taken for.
    pub target: Target,
}

/// Options of `apgd-ce` and `apgd-dlr`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApgdSpec {
    /// [`Apgd::steps`].
    pub steps: usize,
    /// [`Apgd::norm`].
    pub norm: Norm,
    /// Random starts that are tried, at least 1.
    pub restarts: usize,
    /// [`Apgd::seed`].
    pub seed: u64,
}

impl Default for ApgdSpec {
    fn default() -> Self {
        let apgd = Apgd::default();
        Self {
            steps: apgd.steps,
            norm: apgd.norm,
            restarts: 1,
            seed: apgd.seed,
        }
    }
}

impl ApgdSpec {
    pub(super) fn attack(&self, loss: ApgdLoss) -> Result<Ensemble> {
        let apgd = Apgd {
            loss,
            norm: self.norm,
            steps: self.steps,
            seed: self.seed,
            restart: 0,
        };
        apgd.restarts(self.restarts)
    }

    pub(super) fn in_words(&self, loss: &str) -> String {
        let (steps, norm, starts) = (self.steps, self.norm.sign(), starts(self.restarts));
        format!("{steps} steps of chosen length within eps ({norm}), {loss}, {starts}")
    }
}

/// Options of `apgd-t`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApgdTSpec {
    /// [`Apgd::steps`], for each target.
    pub steps: usize,
    /// [`Apgd::norm`].
    pub norm: Norm,
    /// The most likely other classes that are aimed at, at least 1.
    pub targets: usize,
    /// Random starts that are tried for each target, at least 1.
    pub restarts: usize,
    /// [`Apgd::seed`].
    pub seed: u64,
}

impl Default for ApgdTSpec {
    fn default() -> Self {
        let apgd = Apgd::default();
        Self {
            steps: apgd.steps,
            norm: apgd.norm,
            targets: TARGETS,
            restarts: 1,
            seed: apgd.seed,
        }
    }
}

impl ApgdTSpec {
    pub(super) fn attack(&self) -> Result<Ensemble> {
        let apgd = Apgd {
            norm: self.norm,
            steps: self.steps,
            seed: self.seed,
            ..Apgd::default()
        };
        apgd.targeted(self.targets, self.restarts)
    }

    pub(super) fn in_words(&self) -> String {
        let (steps, norm, starts) = (self.steps, self.norm.sign(), starts(self.restarts));
        let targets = aims(self.targets);
        format!(
            "{steps} steps of chosen length within eps ({norm}), difference of logits ratio towards {targets}, {starts}"
        )
    }
}

/// Options of `square`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SquareSpec {
    /// [`Square::queries`].
    pub queries: usize,
    /// [`Square::initial_share`].
    pub initial_share: f64,
    /// [`Square::norm`].
    pub norm: Norm,
    /// Searches that are tried, at least 1.
    pub restarts: usize,
    /// [`Square::seed`].
    pub seed: u64,
}

impl Default for SquareSpec {
    fn default() -> Self {
        let square = Square::default();
        Self {
            queries: square.queries,
            initial_share: square.initial_share,
            norm: square.norm,
            restarts: 1,
            seed: square.seed,
        }
    }
}

impl SquareSpec {
    pub(super) fn attack(&self) -> Result<Ensemble> {
        let square = Square {
            norm: self.norm,
            queries: self.queries,
            initial_share: self.initial_share,
            seed: self.seed,
            restart: 0,
        };
        square.restarts(self.restarts)
    }

    pub(super) fn in_words(&self) -> String {
        let (queries, norm, starts) = (self.queries, self.norm.sign(), starts(self.restarts));
        let share = 100.0 * self.initial_share;
        format!("{queries} queries within eps ({norm}), squares of {share} % of the values at first, {starts}")
    }
}

/// Options of `fab`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FabSpec {
    /// [`Fab::steps`].
    pub steps: usize,
    /// [`Fab::norm`].
    pub norm: Norm,
    /// [`Fab::restarts`].
    pub restarts: usize,
    /// [`Fab::seed`].
    pub seed: u64,
}

impl Default for FabSpec {
    fn default() -> Self {
        let fab = Fab::default();
        Self {
            steps: fab.steps,
            norm: fab.norm,
            restarts: fab.restarts,
            seed: fab.seed,
        }
    }
}

impl FabSpec {
    pub(super) fn attack(&self) -> Fab {
        Fab {
            steps: self.steps,
            norm: self.norm,
            targets: None,
            restarts: self.restarts,
            seed: self.seed,
        }
    }

    pub(super) fn in_words(&self) -> String {
        let (steps, norm, starts) = (self.steps, self.norm.sign(), starts_around(self.restarts));
        format!("{steps} steps to the nearest boundary within eps ({norm}), {starts}")
    }
}

/// Options of `fab-t`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FabTSpec {
    /// [`Fab::steps`].
    pub steps: usize,
    /// [`Fab::norm`].
    pub norm: Norm,
    /// The most likely other classes that are aimed at, at least 1.
    pub targets: usize,
    /// [`Fab::restarts`], for each target.
    pub restarts: usize,
    /// [`Fab::seed`].
    pub seed: u64,
}

impl Default for FabTSpec {
    fn default() -> Self {
        let fab = Fab::default();
        Self {
            steps: fab.steps,
            norm: fab.norm,
            targets: TARGETS,
            restarts: fab.restarts,
            seed: fab.seed,
        }
    }
}

impl FabTSpec {
    pub(super) fn attack(&self) -> Fab {
        Fab {
            steps: self.steps,
            norm: self.norm,
            targets: Some(self.targets),
            restarts: self.restarts,
            seed: self.seed,
        }
    }

    pub(super) fn in_words(&self) -> String {
        let (steps, norm, targets) = (self.steps, self.norm.sign(), aims(self.targets));
        let starts = starts_around(self.restarts);
        format!("{steps} steps to the boundary of each of {targets} within eps ({norm}), {starts}")
    }
}

/// Targets of the authors' ensemble.
const TARGETS: usize = 9;

fn starts(restarts: usize) -> String {
    match restarts {
        1 => "from a random start".to_owned(),
        restarts => format!("from the best of {restarts} random starts"),
    }
}

/// Of attacks whose first start is no random one.
fn starts_around(restarts: usize) -> String {
    match restarts {
        1 => "from the image itself".to_owned(),
        2 => "from the image itself and a random start".to_owned(),
        restarts => format!("from the image itself and {} random starts", restarts - 1),
    }
}

fn aims(targets: usize) -> String {
    match targets {
        1 => "the most likely other class".to_owned(),
        targets => format!("the {targets} most likely other classes (of fewer, all)"),
    }
}
