//! Blocks that read latents: sizes, standardisation, gradients.

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::diagnose::{Embedding, LatentDecoder};
use doubleback::nn::{Mode, Module, TrainingPass, to_vec};
use doubleback_test_device::f64_device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn random<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f32> = (0..dims.iter().product())
        .map(|_| random.random::<f32>() * 2.0 - 1.0)
        .collect();
    Tensor::from_data(TensorData::new(values, dims), &f64_device())
}

fn shape(channels: usize, height: usize, width: usize) -> ImageShape {
    ImageShape {
        channels,
        height,
        width,
    }
}

#[test]
fn a_latent_of_any_size_is_embedded_at_the_same_size() {
    for (side, latents) in [
        (
            [7, 7],
            vec![
                [28, 28, 1],
                [26, 26, 3],
                [14, 14, 4],
                [12, 12, 2],
                [8, 8, 2],
                [7, 7, 5],
                [5, 5, 2],
                [4, 4, 8],
                [1, 1, 10],
            ],
        ),
        (
            [8, 8],
            vec![
                [32, 32, 3],
                [16, 16, 2],
                [8, 8, 2],
                [4, 4, 2],
                [3, 3, 2],
                [2, 2, 2],
                [1, 1, 10],
            ],
        ),
        ([7, 5], vec![[28, 20, 1], [28, 3, 2], [2, 11, 2]]),
    ] {
        for latent in latents {
            let embedding = Embedding::new("e", latent, side, 0, &f64_device()).unwrap();
            let [height, width, channels] = latent;
            let embedded = embedding.forward(random([2, height, width, channels], 1), &mut Mode::Inference);
            assert_eq!(embedded.unwrap().dims(), [2, side[0], side[1], 64], "{latent:?}");
        }
    }
}

/// Every value of a latent reaches the embedding, wherever it is.
#[test]
fn nothing_of_a_latent_is_dropped() {
    for size in [28, 26, 9, 7, 5, 4, 1] {
        let embedding = Embedding::new("e", [size, size, 2], [7, 7], 0, &f64_device()).unwrap();
        let x = random([1, size, size, 2], 3).autodiff().require_grad();
        let mut pass = TrainingPass::new(0, 0);
        let y = embedding.forward(x.clone(), &mut pass.mode()).unwrap();
        let weights = random(y.dims(), 4);
        let gradients = (y * weights).sum().backward();
        let gradient = to_vec(x.grad(&gradients).unwrap()).unwrap().into_iter();
        assert_eq!(gradient.filter(|&g| g == 0.0).count(), 0, "{size} x {size}");
    }
}

#[test]
fn channels_are_standardised_with_the_statistics_given() {
    let mut embedding = Embedding::new("e", [4, 4, 3], [7, 7], 0, &f64_device()).unwrap();
    let scale = Tensor::<1>::from_floats([30.0, 0.01, 0.0], &f64_device()).reshape([1, 1, 1, 3]);
    let latents = random([50, 4, 4, 3], 5) * scale.clone() + scale * 2.0 + 7.0;
    embedding.standardize(&latents).unwrap();
    let values = to_vec(embedding.standardized(latents).unwrap()).unwrap();
    for channel in 0..3 {
        let of: Vec<f64> = values.iter().skip(channel).step_by(3).map(|&v| v.into()).collect();
        let mean = of.iter().sum::<f64>() / of.len() as f64;
        let variance = of.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / of.len() as f64;
        assert!(mean.abs() < 1e-3, "channel {channel}: mean {mean}");
        // The last one never changes.
        let expected = if channel == 2 { 0.0 } else { 1.0 };
        assert!(
            (variance - expected).abs() < 1e-3,
            "channel {channel}: variance {variance}"
        );
    }
    let other = embedding.standardize(&random([2, 4, 5, 3], 1)).unwrap_err();
    assert!(other.to_string().contains("[2, 4, 4, 3]"), "{other}");
    let infinite = embedding.standardize(&(random([2, 4, 4, 3], 1) / 0.0)).unwrap_err();
    assert!(infinite.to_string().contains("finite"), "{infinite}");
}

