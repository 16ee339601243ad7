//! Options of the methods that have some: what users give, and what is built from it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::given::Given;
use super::{Baseline, ExpectedGradients, IntegratedGradients, Itgsm, Noise, Occlusion, Quadrature, Rise};
use crate::{Error, Result};

/// A [`Baseline`] by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineKind {
    /// [`Baseline::Zero`].
    #[default]
    Zero,
    /// [`Baseline::Black`].
    Black,
    /// [`Baseline::Blur`].
    Blur,
    /// The mean of the background.
    Mean,
    /// All images of the background.
    Background,
}

impl BaselineKind {
    /// All of them.
    pub const ALL: [BaselineKind; 5] = [
        BaselineKind::Zero,
        BaselineKind::Black,
        BaselineKind::Blur,
        BaselineKind::Mean,
        BaselineKind::Background,
    ];

    /// As in `black`.
    pub fn name(self) -> &'static str {
        match self {
            BaselineKind::Zero => "zero",
            BaselineKind::Black => "black",
            BaselineKind::Blur => "blur",
            BaselineKind::Mean => "mean",
            BaselineKind::Background => "background",
        }
    }

    /// Whether it is made of background images.
    pub(super) fn needs_background(self) -> bool {
        matches!(self, BaselineKind::Mean | BaselineKind::Background)
    }

    fn of(self, sigma: f64, given: &Given) -> Result<Baseline> {
        Ok(match self {
            BaselineKind::Zero => Baseline::Zero,
            BaselineKind::Black => Baseline::Black,
            BaselineKind::Blur => Baseline::Blur { sigma },
            BaselineKind::Mean => Baseline::mean_of(given.background()?)?,
            BaselineKind::Background => Baseline::Images(given.background()?.clone()),
        })
    }
}

impl FromStr for BaselineKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| Error::unknown("baseline", name, Self::ALL.map(Self::name)))
    }
}

/// Deviation in pixels of a baseline that is blurred.
const BLUR: f64 = 4.0;
/// Images that baselines are drawn from.
const BACKGROUND: usize = 100;

/// Options of `integrated-gradients`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntegratedGradientsSpec {
    /// [`IntegratedGradients::steps`].
    pub steps: usize,
    /// [`IntegratedGradients::rule`].
    pub rule: Quadrature,
    /// [`IntegratedGradients::baseline`].
    pub baseline: BaselineKind,
    /// [`Baseline::Blur`].
    pub blur: f64,
    /// Images of the background, of which a baseline may be made.
    #[serde(rename = "background_images")]
    pub background: usize,
    /// Seed by which these are drawn.
    pub seed: u64,
}

impl Default for IntegratedGradientsSpec {
    fn default() -> Self {
        let IntegratedGradients { rule, steps, .. } = IntegratedGradients::default();
        Self {
            steps,
            rule,
            baseline: BaselineKind::Zero,
            blur: BLUR,
            background: BACKGROUND,
            seed: 0,
        }
    }
}

impl IntegratedGradientsSpec {
    pub(super) fn explainer(&self, given: &Given) -> Result<IntegratedGradients> {
        Ok(IntegratedGradients {
            rule: self.rule,
            steps: self.steps,
            baseline: self.baseline.of(self.blur, given)?,
            internal_batch: given.internal_batch,
        })
    }
}

/// Options of `smoothgrad`, `smoothgrad-squared` and `vargrad`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoiseSpec {
    /// The method that is asked about noisy copies, by name.
    pub of: String,
    /// [`Noise::draws`].
    pub draws: usize,
    /// [`Noise::share`].
    pub noise: f64,
    /// [`Noise::seed`].
    pub seed: u64,
}

impl Default for NoiseSpec {
    fn default() -> Self {
        let Noise { draws, share, seed, .. } = Noise::default();
        Self {
            of: "gradient".to_owned(),
            draws,
            noise: share,
            seed,
        }
    }
}

