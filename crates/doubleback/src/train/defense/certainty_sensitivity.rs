use crate::train::penalty::{GradientPenalty, Labels, Penalized, PenaltyOptions};

impl GradientPenalty<Penalized> {
    /// Certainty sensitivity (Ross & Doshi-Velez 2018, eq. 7): `λ · mean_n ‖∇x H(1/K, p)_n‖²`; no label enters it. A number alone is λ.
    pub fn certainty_sensitivity(options: impl Into<PenaltyOptions>) -> Self {
        options.into().with(Labels::Uniform)
    }
}