#[test]
fn images_are_within_the_bounds_and_of_the_data_s_size() {
    let bounds = Bounds { low: -1.0, high: 3.0 };
    for images in [shape(1, 28, 28), shape(3, 32, 32), shape(1, 30, 27), shape(2, 5, 4)] {
        let decoder = LatentDecoder::new([3, 3, 2], images, bounds, 0, &f64_device()).unwrap();
        let decoded = decoder.forward(random([2, 3, 3, 2], 1) * 1e3).unwrap();
        assert_eq!(decoded.dims(), [2, images.channels, images.height, images.width]);
        assert!(to_vec(decoded).unwrap().iter().all(|v| (-1.0..=3.0).contains(v)));
    }
    let small = LatentDecoder::new([3, 3, 2], shape(1, 3, 28), bounds, 0, &f64_device()).unwrap_err();
    assert!(small.to_string().contains("at least 4 x 4 pixels"), "{small}");
}

/// Of a tensor's gradient along a random direction, against central differences in f64.
#[test]
fn gradients_of_all_tensors_match_central_differences() {
    let images = shape(2, 9, 8);
    for latent in [[1, 1, 6], [5, 4, 3], [2, 2, 3]] {
        let decoder = LatentDecoder::new(latent, images, Bounds::UNIT, 3, &f64_device())
            .unwrap()
            .cast(DType::F64);
        let x = random([4, latent[0], latent[1], latent[2]], 1).cast(DType::F64);
        let y = random([4, 2, 9, 8], 2).cast(DType::F64);
        let loss = |decoder: &LatentDecoder| {
            let mut pass = TrainingPass::new(0, 0);
            let decoded = decoder.forward_in(x.clone(), &mut pass.mode()).unwrap();
            (decoded - y.clone()).square().mean()
        };
        let value = |decoder: &LatentDecoder| loss(decoder).try_to_vec_as::<f64>().unwrap()[0];
        let tracked = decoder.tracked();
        let gradients = loss(&tracked).backward();
        for parameter in tracked.parameters() {
            let plain = parameter.value().clone().inner();
            let direction = random(plain.dims(), 9).cast(DType::F64);
            let along = (parameter.value().grad(&gradients).unwrap() * direction.clone()).sum();
            let along = along.try_to_vec_as::<f64>().unwrap()[0];
            let at = |step: f64| {
                let mut moved = decoder.clone();
                moved
                    .set(parameter.name(), plain.clone() + direction.clone() * step)
                    .unwrap();
                value(&moved)
            };
            let difference = (at(1e-7) - at(-1e-7)) / 2e-7;
            assert!(
                (along - difference).abs() <= 1e-5 * difference.abs() + 1e-7,
                "{latent:?}: {}: {along} and {difference}",
                parameter.name()
            );
        }
    }
}

#[test]
fn training_lowers_the_error_and_inference_follows() {
    let images = shape(1, 12, 12);
    let mut decoder = LatentDecoder::new([3, 3, 4], images, Bounds::UNIT, 0, &f64_device()).unwrap();
    let latents = random([16, 3, 3, 4], 1);
    let truth = (random([16, 1, 12, 12], 2) + 1.0) / 2.0;
    decoder.standardize(&latents).unwrap();
    let mut adam = decoder.adam();
    let errors: Vec<f64> = (0..60)
        .map(|_| decoder.train_step(&mut adam, latents.clone(), truth.clone()).unwrap())
        .collect();
    let decoded = decoder.forward(latents).unwrap();
    let inference = f64::from(to_vec((decoded - truth).square().mean()).unwrap()[0]);
    assert!(errors[59] < 0.7 * errors[0], "{} to {}", errors[0], errors[59]);
    assert!(
        inference < 1.3 * errors[59],
        "{inference} in inference, {} in training",
        errors[59]
    );
}
