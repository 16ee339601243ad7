//! Pooling, normalization and transposed convolution of ONNX files, against onnxruntime (scripts/make-spatial-onnx-fixtures.py) and PyTorch.

use std::collections::HashMap;
use std::path::PathBuf;

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};
use doubleback::data::Bounds;
use doubleback::nn::Classifier;
use doubleback::nn::layers::LayerKind;
use doubleback_import::{Imported, Options, open};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/spatial")
        .join(name)
}

type Arrays = HashMap<String, (Vec<usize>, Vec<f32>)>;

fn arrays(name: &str) -> Arrays {
    let mut archive = npyz::npz::NpzArchive::open(fixture(name)).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let mut array = |name: &String| {
        let array = archive.by_name(name).unwrap().unwrap();
        let shape = array.shape().iter().map(|&size| size as usize).collect();
        (shape, array.into_vec::<f32>().unwrap())
    };
    names.iter().map(|name| (name.clone(), array(name))).collect()
}

fn tensor<const D: usize>((shape, values): &(Vec<usize>, Vec<f32>)) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.clone(), shape.clone()), &Device::flex())
}

fn import(file: &str, output: Option<&str>) -> Imported {
    let options = Options {
        output: output.map(str::to_owned),
        bounds: Some(Bounds { low: -1.0, high: 1.0 }),
        ..Options::default()
    };
    open(&fixture(file), &options, &Device::flex()).unwrap_or_else(|error| panic!("{file} {output:?}: {error}"))
}

/// Largest difference, over the largest value.
fn difference<const D: usize>(found: Tensor<D>, expected: &(Vec<usize>, Vec<f32>)) -> f32 {
    assert_eq!(found.dims().to_vec(), expected.0);
    let found = found.into_data().try_to_vec::<f32>().unwrap();
    let largest = expected.1.iter().fold(0f32, |most, value| most.max(value.abs()));
    let pairs = found.iter().zip(&expected.1);
    pairs.fold(0f32, |most, (found, expected)| most.max((found - expected).abs())) / largest
}

#[test]
fn operators_give_what_onnxruntime_gives() {
    let values = arrays("values.npz");
    let images = tensor::<4>(&values["images"]);
    let mut names: Vec<&String> = values.keys().filter(|name| name.contains('.')).collect();
    names.sort();
    assert!(names.len() > 25);
    for name in names {
        let (file, output) = name.split_once('.').unwrap();
        let imported = import(&format!("{file}.onnx"), Some(output));
        let error = difference(imported.network.logits(images.clone()).unwrap(), &values[name]);
        assert!(error < 2e-6, "{name}: {error:e}");
    }
}

/// Exported as Reshape, InstanceNormalization, Reshape, Mul, Add; imported as the layer that it was.
#[test]
fn group_norm_of_pytorch() {
    let values = arrays("group-norm.npz");
    for file in ["group-norm-new.onnx", "group-norm-old.onnx"] {
        let network = import(file, None).network;
        let (logits, pullback) = network.logits_with_pullback(tensor(&values["images"])).unwrap();
        let error = difference(logits.clone(), &values["logits"]);
        assert!(error < 1e-5, "{file}: {error:e}");
        let labels = Tensor::from_data([[1.0f32, 0.0, 0.0], [0.0, 0.0, 1.0]], &Device::flex());
        let gradient = pullback.apply(softmax(logits, 1) - labels).unwrap();
        let error = difference(gradient, &values["gradient"]);
        assert!(error < 1e-4, "{file}: {error:e}");
        let groups = network
            .architecture()
            .layers
            .iter()
            .filter_map(|spec| match &spec.kind {
                LayerKind::GroupNorm(norm) => Some(norm.groups),
                _ => None,
            });
        assert_eq!(groups.collect::<Vec<_>>(), [3, 4], "{file}");
        let layers = network.architecture().layers.len();
        assert!(layers <= 8, "{file}: {layers} layers");
    }
}
