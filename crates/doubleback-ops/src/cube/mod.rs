//! Burn's GPU runtimes. They take the default bodies of all ops; a kernel of our own overrides a method here.

use burn::backend::Cube;

use crate::activation::backend::ActivationOps;
use crate::adam::backend::AdamOps;
use crate::batch_norm::backend::BatchNormOps;
use crate::conv::backend::ConvOps;
use crate::derivative::backend::DerivativeOps;
use crate::linf_step::backend::LinfStepOps;
use crate::matmul::backend::MatmulOps;
use crate::pool::backend::PoolOps;
use crate::rectified_sum::backend::RectifiedSumOps;
use crate::relu::backend::ReluOps;

impl ConvOps for Cube {}
impl PoolOps for Cube {}
impl BatchNormOps for Cube {}
impl MatmulOps for Cube {}
impl RectifiedSumOps for Cube {}
impl ReluOps for Cube {}
impl DerivativeOps for Cube {}
impl ActivationOps for Cube {}
impl AdamOps for Cube {}
impl LinfStepOps for Cube {}
