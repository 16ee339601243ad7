//! Adam on tensors of a tape: nothing is recorded for it, the stock ops of the default body record themselves.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;

use super::backend::AdamOps;

impl<B: AdamOps, C: CheckpointStrategy> AdamOps for Autodiff<B, C> {}
