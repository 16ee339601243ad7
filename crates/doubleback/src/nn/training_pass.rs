use std::collections::HashSet;
use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::random::Stream;
use crate::{Error, Result};

/// Values of a dropout mask that are drawn at once.
const MASK_BLOCK: usize = 1 << 14;

/// Randomness of the forward passes of one training step, and the batch statistics that they saw.
pub struct TrainingPass {
    random: ChaCha8Rng,
    /// To be used, last first; when there are none left, masks are drawn.
    masks: Vec<Tensor<4>>,
    drawn: Vec<Tensor<4>>,
    statistics: Vec<Option<Tensor<2>>>,
    frozen: Arc<HashSet<String>>,
}

impl TrainingPass {
    /// Dropout masks are a function of seed and step alone, so that a resumed training repeats them.
    pub fn new(seed: u64, step: usize) -> Self {
        Self {
            random: Stream::DropoutMasks { step: step as u64 }.of(seed),
            masks: Vec::new(),
            drawn: Vec::new(),
            statistics: Vec::new(),
            frozen: Arc::default(),
        }
    }

    /// Batch norms of these names keep their moving averages, and normalize by them, as in inference.
    #[must_use]
    pub fn with_frozen_norms(mut self, names: Arc<HashSet<String>>) -> Self {
        self.frozen = names;
        self
    }

    /// Whether the batch norm of this name keeps its moving averages.
    pub(crate) fn freezes(&self, name: &str) -> bool {
        self.frozen.contains(name)
    }

    /// Uses these dropout masks (already scaled), in order, instead of random ones.
    pub fn with_masks(masks: Vec<Tensor<4>>) -> Self {
        Self {
            masks: masks.into_iter().rev().collect(),
            ..Self::new(0, 0)
        }
    }

    /// The dropout masks that passes drew, in order, for [`with_masks`](Self::with_masks).
    pub fn into_masks(self) -> Vec<Tensor<4>> {
        self.drawn
    }

    /// A seed for whatever else is random in this step.
    pub(crate) fn draw_seed(&mut self) -> u64 {
        self.random.random()
    }

    /// Statistics that batch norms recorded, in the order of their forward passes; nothing of a frozen one.
    pub(crate) fn into_statistics(self) -> Vec<Option<Tensor<2>>> {
        self.statistics
    }

    /// Remembers the batch statistics that a batch norm saw, `[2, channels]`.
    pub(crate) fn record(&mut self, statistics: Tensor<2>) {
        self.statistics.push(Some(statistics));
    }

    /// Passes over a frozen batch norm.
    pub(crate) fn record_nothing(&mut self) {
        self.statistics.push(None);
    }

    /// Zeros at this `rate`, and elsewhere 1 / (1 - rate): shaped as `x`.
    pub(crate) fn dropout_mask(&mut self, x: &Tensor<4>, rate: f64) -> Result<Tensor<4>> {
        let dims = x.dims();
        if let Some(mask) = self.masks.pop() {
            return if mask.dims() == dims {
                Ok(mask)
            } else {
                Err(Error::shape("dropout mask", dims, mask.dims()))
            };
        }
        let kept = (1.0 / (1.0 - rate)) as f32;
        let mut mask = vec![0f32; dims.iter().product()];
        // A value is one word of the stream, so that every block knows where it begins.
        let start = self.random.get_word_pos();
        mask.par_chunks_mut(MASK_BLOCK).enumerate().for_each(|(index, block)| {
            let mut random = self.random.clone();
            random.set_word_pos(start + (index * MASK_BLOCK) as u128);
            for value in block {
                if random.random::<f32>() >= rate as f32 {
                    *value = kept;
                }
            }
        });
        self.random.set_word_pos(start + mask.len() as u128);
        let mask = Tensor::from_data(TensorData::new(mask, dims), (&x.device().inner(), x.dtype()));
        self.drawn.push(mask.clone());
        Ok(mask)
    }
}
