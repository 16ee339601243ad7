/// Adam in TensorFlow 1's form, which the paper's models were trained with: `epsilon` is added to the square root of the
/// *uncorrected* second moment, and both bias corrections go into the rate (Kingma & Ba 2015, end of section 2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamOptions {
    /// Step size before bias correction.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
}

impl Default for AdamOptions {
    /// The paper's: rate 2e-4, betas 0.9 and 0.999, epsilon 1e-4.
    fn default() -> Self {
        Self {
            learning_rate: 2e-4,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-4,
        }
    }
}

impl AdamOptions {
    /// The bias-corrected rate of step `step`, counted from 1.
    pub fn rate(&self, step: usize) -> f64 {
        let step = step as f64;
        self.learning_rate * (1.0 - self.beta2.powf(step)).sqrt() / (1.0 - self.beta1.powf(step))
    }
}
