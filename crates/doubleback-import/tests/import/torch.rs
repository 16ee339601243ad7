//! What PyTorch computes (`scripts/make-torch-fixtures.py`), computed here.

mod architectures;
mod files;
mod second_order;

use std::path::PathBuf;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback_import::{Imported, Options, open};
use doubleback_test_device::f64_device;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;

const IMAGES: usize = 2;
const IMAGE_SEED: u64 = 1 << 20;
const DIRECTION_SEED: u64 = 1 << 21;

/// What is stored of a network: its tensors in the order of their seeds, and what came out.
#[derive(Deserialize)]
struct Fixture<T> {
    arch: Option<String>,
    image: [usize; 3],
    tensors: Vec<(String, Vec<usize>)>,
    #[serde(flatten)]
    answers: T,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torch")
}

fn fixture<T: serde::de::DeserializeOwned>(path: PathBuf) -> Fixture<T> {
    let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

/// The generator of the fixtures: splitmix64 of seed and index, uniform in [-1, 1).
fn values(count: usize, seed: u64) -> Vec<f64> {
    let value = |index: u64| {
        let mut z = ((seed << 32) + index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..count as u64).map(value).collect()
}

/// The tensor of a name, as the fixtures have it.
fn value(name: &str, shape: &[usize], seed: u64) -> Vec<f32> {
    let values = values(shape.iter().product(), seed).into_iter();
    let fan_in: usize = shape.iter().skip(1).product();
    let around_one = ["running_var", "weight", "std"].iter().any(|end| name.ends_with(end));
    let value = |u: f64| match shape.len() >= 2 {
        true => u * (6.0 / fan_in as f64).sqrt(),
        false if around_one => 1.0 + 0.5 * u,
        false => 0.2 * u,
    };
    values.map(|u| value(u) as f32).collect()
}

impl<T> Fixture<T> {
    /// Opens a file of all tensors, each of them what `value` gives for its name, shape and seed, and its name what `rename` makes of it.
    fn open_as(
        &self,
        arch: Option<&str>,
        value: impl Fn(&str, &[usize], u64) -> Vec<f32>,
        rename: impl Fn(&str) -> String,
    ) -> Result<Imported, String> {
        let tensors: Vec<(String, &Vec<usize>, Vec<u8>)> = (0..)
            .zip(&self.tensors)
            .map(|(seed, (name, shape))| {
                let bytes = value(name, shape, seed)
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect();
                (rename(name), shape, bytes)
            })
            .collect();
        let views = tensors
            .iter()
            .map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, (*shape).clone(), bytes).unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
        let options = Options {
            arch: arch.map(str::to_owned),
            size: self.size(),
            ..Options::default()
        };
        open(&path, &options, &f64_device()).map_err(|e| e.to_string())
    }

    /// Opens a file of all tensors as the fixture's architecture.
    fn open(&self, value: impl Fn(&str, &[usize], u64) -> Vec<f32>) -> Imported {
        let opened = self.open_as(self.arch.as_deref(), value, str::to_owned);
        opened.unwrap_or_else(|problem| panic!("{problem}"))
    }

    fn size(&self) -> Option<[usize; 2]> {
        Some([self.image[1], self.image[2]])
    }

    fn images(&self, dtype: DType) -> Tensor<4> {
        self.pair(0, dtype)
    }

    /// One of the pairs of images.
    fn pair(&self, pair: u64, dtype: DType) -> Tensor<4> {
        let [channels, height, width] = self.image;
        let values = values(IMAGES * channels * height * width, IMAGE_SEED + pair);
        let pixels: Vec<f32> = values.iter().map(|u| ((u + 1.0) / 2.0) as f32).collect();
        let data = TensorData::new(pixels, [IMAGES, channels, height, width]);
        let images: Tensor<4> = Tensor::from_data(data, (&f64_device(), DType::F32));
        images.cast(dtype)
    }
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}
