use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Standard normal noise `[n, len]` of the images `first..first + n` for one draw: a function of seed, image and draw alone.
pub(super) fn noise(seed: u64, first: usize, n: usize, draw: usize, len: usize, device: &Device) -> Tensor<2> {
    let mut values = Vec::with_capacity(n * len);
    for image in first..first + n {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(((draw as u64) << 40) | image as u64);
        values.extend((0..len).map(|_| normal(&mut random)));
    }
    Tensor::from_data(TensorData::new(values, [n, len]), device)
}

/// Box & Muller 1958.
fn normal(random: &mut ChaCha8Rng) -> f32 {
    // In (0, 1], so that the logarithm is finite.
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    (radius * (std::f64::consts::TAU * random.random::<f64>()).cos()) as f32
}
