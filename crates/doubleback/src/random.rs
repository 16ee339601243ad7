//! Random numbers by purpose: one seed gives every purpose, and every step, image or draw within it, a stream of its own.
//!
//! A stream is a number that ChaCha8 takes beside its seed. What is drawn is therefore a function of seed and place alone, the same on every
//! machine and with any number of threads, and resumed work draws what the interrupted work would have drawn. The numbers are part of
//! every checkpoint and result: new purposes get new ranges, and those below stay as they are.
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for.
///
/// ```
/// use doubleback::random::Stream;
/// use rand::Rng;
///
/// let draw = |stream: Stream| -> u64 { stream.of(7).random() };
/// assert_eq!(draw(Stream::DropoutMasks { step: 3 }), draw(Stream::DropoutMasks { step: 3 }));
/// assert_ne!(draw(Stream::DropoutMasks { step: 3 }), draw(Stream::DropoutMasks { step: 4 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stream<'a> {
    /// Draws with replacement of a bootstrap, which has a seed of its own.
    Resampling,
    /// Starting values of a network's tensor, counted from 1.
    NetworkStart {
        /// Number of the tensor.
        index: u32,
    },
    /// Starting values of a chain's tensor. The stream is a hash of the name, in the range of [`NetworkStart`](Self::NetworkStart): a chain and a
    /// network of one seed could share a stream, and nothing depends on their not doing so.
    ChainStart {
        /// Full name of the tensor, such as `decoder.up1.weight`.
        name: &'a str,
    },
    /// Dropout masks, and seeds of attacks, of a training step.
    DropoutMasks {
        /// The step, counted from 0.
        step: u64,
    },
    /// Noise that generators get in a training step.
    GeneratorNoise {
        /// The step, counted from 0.
        step: u64,
    },
    /// First singular vectors of spectral normalization.
    SpectralStart {
        /// Number of the weight.
        index: u64,
    },
    /// Noise of the pictures that generators draw while they are trained: the same in every picture.
    GeneratorGrid,
    /// Noise of explanations by trained generators. Both ways to ask for one ([`InterpretGan::noise`](crate::diagnose::InterpretGan::noise) and the
    /// diagnosis, which puts the draw above the image's place in `index`) share this range: it is one purpose, and equal indices are to have equal noise.
    ExplanationNoise {
        /// Number of the noise; indices of 2^47 or more run into other ranges.
        index: u64,
    },
    /// Which latents of a training step are mixed, and by which weights.
    LatentMixture {
        /// The step, counted from 0.
        step: u64,
    },
    /// Which images of a class are in a sample of a data set.
    TestSample {
        /// The class.
        class: u32,
    },
    /// Start of an attack within the ball around an image. It is a hash of the image, anywhere in the whole range, so that it does not depend on the
    /// batch that the image is in. Attacks have seeds of their own: those of a training are drawn from [`DropoutMasks`](Self::DropoutMasks).
    AttackStart {
        /// The pixels.
        image: &'a [f32],
        /// Number of the restart.
        restart: u64,
    },
    /// Noise that a layer of an imported network draws for an image: a hash of it, as that of [`AttackStart`](Self::AttackStart), but another.
    LayerNoise {
        /// The pixels.
        image: &'a [f32],
    },
    /// Noise that a metric of explanations adds to an image: a hash of it, as that of [`AttackStart`](Self::AttackStart), but another.
    MetricNoise {
        /// The pixels.
        image: &'a [f32],
        /// Number of the draw.
        draw: u64,
    },
    /// Which classes, and which pairs of them, stand for all of a data set that has many.
    ClassSample,
    /// What an explanation draws for an image: noise, a point of a path, a mask. A hash of the image, as that of [`AttackStart`](Self::AttackStart), but
    /// another.
    AttributionDraw {
        /// The pixels; none where all images have the same draws.
        image: &'a [f32],
        /// Number of the draw.
        draw: u64,
    },
    /// How a training image is shifted and mirrored when it is met.
    Augmentation {
        /// Rounds through the training set before; 2^27 or more run into other ranges.
        round: u64,
        /// The image's place in the training set, below 2^32.
        place: u64,
    },
}