impl NoiseSpec {
    pub(super) fn noise(&self, given: &Given) -> Noise {
        Noise {
            draws: self.draws,
            share: self.noise,
            seed: self.seed,
            internal_batch: given.internal_batch,
        }
    }
}

/// Options of `expected-gradients`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedGradientsSpec {
    /// [`ExpectedGradients::draws`].
    pub draws: usize,
    /// Images of [`ExpectedGradients::background`].
    #[serde(rename = "background_images")]
    pub background: usize,
    /// [`ExpectedGradients::seed`], and that by which the background is drawn.
    pub seed: u64,
}

impl Default for ExpectedGradientsSpec {
    fn default() -> Self {
        Self {
            draws: 200,
            background: BACKGROUND,
            seed: 0,
        }
    }
}

impl ExpectedGradientsSpec {
    pub(super) fn explainer(&self, given: &Given) -> Result<ExpectedGradients> {
        Ok(ExpectedGradients {
            background: given.background()?.clone(),
            draws: self.draws,
            seed: self.seed,
            internal_batch: given.internal_batch,
        })
    }
}

/// Options of `occlusion`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OcclusionSpec {
    /// [`Occlusion::window`], a square.
    pub window: Option<usize>,
    /// [`Occlusion::stride`], equal along both sides.
    pub stride: Option<usize>,
    /// [`Occlusion::baseline`].
    pub baseline: BaselineKind,
    /// [`Baseline::Blur`].
    pub blur: f64,
    /// Images of the background, of which a baseline may be made.
    #[serde(rename = "background_images")]
    pub background: usize,
    /// Seed by which these are drawn.
    pub seed: u64,
}

impl Default for OcclusionSpec {
    fn default() -> Self {
        Self {
            window: None,
            stride: None,
            baseline: BaselineKind::Zero,
            blur: BLUR,
            background: BACKGROUND,
            seed: 0,
        }
    }
}

impl OcclusionSpec {
    pub(super) fn explainer(&self, given: &Given) -> Result<Occlusion> {
        Ok(Occlusion {
            window: self.window.map(|side| [side; 2]),
            stride: self.stride.map(|side| [side; 2]),
            baseline: self.baseline.of(self.blur, given)?,
            internal_batch: given.internal_batch,
        })
    }
}

/// Options of `rise`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiseSpec {
    /// [`Rise::masks`].
    pub masks: usize,
    /// [`Rise::cells`].
    pub cells: usize,
    /// [`Rise::keep`].
    pub keep: f64,
    /// [`Rise::baseline`].
    pub baseline: BaselineKind,
    /// [`Baseline::Blur`].
    pub blur: f64,
    /// Images of the background, of which a baseline may be made.
    #[serde(rename = "background_images")]
    pub background: usize,
    /// [`Rise::seed`], and that by which the background is drawn.
    pub seed: u64,
}

impl Default for RiseSpec {
    fn default() -> Self {
        let rise = Rise::default();
        Self {
            masks: rise.masks,
            cells: rise.cells,
            keep: rise.keep,
            baseline: BaselineKind::Zero,
            blur: BLUR,
            background: BACKGROUND,
            seed: rise.seed,
        }
    }
}

impl RiseSpec {
    pub(super) fn explainer(&self, given: &Given) -> Result<Rise> {
        Ok(Rise {
            masks: self.masks,
            cells: self.cells,
            keep: self.keep,
            baseline: self.baseline.of(self.blur, given)?,
            seed: self.seed,
            internal_batch: given.internal_batch,
        })
    }
}

/// Options of `itgsm`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItgsmSpec {
    /// [`Itgsm::steps`].
    pub steps: usize,
    /// [`Itgsm::step_size`].
    pub step_size: f64,
}

impl Default for ItgsmSpec {
    fn default() -> Self {
        let Itgsm { steps, step_size } = Itgsm::default();
        Self { steps, step_size }
    }
}

impl ItgsmSpec {
    pub(super) fn explainer(&self) -> Itgsm {
        Itgsm {
            steps: self.steps,
            step_size: self.step_size,
        }
    }
}
