//! Gradients of cross-entropy plus the squared norm of its input gradient, against `create_graph`.
//!
//! Every dot product with a known direction sees a whole gradient. The networks are narrow or shallow twins; those of full size are compared
//! with `python scripts/make-torch-fixtures.py --full FOLDER`, then, for each of them,
//! `DOUBLEBACK_FULL_FIXTURES=FOLDER DOUBLEBACK_FULL_NETWORK=resnet18 cargo test --workspace --test import torch::second_order::full_network -- --ignored --nocapture`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::DType;
use burn::tensor::activation::softmax;
use doubleback::nn::layers::{AvgPool, Dropout, Elementwise, Function, LayerKind};
use doubleback::nn::{Mode, Module, Network, Parameter, TrainingPass, cross_entropy, one_hot};
use doubleback_test_device::f64_device;
use serde::Deserialize;

use super::{DIRECTION_SEED, Fixture, IMAGES, dot, doubles, fixture, folder, norm, values};
const DIRECTIONS: usize = 4;
const CLASSES: usize = 5;
const WEIGHT: f64 = 0.1;
/// How many times PyTorch's own rounding ours may be. Both are medians over pairs of images: of one pair alone the ratio is a matter of luck,
/// where a ReLU turns or does not.
const NOISE: f64 = 2.0;
#[derive(Deserialize)]
struct SecondOrder {
    training: bool,
    /// The values of tensors that are not those of the formula.
    known: BTreeMap<String, Vec<f32>>,
    /// By parameter: the gradient's norm, and its dot products.
    gradients: BTreeMap<String, Vec<f64>>,
    /// How far PyTorch's float32 is from its float64, relative to the norm of the whole gradient, by pair of images.
    f32: Vec<f64>,
}

/// One of the directions, as the fixture's weights are made.
fn direction(index: u64, name: &str, shape: &[usize], seed: u64) -> Vec<f32> {
    if name.ends_with("running_var") {
        // No parameter, and never below 0.
        return vec![1.0; shape.iter().product()];
    }
    let values = values(
        shape.iter().product(),
        DIRECTION_SEED + DIRECTIONS as u64 * seed + index,
    );
    values.into_iter().map(|value| value as f32).collect()
}

/// The gradients of all parameters, by our names.
fn gradients(network: &Network, fixture: &Fixture<SecondOrder>, pair: u64, dtype: DType) -> BTreeMap<String, Vec<f64>> {
    let network = network.cast(dtype).tracked();
    let mut pass = TrainingPass::new(0, 0);
    let mode = match fixture.answers.training {
        true => pass.mode(),
        false => Mode::Inference,
    };
    let images = fixture.pair(pair, dtype);
    let (logits, pullback) = network.forward_with_pullback(images.clone(), mode).unwrap();
    let labels: Vec<usize> = (0..IMAGES).map(|i| i * 3 % CLASSES).collect();
    let targets = one_hot(&labels, CLASSES, &images).unwrap();
    let gradient = pullback.apply(softmax(logits.clone(), 1) - targets.clone()).unwrap();
    let loss = cross_entropy(&logits, &targets) + gradient.square().sum() * (WEIGHT / IMAGES as f64);
    let gradients = loss.backward();
    let of = |parameter: &Parameter| {
        let gradient = doubles(parameter.value().grad(&gradients).unwrap());
        assert!(gradient.iter().all(|value| value.is_finite()), "{}", parameter.name());
        (parameter.name().to_owned(), gradient)
    };
    network.parameters().map(of).collect()
}

/// What was found of one network.
struct Errors {
    /// The largest difference from PyTorch by parameter, in float64.
    double: f64,
    /// How far our float32 is from our float64: the median over pairs of images.
    single: f64,
    /// The same of PyTorch.
    theirs: f64,
}