const DROPOUT: u64 = 1 << 32;
const GENERATOR_NOISE: u64 = 1 << 48;
const SPECTRAL: u64 = GENERATOR_NOISE + (1 << 40);
const GRID: u64 = GENERATOR_NOISE + (1 << 43);
const EXPLANATION: u64 = GENERATOR_NOISE + (1 << 44);
const MIXTURE: u64 = 1 << 56;
const SAMPLE: u64 = 1 << 57;
const CLASS_SAMPLE: u64 = 1 << 58;
const AUGMENTATION: u64 = 1 << 59;
/// The name of the purpose, as bytes.
const LAYER_NOISE: u64 = u64::from_le_bytes(*b"layernoi");
/// The same.
const ATTRIBUTION: u64 = u64::from_le_bytes(*b"attribut");
const METRIC_NOISE: u64 = u64::from_le_bytes(*b"metricno");
/// Any odd factor keeps the draws of an image apart.
const APART: u64 = 0x9e37_79b9_7f4a_7c15;

impl Stream<'_> {
    /// The numbers of this stream for a seed.
    pub fn of(self, seed: u64) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(self.number());
        random
    }

    fn number(self) -> u64 {
        match self {
            Self::Resampling => 0,
            Self::NetworkStart { index } => index.into(),
            Self::ChainStart { name } => hash_of_name(name).into(),
            Self::DropoutMasks { step } => DROPOUT.wrapping_add(step),
            Self::GeneratorNoise { step } => GENERATOR_NOISE.wrapping_add(step),
            Self::SpectralStart { index } => SPECTRAL.wrapping_add(index),
            Self::GeneratorGrid => GRID,
            Self::ExplanationNoise { index } => EXPLANATION.wrapping_add(index),
            Self::LatentMixture { step } => MIXTURE.wrapping_add(step),
            Self::TestSample { class } => SAMPLE.wrapping_add(class.into()),
            Self::ClassSample => CLASS_SAMPLE,
            Self::LayerNoise { image } => hash_of_image(image) ^ LAYER_NOISE,
            Self::AttributionDraw { image, draw } => {
                (hash_of_image(image) ^ ATTRIBUTION).wrapping_add(draw.wrapping_mul(APART))
            }
            Self::MetricNoise { image, draw } => {
                (hash_of_image(image) ^ METRIC_NOISE).wrapping_add(draw.wrapping_mul(APART))
            }
            Self::Augmentation { round, place } => AUGMENTATION.wrapping_add(round << 32).wrapping_add(place),
            Self::AttackStart { image, restart } => hash_of_image(image).wrapping_add(restart.wrapping_mul(APART)),
        }
    }
}

