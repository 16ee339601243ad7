//! The step on tensors of a tape: nothing is recorded for it, the stock ops of the default body record themselves.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;

use super::backend::LinfStepOps;

impl<B: LinfStepOps, C: CheckpointStrategy> LinfStepOps for Autodiff<B, C> {}
