//! Model files that are whole but hold what no model may: refused, with the tensor's name; and those in other float types, which are read.

use crate::edited_model;

use doubleback_test_device::f64_device;
use std::path::Path;

use burn::tensor::Tensor;
use doubleback::Error;
use doubleback::data::{Bounds, ImageShape};
use doubleback::evaluate::Named;
use doubleback::nn::layers::{ConvTranspose2d, Dense, Flatten, GlobalAvgPool, LocalContrast, Standardize, Unflatten};
use doubleback::nn::{
    Architecture, Classifier, LayerSpec, ModelCard, Module, Network, Pool, card, load_bytes, paper_cnn, resnet_small,
    save, to_vec,
};
use doubleback_test_device::test_device;
use edited_model::{Parts, Stored};
use half::{bf16, f16};
use proptest::prelude::*;
use serde_json::{Value, json};

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 8,
    width: 8,
};

fn network() -> Network {
    Network::new(paper_cnn(SHAPE, Bounds::UNIT, 3, Pool::Max), 7, &f64_device()).unwrap()
}

fn parts() -> Parts {
    Parts::of_network(&network(), &ModelCard::new())
}

fn read(parts: &Parts) -> doubleback::Result<(Network, ModelCard)> {
    load_bytes(parts.bytes(), Path::new("m.safetensors"), &f64_device())
}

fn message(parts: &Parts) -> String {
    read(parts).unwrap_err().to_string()
}

/// What is said of a file with a tensor that `edit` has changed.
fn with_values(network: &Network, tensor: &str, edit: impl FnOnce(&mut [f32])) -> String {
    let mut parts = Parts::of_network(network, &ModelCard::new());
    let stored = parts.tensors.get_mut(tensor).unwrap();
    let mut values = stored.values();
    edit(&mut values);
    stored.set_values(&values);
    message(&parts)
}

#[test]
fn values_that_are_not_finite_are_named() {
    let network = network();
    assert_eq!(
        with_values(&network, "conv1.weight", |values| values[3] = f32::NAN),
        "m.safetensors: `conv1.weight`: 1 of 800 values is not finite (NaN or infinite), the first is NaN at place 3. \
         Train or copy it again"
    );
    let found = with_values(&network, "conv2.norm.moving_mean", |values| {
        values.fill(f32::NEG_INFINITY)
    });
    assert!(
        found.contains(
            "`conv2.norm.moving_mean`: 64 of 64 values are not finite (NaN or infinite), the first is -inf at place 0"
        ),
        "{found}"
    );
    for tensor in network.tensors() {
        let found = with_values(&network, tensor.name(), |values| {
            *values.last_mut().unwrap() = f32::INFINITY
        });
        assert!(found.contains(&format!("`{}`: 1 of ", tensor.name())), "{found}");
    }
}

#[test]
fn variances_can_be_divided_by() {
    let norm = with_values(&network(), "conv1.norm.moving_variance", |values| values[1] = -0.25);
    assert_eq!(
        norm,
        "m.safetensors: `conv1.norm.moving_variance`: 1 of 32 values is below 0, which no variance is, the first is -0.25 at place 1. \
         Train or copy it again"
    );
    let layers = vec![
        LayerSpec::new("standardize", Standardize {}),
        LayerSpec::new("flatten", Flatten {}),
        LayerSpec::new("logits", Dense { units: 3, bias: true }),
    ];
    let standardized = Network::new(built(layers), 1, &f64_device()).unwrap();
    let zero = with_values(&standardized, "standardize.variance", |values| values[0] = 0.0);
    assert!(
        zero.contains(
            "`standardize.variance`: 1 of 1 value is no variance that can be divided by, the first is 0 at place 0"
        ),
        "{zero}"
    );
}

fn built(layers: Vec<LayerSpec>) -> Architecture {
    Architecture {
        name: "own".into(),
        input: [1, 8, 8],
        bounds: [0.0, 1.0],
        classes: 3,
        layers,
    }
}

