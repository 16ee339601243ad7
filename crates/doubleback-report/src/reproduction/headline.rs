//! Which perturbation size a page speaks of first.

use super::context::Context;
use doubleback_experiments::reproduce::model_names::NORMAL;

/// The attack and size of the headline: FGSM on the normal model at the smallest eps at which it is wrong on half of its
/// images or more, else the greatest. A fixed rule, so that no run can choose its best case.
pub fn headline(context: &Context) -> Option<f64> {
    let sizes: Vec<f64> = context
        .eps_values("fgsm")
        .into_iter()
        .filter(|&eps| eps > 0.0)
        .collect();
    let fooled = |eps: &&f64| {
        context
            .cell("fgsm", NORMAL, NORMAL, **eps)
            .is_some_and(|cell| cell.accuracy <= 0.5)
    };
    sizes.iter().find(fooled).or(sizes.last()).copied()
}
