use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use doubleback::Result;
use doubleback::batch::Batch;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::Architecture;

/// `count` random images for a network, uniform in its bounds, with random labels: the same at each call.
pub(super) fn random_batch(architecture: &Architecture, count: usize, device: &Device) -> Result<Batch> {
    let batch = random_images(architecture.shape(), architecture.classes, count, device)?;
    let bounds = architecture.bounds();
    if bounds == Bounds::UNIT {
        return Ok(batch);
    }
    let images = batch.images().clone() * (bounds.high - bounds.low) + bounds.low;
    Batch::of(images, batch.labels, architecture.classes)
}

/// `count` random images of a shape, uniform in [0, 1), with random labels: the same at each call.
pub(super) fn random_images(shape: ImageShape, classes: usize, count: usize, device: &Device) -> Result<Batch> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let dims = [count, shape.channels, shape.height, shape.width];
    let pixels: Vec<f32> = (0..dims.iter().product()).map(|_| random.random()).collect();
    let images = Tensor::from_data(TensorData::new(pixels, dims), device);
    let labels: Vec<usize> = (0..count).map(|_| random.random_range(0..classes)).collect();
    Batch::of(images, labels, classes)
}
