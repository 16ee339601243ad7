use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;

use crate::random::Stream;

/// Standard normal noise `[count, size]`, a function of `seed` and `stream` alone.
pub fn noise(count: usize, size: usize, seed: u64, stream: Stream<'_>, device: &Device) -> Tensor<2> {
    let mut random = stream.of(seed);
    let mut values = Vec::with_capacity(count * size + 1);
    while values.len() < count * size {
        // Box & Muller 1958; 1 - u is in (0, 1].
        let (u, v): (f64, f64) = (random.random(), random.random());
        let radius = (-2.0 * (1.0 - u).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * v).sin_cos();
        values.extend([(radius * cosine) as f32, (radius * sine) as f32]);
    }
    values.truncate(count * size);
    Tensor::from_data(TensorData::new(values, [count, size]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::to_vec;
    use doubleback_test_device::test_device;

    #[test]
    fn is_standard_normal_and_repeats() {
        let draw = |seed, step| to_vec(noise(301, 33, seed, Stream::GeneratorNoise { step }, &test_device())).unwrap();
        let z = draw(1, 2);
        assert_eq!(z, draw(1, 2));
        assert_ne!(z, draw(1, 3));
        assert_ne!(z, draw(2, 2));
        let n = z.len() as f32;
        let moment = |power: i32| z.iter().map(|v| v.powi(power)).sum::<f32>() / n;
        // Four standard errors.
        assert!(moment(1).abs() < 0.04, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.06, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.4, "{}", moment(4));
    }
}
