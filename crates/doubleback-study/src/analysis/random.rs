//! Random numbers that do not meet: what one seed is used for, each in a stream of its own.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Answers of people who are not there.
    Simulation = 1,
    /// Signs of differences.
    Flips,
    /// Images, drawn with replacement.
    Draws,
}

impl Purpose {
    /// Its random numbers.
    pub fn random(self, seed: u64) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(self as u64);
        random
    }
}