fn errors(path: &Path, smooth: bool) -> Errors {
    let fixture: Fixture<SecondOrder> = fixture(path.to_owned());
    let start = |name: &str, shape: &[usize], seed| {
        let known = fixture.answers.known.get(name).cloned();
        known.unwrap_or_else(|| super::value(name, shape, seed))
    };
    let network = altered(&fixture.open(start).network, smooth);
    let rounding = |pair: u64| {
        let [double, single] = [DType::F64, DType::F32].map(|dtype| gradients(&network, &fixture, pair, dtype));
        let all = |of: &dyn Fn(&str, usize) -> f64| -> f64 {
            let each = double
                .iter()
                .flat_map(|(name, values)| (0..values.len()).map(move |i| of(name, i)));
            each.map(|value| value * value).sum()
        };
        let difference = all(&|name, i| single[name][i] - double[name][i]);
        (difference / all(&|name, i| double[name][i])).sqrt()
    };
    let theirs = &fixture.answers.f32;
    let ours: Vec<f64> = (0..theirs.len() as u64).map(rounding).collect();
    let shown = |values: &[f64]| {
        values
            .iter()
            .map(|value| format!("{value:.1e}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    println!("by pair: {}; PyTorch's: {}", shown(&ours), shown(theirs));
    Errors {
        double: difference(&network, &fixture),
        single: median(ours),
        theirs: median(theirs.clone()),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The largest difference of a parameter's gradient from PyTorch's, in float64, relative to its norm.
fn difference(network: &Network, fixture: &Fixture<SecondOrder>) -> f64 {
    let directions: [_; DIRECTIONS] = std::array::from_fn(|index| {
        let network = fixture
            .open(|name, shape, seed| direction(index as u64, name, shape, seed))
            .network;
        let of = |p: &Parameter| (p.name().to_owned(), doubles(p.value().clone()));
        network.parameters().map(of).collect::<BTreeMap<_, _>>()
    });
    let expected = &fixture.answers.gradients;
    let all: f64 = expected.values().map(|of| of[0].powi(2)).sum();
    // What a batch norm takes away again has a gradient of zero, and of rounding alone.
    let least = 1e-6 * all.sqrt();
    let mut worst = 0.0f64;
    for (name, gradient) in &gradients(network, fixture, 0, DType::F64) {
        let theirs = name.replace(".gain", ".weight").replace(".shift", ".bias");
        let [length, dots @ ..] = expected[&theirs].as_slice() else {
            panic!("{name}")
        };
        let mut error = (norm(gradient) - length).abs();
        for (direction, expected) in directions.iter().zip(dots) {
            error = error.max((dot(gradient, &direction[name]) - expected).abs());
        }
        worst = worst.max(error / length.max(least));
    }
    worst
}

/// The network without dropout, or its twin without kinks.
fn altered(network: &Network, smooth: bool) -> Network {
    let mut architecture = network.architecture().clone();
    for layer in &mut architecture.layers {
        match &mut layer.kind {
            LayerKind::Dropout(dropout) => *dropout = Dropout { rate: 0.0 },
            kind if smooth => smoothed(kind),
            _ => (),
        }
    }
    let tensors: BTreeMap<&str, &Parameter> = network.tensors().map(|tensor| (tensor.name(), tensor)).collect();
    let value = |_: &_, name: &str| Ok(tensors[name].value().clone());
    Network::build(architecture, &f64_device(), value).unwrap()
}

/// The smooth twin of a layer that has kinks.
fn smoothed(kind: &mut LayerKind) {
    let smooth = match kind {
        LayerKind::Relu(_) => Elementwise {
            function: Function::Silu,
        }
        .into(),
        LayerKind::Elementwise(_) => Elementwise {
            function: Function::Silu,
        }
        .into(),
        LayerKind::MaxPool(pool) => AvgPool {
            kernel: pool.kernel,
            stride: pool.stride,
            padding: pool.padding,
            ..AvgPool::square(1)
        }
        .into(),
        _ => return,
    };
    *kind = smooth;
}

fn check(folder: PathBuf, name: &str) {
    let mut missed = Vec::new();
    for mode in ["inference", "training"] {
        // Deep networks amplify the rounding of their first layers, whoever computes them.
        for (kind, least) in [("", 0.0), ("-smooth", 2e-5)] {
            let path = folder.join(format!("second-order-{name}{kind}-{mode}.json"));
            let Errors { double, single, theirs } = errors(&path, !kind.is_empty());
            let said = format!(
                "{name}{kind}, {mode}: f64 differs by {double:.1e}, f32 is off by {single:.1e}, PyTorch's by {theirs:.1e}"
            );
            println!("{said}");
            // Written so that NaN is missed too.
            let holds = double < 1e-9 && single < f64::max(least, NOISE * theirs);
            if !holds {
                missed.push(said);
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn narrow_resnet18() {
    check(folder(), "resnet18");
}

#[test]
fn narrow_mobilenet_v2() {
    check(folder(), "mobilenet_v2");
}

#[test]
fn shallow_densenet() {
    check(folder(), "densenet");
}

#[test]
#[ignore = "needs fixtures of hundreds of kilobytes, made by PyTorch"]
fn full_network() {
    let folder = PathBuf::from(std::env::var("DOUBLEBACK_FULL_FIXTURES").unwrap());
    let name = std::env::var("DOUBLEBACK_FULL_NETWORK").unwrap();
    check(folder, &name);
}
