use burn::tensor::Tensor;

use super::InternalBatch;
use crate::{Error, Result};

/// What methods are given besides their options.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Images asked about at once.
    pub internal_batch: InternalBatch,
    /// Images that baselines are made of or drawn from, `[k, channels, height, width]`, where there are some.
    pub background: Option<Tensor<4>>,
}

impl Given {
    /// # Errors
    /// When there is none.
    pub(super) fn background(&self) -> Result<&Tensor<4>> {
        let missing = || Error::value("background", "images that baselines are drawn from: give some", "none");
        self.background.as_ref().ok_or_else(missing)
    }
}
