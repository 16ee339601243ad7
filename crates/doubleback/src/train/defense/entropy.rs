use crate::train::penalty::{GradientPenalty, Labels, Penalized, PenaltyOptions};

impl GradientPenalty<Penalized> {
    /// The entropy penalty of Ross & Doshi-Velez 2018, who saw no effect of it: `λ · mean_n ‖∇x H(p, p)_n‖²`. A number alone is λ.
    pub fn entropy(options: impl Into<PenaltyOptions>) -> Self {
        options.into().with(Labels::Own)
    }
}