#[test]
fn settings_that_divide_by_nothing_are_refused() {
    for epsilon in [json!(0.0), json!(-1e-3), json!(1e300)] {
        let mut parts = parts();
        parts.edit_architecture(|architecture| {
            let layers = architecture["layers"].as_array_mut().unwrap();
            let norm = layers.iter_mut().find(|layer| layer["type"] == "batch-norm").unwrap();
            norm["epsilon"] = epsilon;
        });
        let found = message(&parts);
        assert!(
            found.starts_with("m.safetensors: layer `conv1.norm`: epsilon")
                && found.contains("must be a positive number"),
            "{found}"
        );
    }
    for bounds in [json!([1.0, 0.0]), json!([0.0, 0.0])] {
        let mut parts = parts();
        parts.edit_architecture(|architecture| architecture["bounds"] = bounds);
        let found = message(&parts);
        assert!(
            found.starts_with("m.safetensors: layer `input`: pixel values between"),
            "{found}"
        );
    }
}

/// A file in half precision is a model: its weights are those of the file.
#[test]
fn other_floats_are_converted() {
    type Convert = fn(&mut Stored);
    type Rounded = fn(f32) -> f32;
    let types: [(Convert, Rounded); 3] = [
        (
            |stored| stored.convert("F16", |value| f16::from_f32(value).to_le_bytes()),
            |value| f16::from_f32(value).to_f32(),
        ),
        (
            |stored| stored.convert("BF16", |value| bf16::from_f32(value).to_le_bytes()),
            |value| bf16::from_f32(value).to_f32(),
        ),
        (
            |stored| stored.convert("F64", |value| f64::from(value).to_le_bytes()),
            |value| value,
        ),
    ];
    let network = network();
    for (convert, rounded) in types {
        let mut parts = parts();
        parts.tensors.values_mut().for_each(convert);
        let (loaded, _) = read(&parts).unwrap();
        for (found, written) in loaded.tensors().zip(network.tensors()) {
            let written = to_vec(written.value().clone()).unwrap();
            let expected: Vec<f32> = written.into_iter().map(rounded).collect();
            assert_eq!(to_vec(found.value().clone()).unwrap(), expected, "{}", found.name());
        }
    }
    // What f32 cannot hold is not taken for a number.
    let mut large = parts();
    let stored = large.tensors.get_mut("conv1.weight").unwrap();
    stored.convert("F64", |value| (f64::from(value) * 1e300).to_le_bytes());
    assert!(message(&large).contains("`conv1.weight`: 800 of 800 values are not finite"));
}

#[test]
fn tensors_must_be_those_of_the_network() {
    let mut integers = parts();
    integers
        .tensors
        .get_mut("conv1.weight")
        .unwrap()
        .convert("I32", |value| (value as i32).to_le_bytes());
    assert!(
        message(&integers).contains("`conv1.weight` is I32; of weights F32, F16, BF16 and F64 can be read"),
        "{}",
        message(&integers)
    );

    let mut missing = parts();
    missing.tensors.remove("conv2.weight");
    missing.tensors.remove("conv1.norm.moving_mean");
    assert_eq!(
        message(&missing),
        "m.safetensors: lacks the tensor `conv1.norm.moving_mean` and 1 more. Train or copy it again"
    );

    let mut extra = parts();
    let stored = extra.tensors["conv1.norm.shift"].clone();
    extra.tensors.insert("conv9.bias".into(), stored);
    assert_eq!(
        message(&extra),
        "m.safetensors: has a tensor `conv9.bias` that its network does not have. Train or copy it again"
    );

    let mut transposed = parts();
    transposed.tensors.get_mut("conv1.weight").unwrap().shape = vec![32, 1, 5, 5];
    assert_eq!(
        message(&transposed),
        "m.safetensors: `conv1.weight` should be F32 [5, 5, 1, 32] and is F32 [32, 1, 5, 5], transposed. Train or copy it again"
    );
}

