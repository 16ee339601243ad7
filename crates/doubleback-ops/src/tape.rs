//! Burn's tape.

/// Puts an op with one differentiable output on the tape; `C`, the tape's checkpoint strategy, is the caller's.
macro_rules! record {
    ($op:expr, [$($node:expr),+], $state:expr, $output:expr) => {
        match $op.prepare::<C>([$($node),+]).compute_bound().stateful() {
            burn::backend::autodiff::ops::OpsKind::Tracked(prep) => prep.finish($state, $output),
            burn::backend::autodiff::ops::OpsKind::UnTracked(prep) => prep.finish($output),
        }
    };
}
pub(crate) use record;
