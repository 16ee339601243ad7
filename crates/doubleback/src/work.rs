//! How much this process has computed, in images, whichever command or library call asked for it.

use std::sync::atomic::{AtomicU64, Ordering};

/// What networks have computed since the process began, in images: a forward pass of 256 images counts 256.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Forward passes.
    pub forward_passes: u64,
    /// Gradients with respect to the images.
    pub input_gradients: u64,
    /// Gradients with respect to the parameters, in training.
    pub parameter_gradients: u64,
}

/// A count, to which a batch at a time is added: nothing that computing would wait for.
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, images: usize) {
        self.0.fetch_add(images as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) static FORWARD_PASSES: Counter = Counter(AtomicU64::new(0));
pub(crate) static INPUT_GRADIENTS: Counter = Counter(AtomicU64::new(0));
pub(crate) static PARAMETER_GRADIENTS: Counter = Counter(AtomicU64::new(0));

impl Work {
    /// What has been computed by now.
    pub fn so_far() -> Self {
        Self {
            forward_passes: FORWARD_PASSES.get(),
            input_gradients: INPUT_GRADIENTS.get(),
            parameter_gradients: PARAMETER_GRADIENTS.get(),
        }
    }
}
