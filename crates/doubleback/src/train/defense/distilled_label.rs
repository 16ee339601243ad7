use std::sync::Arc;

use crate::train::penalty::{GradientPenalty, Labels, Penalized, PenaltyOptions, Teacher};

impl GradientPenalty<Penalized> {
    /// The distilled-label penalty of Ross & Doshi-Velez 2018: `λ · mean_n ‖∇x H(p_teacher, p)_n‖²`. A number alone is λ.
    pub fn distilled_label(teacher: impl Into<Arc<Teacher>>, options: impl Into<PenaltyOptions>) -> Self {
        options.into().with(Labels::Teacher(teacher.into()))
    }
}
