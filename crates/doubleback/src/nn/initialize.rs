use rand::Rng;

use crate::random::Stream;

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// Glorot & Bengio 2010: uniform in ±√(6 / (fan in + fan out)).
    GlorotUniform {
        /// Inputs of one output.
        fan_in: usize,
        /// Outputs of one input.
        fan_out: usize,
    },
    /// All zeros.
    Zeros,
    /// All ones.
    Ones,
}

/// Starting values of the parameter with this stream for a seed: the same on every machine.
pub(crate) fn values(start: Start, count: usize, seed: u64, stream: Stream<'_>) -> Vec<f32> {
    match start {
        Start::Zeros => vec![0.0; count],
        Start::Ones => vec![1.0; count],
        Start::GlorotUniform { fan_in, fan_out } => {
            let mut random = stream.of(seed);
            let limit = (6.0 / (fan_in + fan_out) as f32).sqrt();
            (0..count)
                .map(|_| (random.random::<f32>() * 2.0 - 1.0) * limit)
                .collect()
        }
    }
}
