//! Networks given back: what is written as ONNX or as a state dict is read again, and computes the same.

mod layers;
mod onnx;
mod torch;

use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Architecture, Classifier, ModelCard, Module, Network, to_vec};
use doubleback_import::{Imported, Options, open, save_onnx};
use doubleback_test_device::test_device;

/// Numbers in [0, 1) that look random: of a seed always the same.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let number = |index: u64| {
        let mut z = ((seed << 32) + index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..count as u64).map(number).collect()
}

/// A network whose gains, shifts, biases and statistics are not those of the start.
fn network(architecture: Architecture, seed: u64) -> Network {
    let mut network = Network::new(architecture, seed, &test_device()).unwrap();
    let named: Vec<(String, usize)> = network
        .tensors()
        .map(|tensor| (tensor.name().to_owned(), tensor.dims().iter().product()))
        .collect();
    for (place, (name, count)) in named.into_iter().enumerate() {
        let role = name.rsplit('.').next().unwrap();
        let between = |low: f32, high: f32| {
            let values = numbers(count, seed * 1000 + place as u64);
            values
                .into_iter()
                .map(|value| low + (high - low) * value)
                .collect::<Vec<f32>>()
        };
        let values = match role {
            "weight" => continue,
            "gain" | "moving_variance" | "variance" | "scale" => between(0.5, 1.5),
            "zero_point" => vec![0.0; count],
            _ => between(-0.3, 0.3),
        };
        let values = Tensor::from_data(TensorData::new(values, [count]), &test_device());
        network.set(&name, values).unwrap();
    }
    network
}

/// Images within the bounds of a model.
fn images(network: &Network, n: usize, seed: u64) -> Tensor<4> {
    let (shape, Bounds { low, high }) = (network.shape(), network.bounds());
    let ImageShape {
        channels,
        height,
        width,
    } = shape;
    let values = numbers(n * shape.len(), seed)
        .into_iter()
        .map(|value| low + (high - low) * value);
    let data = TensorData::new(values.collect::<Vec<f32>>(), [n, channels, height, width]);
    Tensor::from_data(data, &test_device())
}

fn logits(network: &Network, images: &Tensor<4>) -> Vec<f32> {
    to_vec(network.logits(images.clone()).unwrap()).unwrap()
}

/// The largest difference of the logits of two networks, relative to the largest of them.
fn difference(a: &Network, b: &Network) -> f32 {
    let images = images(a, 3, 77);
    let (a, b) = (logits(a, &images), logits(b, &images));
    assert_eq!(a.len(), b.len());
    let largest = a.iter().fold(1e-6f32, |most, value| most.max(value.abs()));
    let worst = a.iter().zip(&b).map(|(a, b)| (a - b).abs() / largest);
    // NaN is the largest of all.
    worst.fold(0.0, |most, value| if value <= most { most } else { value })
}

fn reopened(path: &Path) -> Imported {
    open(path, &Options::default(), &test_device()).unwrap_or_else(|e| panic!("{e}"))
}

/// The network as it comes back from an ONNX file.
fn through_onnx(network: &Network, card: &ModelCard) -> doubleback::Result<Imported> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    save_onnx(network, card, &path, None)?;
    Ok(reopened(&path))
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}
