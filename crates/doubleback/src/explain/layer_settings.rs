//! Options of the methods that look at layers: what users give, and what is built from it.

use serde::{Deserialize, Serialize};

use super::lrp::Composite;
use super::{GradCam, GradCamPlusPlus, GuidedGradCam, Lrp, Upsampling};

/// Options of `grad-cam` and `grad-cam++`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GradCamSpec {
    /// [`GradCam::stage`].
    pub stage: Option<String>,
    /// Keep what speaks against the target too: [`GradCam::relu`] is off.
    pub signed: bool,
}

impl GradCamSpec {
    pub(super) fn grad_cam(&self) -> GradCam {
        GradCam {
            stage: self.stage.clone(),
            relu: !self.signed,
        }
    }

    pub(super) fn grad_cam_plus_plus(&self) -> GradCamPlusPlus {
        GradCamPlusPlus {
            stage: self.stage.clone(),
            relu: !self.signed,
        }
    }
}

/// Options of `guided-grad-cam`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuidedGradCamSpec {
    /// [`GuidedGradCam::stage`].
    pub stage: Option<String>,
    /// [`GuidedGradCam::upsampling`].
    pub upsampling: Upsampling,
}

impl GuidedGradCamSpec {
    pub(super) fn explainer(&self) -> GuidedGradCam {
        GuidedGradCam {
            stage: self.stage.clone(),
            upsampling: self.upsampling,
        }
    }
}

/// Options of `lrp`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LrpSpec {
    /// Rules by layer.
    pub composite: Composite,
    /// ε of the rules that have it.
    pub epsilon: f64,
    /// γ of the rules that have it.
    pub gamma: f64,
}

impl Default for LrpSpec {
    fn default() -> Self {
        Self {
            composite: Composite::default(),
            epsilon: Lrp::EPSILON,
            gamma: Lrp::GAMMA,
        }
    }
}

impl LrpSpec {
    pub(super) fn explainer(&self) -> Lrp {
        Lrp::of(self.composite, self.epsilon, self.gamma)
    }

    pub(super) fn in_words(&self) -> String {
        let Self { epsilon, gamma, .. } = self;
        match self.composite {
            Composite::Epsilon => format!("relevance by epsilon {epsilon} in all layers"),
            Composite::Gamma => format!("relevance by gamma {gamma} in all layers"),
            Composite::EpsilonPlus => {
                format!("relevance by z+ in convolutions and epsilon {epsilon} in dense layers")
            }
            Composite::EpsilonGammaBox => format!(
                "relevance by zB at the pixels, gamma {gamma} in other convolutions and epsilon {epsilon} in other dense layers"
            ),
        }
    }
}