/// FNV-1a.
fn hash_of_name(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// FNV-1a of the bits.
fn hash_of_image(image: &[f32]) -> u64 {
    let bytes = image.iter().flat_map(|pixel| pixel.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    /// A trillion steps of training; 2^16 weights; 2^14 draws for each of 2^32 images: more than any work has.
    #[test]
    fn purposes_are_disjoint() {
        const STEPS: u64 = 1 << 40;
        let ranges = [
            [Stream::Resampling; 2],
            [1, u32::MAX].map(|index| Stream::NetworkStart { index }),
            [0, STEPS - 1].map(|step| Stream::DropoutMasks { step }),
            [0, STEPS - 1].map(|step| Stream::GeneratorNoise { step }),
            [0, (1 << 16) - 1].map(|index| Stream::SpectralStart { index }),
            [Stream::GeneratorGrid; 2],
            [0, (1 << 46) - 1].map(|index| Stream::ExplanationNoise { index }),
            [0, STEPS - 1].map(|step| Stream::LatentMixture { step }),
            [0, u32::MAX].map(|class| Stream::TestSample { class }),
            [Stream::ClassSample; 2],
            [(0, 0), ((1 << 27) - 1, (1 << 32) - 1)].map(|(round, place)| Stream::Augmentation { round, place }),
        ];
        let numbers: Vec<u64> = ranges
            .iter()
            .flat_map(|ends| ends.map(|stream| stream.number()))
            .collect();
        for (index, pair) in numbers.windows(2).enumerate() {
            // Within a range the ends may be one stream; from one range to the next they may not.
            let apart = pair[0] < pair[1] || (index % 2 == 0 && pair[0] == pair[1]);
            assert!(apart, "{:?} and {:?}", ranges[index / 2], ranges[index.div_ceil(2)]);
        }
        for name in ["embedding.linear.weight", "decoder.up1.weight", "g1.up2.bias"] {
            let number = Stream::ChainStart { name }.number();
            assert!((1..DROPOUT).contains(&number), "{name}: {number}");
        }
    }

    /// Checkpoints and results of earlier versions hold what these drew.
    #[test]
    fn numbers_stay() {
        let number = |stream: Stream| stream.number();
        assert_eq!(number(Stream::NetworkStart { index: 3 }), 3);
        assert_eq!(number(Stream::ChainStart { name: "a" }), 0xe40c_292c);
        assert_eq!(number(Stream::DropoutMasks { step: 5 }), 0x1_0000_0005);
        assert_eq!(number(Stream::GeneratorNoise { step: 5 }), 0x1_0000_0000_0005);
        assert_eq!(number(Stream::SpectralStart { index: 5 }), 0x1_0100_0000_0005);
        assert_eq!(number(Stream::GeneratorGrid), 0x1_0800_0000_0000);
        assert_eq!(number(Stream::ExplanationNoise { index: 5 }), 0x1_1000_0000_0005);
        assert_eq!(number(Stream::LatentMixture { step: 5 }), 0x100_0000_0000_0005);
        assert_eq!(number(Stream::TestSample { class: 5 }), 0x200_0000_0000_0005);
        assert_eq!(
            number(Stream::Augmentation { round: 5, place: 6 }),
            0x800_0005_0000_0006
        );
        let start = |restart| number(Stream::AttackStart { image: &[], restart });
        assert_eq!([start(0), start(1)], [0xcbf2_9ce4_8422_2325, 0x6a2a_169e_036c_9f3a]);
        assert_eq!(number(Stream::LayerNoise { image: &[] }), 0xa29d_f296_e15b_4249);
        let draw = |draw| number(Stream::AttributionDraw { image: &[], draw });
        assert_eq!([draw(0), draw(1)], [0xbf87_fe8d_f656_5744, 0x5dbf_7847_75a0_d359]);
        let noise = |draw| number(Stream::MetricNoise { image: &[], draw });
        assert_eq!(noise(0), 0xcbf2_9ce4_8422_2325 ^ u64::from_le_bytes(*b"metricno"));
        assert_eq!(noise(1).wrapping_sub(noise(0)), 0x9e37_79b9_7f4a_7c15);
    }

    #[test]
    fn seeds_and_streams_are_told_apart() {
        let draw = |stream: Stream, seed: u64| -> u64 { stream.of(seed).random() };
        let first = Stream::DropoutMasks { step: 0 };
        assert_ne!(draw(first, 0), draw(first, 1));
        let images = [[0.0, 0.5], [0.5, 0.0]];
        let starts = [0, 1].map(|restart| {
            images
                .each_ref()
                .map(|image| draw(Stream::AttackStart { image, restart }, 0))
        });
        let starts = starts.as_flattened();
        assert!((1..4).all(|i| !starts[..i].contains(&starts[i])), "{starts:?}");
    }
}
