use std::path::PathBuf;

use crate::profile::Profile;

/// What to reproduce, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much work to spend.
    pub profile: Profile,
    /// Seed of weights and dropout.
    pub seed: u64,
    /// Seeds in all: this many runs of the models, with this seed and those after it; at least 1.
    pub seeds: usize,
    /// Output folder.
    pub out: PathBuf,
    /// Name of the device, for the record.
    pub device_name: String,
    /// Worker threads, for the record.
    pub threads: usize,
    /// The authors' own gradients, a `.npy` file, to score our models with.
    pub published_gradients: Option<PathBuf>,
}
