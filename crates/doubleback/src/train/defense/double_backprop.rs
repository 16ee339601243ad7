use crate::train::penalty::{GradientPenalty, Labels, Penalized, PenaltyOptions};

impl GradientPenalty<Penalized> {
    /// Double backprop (Drucker & Le Cun 1992; Ross & Doshi-Velez 2018, eq. 6): `λ · mean_n ‖∇x H(y, p)_n‖²`. A number alone is λ.
    pub fn double_backprop(options: impl Into<PenaltyOptions>) -> Self {
        options.into().with(Labels::True)
    }
}
