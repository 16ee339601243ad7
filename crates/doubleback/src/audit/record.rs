use serde::{Deserialize, Serialize};

/// What an audit measured of one image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Place of the image in the test part of the data set.
    pub index: usize,
    /// Its class.
    pub label: usize,
    /// What the model takes it for unperturbed; nothing if its logits are not finite.
    pub clean: Option<usize>,
    /// The attack that broke it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_by: Option<String>,
    /// What the model takes the last example for: the one that broke it, or the best of the last attack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<usize>,
    /// The same of the example rounded to 8 bits, of data that has such a form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction_8bit: Option<usize>,
    /// The same of the example when the model is asked once more, in another batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction_again: Option<usize>,
    /// Logit of the class less the greatest other one, at the last example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f32>,
    /// Largest change of a value in the last example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linf: Option<f32>,
    /// Euclidean length of its change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l2: Option<f32>,
    /// Whether an example that was made on a surrogate, another network, broke it after all attacks had not; nothing if that was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_by_transfer: Option<bool>,
    /// What each attack did that was tried on it, in the order of the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Trial>,
    /// What the model was asked besides, of the first images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

impl Record {
    /// Whether the model knows it unperturbed.
    pub fn is_right(&self) -> bool {
        self.clean == Some(self.label)
    }

    /// Whether the model knows it, and no attack broke it.
    pub fn stands(&self) -> bool {
        self.is_right() && self.broken_by.is_none()
    }
}

/// What one attack did on one image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Gradients computed.
    pub gradients: usize,
    /// Forward passes besides.
    pub forwards: usize,
    /// Every gradient was exactly zero.
    #[serde(default, skip_serializing_if = "is_false")]
    pub zero_gradient: bool,
    /// Gradients or logits were not finite, so that it could do nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_finite: bool,
    /// How far the nearest example is, of an attack that looks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<f32>,
}

/// What a model was asked of an image to see whether its gradients and its answers can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The input gradient of the margin is exactly zero.
    pub zero_gradient: bool,
    /// Logits or gradient are not finite.
    pub not_finite: bool,
    /// The outputs are between 0 and 1 and their sum is 1.
    pub probabilities: bool,
    /// The outputs are at most 0, and the sum of their exponentials is 1.
    pub log_probabilities: bool,
    /// How much the outputs differ when the same batch is asked twice, as a share of the largest.
    pub repeat_change: f32,
    /// The same when the image is asked alone; of some images only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone_change: Option<f32>,
    /// How far the change of the margin along a step of half a 255th is from what the gradient says, as a share of that; nothing without a gradient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope_error: Option<f32>,
    /// What short attacks did; nothing where logits or gradient are not finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attacks: Option<ProbeAttacks>,
    /// Whether a longer attack broke it after all others had not; nothing if they had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_by_more: Option<bool>,
}

/// What short attacks did to an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbeAttacks {
    /// FGSM on the cross-entropy in f32 broke it.
    pub fgsm: bool,
    /// FGSM on the margin broke it.
    pub fgsm_margin: bool,
    /// APGD on the cross-entropy at each size of [`Setup::sizes`](super::Setup::sizes).
    pub at_sizes: Vec<AtSize>,
}

/// What a short attack did within one eps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AtSize {
    /// It broke the image.
    pub broken: bool,
    /// Logit of the class less the greatest other one at the example.
    pub margin: f32,
}

fn is_false(value: &bool) -> bool {
    !value
}