#[test]
fn the_names_of_classes_are_as_many_as_the_logits() {
    let mut parts = parts();
    for (written, problem) in [
        (r#"["a","b"]"#, "`classes` names 2 classes, its network has 3"),
        (r#"["a","b","a"]"#, "`classes` has `a` twice"),
        ("a, b, c", "`classes` is not a list of names ("),
    ] {
        parts.facts.insert(card::CLASSES.into(), written.into());
        let found = message(&parts);
        assert!(found.starts_with(&format!("m.safetensors: {problem}")), "{found}");
    }
    let mut wrong = ModelCard::new();
    card::set_classes(&mut wrong, &["a".into(), "b".into()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    assert!(save(&network(), &wrong, &path).is_err());
    assert!(!path.exists());
}

/// Sizes that are written down in a few bytes do not make networks that no memory holds.
#[test]
fn small_files_do_not_make_large_networks() {
    let convolution = |edit: fn(&mut serde_json::Value)| {
        let mut parts = parts();
        parts.edit_architecture(|architecture| edit(&mut architecture["layers"][0]));
        message(&parts)
    };
    for found in [
        convolution(|layer| layer["padding"] = json!([1_000_000_000, 1_000_000_000])),
        convolution(|layer| layer["padding"] = json!([u64::MAX, u64::MAX])),
        convolution(|layer| layer["padding"] = json!([2_000, 2_000])),
        convolution(|layer| {
            layer["padding"] = json!([50_000_000, 0]);
            layer["stride"] = json!([50_000_000, 1]);
        }),
        convolution(|layer| layer["stride"] = json!([0, 1])),
        convolution(|layer| layer["dilation"] = json!([u64::MAX, 1])),
        convolution(|layer| layer["groups"] = json!(0)),
        convolution(|layer| layer["kernel"] = json!([u64::MAX, 5])),
        convolution(|layer| layer["channels"] = json!(u64::MAX)),
    ] {
        assert!(
            found.starts_with("m.safetensors: l") || found.starts_with("m.safetensors: `conv1.weight`"),
            "{found}"
        );
    }
    // 2,801 pixels a side from 8.
    let enlarge = ConvTranspose2d {
        channels: 1,
        kernel: [1; 2],
        stride: [400; 2],
        padding: [0; 2].into(),
        output_padding: [0; 2],
        dilation: [1; 2],
        groups: 1,
        bias: false,
    };
    let enlarging = built(vec![
        LayerSpec::new("enlarge", enlarge),
        LayerSpec::new("mean", GlobalAvgPool {}),
        LayerSpec::new("logits", Dense { units: 3, bias: false }),
    ]);
    // The window of a column of 4,096 pixels is a map of 4,096 x 4,096.
    let column = Architecture {
        input: [1, 1, 4096],
        ..built(vec![
            LayerSpec::new("column", Unflatten { size: [4096, 1, 1] }),
            LayerSpec::new("contrast", LocalContrast::default()),
            LayerSpec::new("mean", GlobalAvgPool {}),
            LayerSpec::new("logits", Dense { units: 3, bias: false }),
        ])
    };
    for architecture in [enlarging, column] {
        let network = Network::new(architecture, 1, &f64_device()).unwrap();
        let found = message(&Parts::of_network(&network, &ModelCard::new()));
        assert!(found.contains("values for one image, more than"), "{found}");
    }
    // Built-in networks are far below.
    for architecture in [
        paper_cnn(SHAPE, Bounds::UNIT, 3, Pool::Max),
        resnet_small(SHAPE, Bounds::UNIT, 3),
    ] {
        let network = Network::new(architecture, 1, &f64_device()).unwrap();
        assert!(read(&Parts::of_network(&network, &ModelCard::new())).is_ok());
    }
}

/// Numbers that a description may be changed to.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0u64..9).prop_map(Value::from),
        Just(json!(-1)),
        Just(json!(0.5)),
        Just(json!(1e-300)),
        Just(json!(1e30)),
        Just(json!(4096)),
        Just(json!(1u64 << 31)),
        Just(json!(u64::MAX)),
        Just(json!(null)),
        Just(json!([2, 2])),
        Just(json!("relu")),
    ]
}

/// All places in a description that hold a number, a word or a truth value.
fn leaves<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| leaves(value, found)),
        Value::Object(values) => values.values_mut().for_each(|value| leaves(value, found)),
        leaf => found.push(leaf),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A file whose description, layers or weights were changed at random is refused, or is a network whose answers are numbers, or are refused
    /// themselves.
    #[test]
    fn changed_files_are_refused_or_answer_with_numbers(
        residual in any::<bool>(),
        numbers in prop::collection::vec((any::<prop::sample::Index>(), number()), 0..3),
        moved in prop::option::of(any::<[prop::sample::Index; 2]>()),
        dropped in prop::option::of(any::<prop::sample::Index>()),
        bytes in prop::collection::vec((any::<[prop::sample::Index; 2]>(), any::<u8>()), 0..4),
    ) {
        let architecture = if residual { resnet_small(SHAPE, Bounds::UNIT, 3) } else { paper_cnn(SHAPE, Bounds::UNIT, 3, Pool::Avg) };
        let network = Network::new(architecture, 3, &test_device()).unwrap();
        let mut parts = Parts::of_network(&network, &ModelCard::new());
        parts.edit_architecture(|architecture| {
            let layers = architecture["layers"].as_array_mut().unwrap();
            if let Some([from, to]) = moved {
                let layer = layers.remove(from.index(layers.len()));
                layers.insert(to.index(layers.len()), layer);
            }
            if let Some(place) = dropped {
                layers.remove(place.index(layers.len()));
            }
            for (place, number) in numbers {
                let mut found = Vec::new();
                leaves(architecture, &mut found);
                let place = place.index(found.len());
                *found[place] = number;
            }
        });
        for ([tensor, byte], value) in bytes {
            let tensor = tensor.index(parts.tensors.len());
            let stored = parts.tensors.values_mut().nth(tensor).unwrap();
            let byte = byte.index(stored.bytes.len());
            stored.bytes[byte] = value;
        }
        if let Ok((network, _)) = read(&parts) {
            let shape = network.shape();
            let [low, high] = [network.bounds().low, network.bounds().high];
            let image = Tensor::<4>::ones([1, shape.channels, shape.height, shape.width], &test_device());
            let image = image * f64::from(low / 2.0 + high / 2.0);
            let named = Named { name: "changed", model: &network };
            match named.predict(&image, |row| row) {
                Ok(classes) => {
                    prop_assert!(classes[0] < network.classes());
                    let logits = to_vec(network.logits(image).unwrap()).unwrap();
                    prop_assert!(logits.iter().all(|logit| logit.is_finite()));
                }
                Err(error) => prop_assert!(matches!(error, Error::NotFinite(_)), "{error}"),
            }
        }
    }
}

/// What fuzzing begins with: networks with every kind of layer, in both formats.
#[test]
fn the_seeds_of_fuzzing_are_models() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/model");
    let mut names = Vec::new();
    for seed in std::fs::read_dir(seeds).unwrap() {
        let path = seed.unwrap().path();
        let (network, _) = load_bytes(std::fs::read(&path).unwrap(), &path, &test_device()).unwrap();
        let shape = network.shape();
        let image = Tensor::<4>::ones([1, shape.channels, shape.height, shape.width], &test_device()) * 0.25;
        let named = Named {
            name: "seed",
            model: &network,
        };
        assert!(named.predict(&image, |row| row).is_ok(), "{}", path.display());
        names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["chain", "half", "old", "residual"]);
}
