//! Gradients of the double-backprop loss of the whole paper CNN in training mode, against PyTorch in f64 (scripts/pytorch-fixtures.py).

use doubleback_test_device::{f64_device, test_device};
use std::collections::HashMap;

use burn::tensor::activation::softmax;
use burn::tensor::{DType, Device, Tensor, TensorData};
use doubleback::attack;
use doubleback::batch::Batch;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::layers::LayerKind;
use doubleback::nn::{Activation, Module, Network, Pool, TrainingPass, cross_entropy, paper_cnn};
use doubleback::train::{GradientPenalty, Norm, Normal, Objective, ObjectiveValue, Output, Penalized, Trades};

const IMAGES: usize = 8;

/// The generator of the fixtures: xorshift64, uniform in [-1, 1).
fn values(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

fn device(dtype: DType) -> Device {
    if dtype == DType::F64 {
        f64_device()
    } else {
        test_device()
    }
}

fn tensor<const D: usize>(values: Vec<f64>, dims: [usize; D], dtype: DType) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (&device(dtype), dtype))
}

fn fixtures(name: &str) -> HashMap<String, Vec<f64>> {
    let path = format!("{}/tests/fixtures/{name}.npz", env!("CARGO_MANIFEST_DIR"));
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    names
        .into_iter()
        .map(|name| {
            let array = archive.by_name(&name).unwrap().unwrap();
            (name, array.into_vec::<f64>().unwrap())
        })
        .collect()
}

/// ‖a - b‖ / ‖b‖, or ‖a - b‖ where b is zero.
fn relative_error(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    let difference = norm(&mut a.iter().zip(b).map(|(a, b)| a - b));
    let size = norm(&mut b.iter().copied());
    if size > 0.0 { difference / size } else { difference }
}

fn network(pool: Pool, activation: Activation, dtype: DType) -> Network {
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    let mut architecture = paper_cnn(shape, Bounds::UNIT, 10, pool).with_activation(activation);
    for layer in &mut architecture.layers {
        if let LayerKind::BatchNorm(norm) = &mut layer.kind {
            norm.gain = true;
        }
    }
    let mut network = Network::new(architecture, 0, &device(dtype)).unwrap().cast(dtype);
    let parameters = [
        ("conv1.weight", 0.25, 0.0),
        ("conv1.norm.shift", 0.1, 0.0),
        ("conv1.norm.gain", 0.2, 1.0),
        ("conv2.weight", 0.06, 0.0),
        ("conv2.norm.shift", 0.1, 0.0),
        ("conv2.norm.gain", 0.2, 1.0),
        ("dense1.weight", 0.04, 0.0),
        ("dense1.norm.shift", 0.1, 0.0),
        ("dense1.norm.gain", 0.2, 1.0),
        ("logits.weight", 0.07, 0.0),
        ("logits.bias", 0.1, 0.0),
    ];
    for (seed, (name, scale, offset)) in parameters.into_iter().enumerate() {
        let count = network
            .parameters()
            .find(|p| p.name() == name)
            .unwrap()
            .dims()
            .iter()
            .product();
        let value = values(count, 100 + seed as u64)
            .into_iter()
            .map(|v| v * scale + offset)
            .collect();
        network.set(name, tensor(value, [count], dtype)).unwrap();
    }
    network
}

/// The fixtures' images with their labels, and the dropout mask, of two passes.
fn batch(dtype: DType) -> (Batch, TrainingPass) {
    let images = tensor(
        values(IMAGES * 784, 200).into_iter().map(|v| (v + 1.0) / 2.0).collect(),
        [IMAGES, 1, 28, 28],
        dtype,
    );
    let mask = values(IMAGES * 1024, 201)
        .into_iter()
        .map(|v| if v < 0.0 { 2.0 } else { 0.0 })
        .collect();
    let mask = tensor(mask, [IMAGES, 1, 1, 1024], dtype);
    let pass = TrainingPass::with_masks(vec![mask.clone(), mask]);
    let labels = (0..IMAGES).map(|i| i * 3 % 10).collect();
    (Batch::of(images, labels, 10).unwrap(), pass)
}

fn check(pool: Pool, pool_name: &str, penalty: &str, dtype: DType, tolerance: f64) {
    let expected = fixtures(&format!("second-order-{pool_name}-{penalty}"));
    let network = network(pool, Activation::Relu, dtype).tracked();
    let (batch, mut pass) = batch(dtype);
    let (logits, pullback) = network
        .forward_with_pullback(batch.images().clone(), pass.mode())
        .unwrap();
    let cotangent = match penalty {
        "true" => softmax(logits.clone(), 1) - batch.targets.clone(),
        _ => softmax(logits.clone(), 1) - 0.1,
    };
    let gradient = pullback.apply(cotangent).unwrap();
    let loss = cross_entropy(&logits, &batch.targets) + gradient.clone().square().sum() * (0.1 / IMAGES as f64);
    let to_vec = |t: Tensor<1>| t.into_data().convert::<f64>().try_to_vec::<f64>().unwrap();
    let mut worst = (0.0, String::new());
    let mut expect = |name: String, found: &[f64], scale: f64| {
        let expected = &expected[&name];
        let error = if scale > 0.0 {
            found
                .iter()
                .zip(expected)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max)
                / scale
        } else {
            relative_error(found, expected)
        };
        assert!(
            error < tolerance,
            "{pool_name} {penalty} {dtype:?} {name}: relative error {error:e}"
        );
        if error > worst.0 {
            worst = (error, name);
        }
    };
    expect("loss".into(), &to_vec(loss.clone().inner()), 0.0);
    expect(
        "input_gradient".into(),
        &to_vec(gradient.inner().reshape([IMAGES * 784])),
        0.0,
    );
    let gradients = loss.backward();
    for parameter in network.parameters() {
        let name = parameter.name();
        let found = to_vec(parameter.value().grad(&gradients).unwrap());
        let step = if found.len() > 20_000 { 499 } else { 1 };
        let samples: Vec<f64> = found.iter().copied().step_by(step).collect();
        expect(format!("{name}.samples"), &samples, 0.0);
        let norm = found.iter().map(|v| v * v).sum::<f64>().sqrt();
        expect(format!("{name}.norm"), &[norm], 0.0);
        let dots: Vec<f64> = (0..8)
            .map(|i| found.iter().zip(directions(i)).map(|(g, d)| g * d).sum())
            .collect();
        // A dot product with random values is about as long as the gradient itself.
        expect(format!("{name}.dots"), &dots, norm);
    }
    println!(
        "{pool_name} {penalty} {dtype:?}: worst relative error {:.1e} ({})",
        worst.0, worst.1
    );
}

fn directions(index: usize) -> &'static [f64] {
    static ALL: std::sync::OnceLock<Vec<Vec<f64>>> = std::sync::OnceLock::new();
    &ALL.get_or_init(|| (0..8).map(|i| values(3136 * 1024, 300 + i)).collect())[index]
}

fn penalty(name: &str) -> GradientPenalty<Penalized> {
    let mut penalty = match name {
        "uniform-logits" => GradientPenalty::certainty_sensitivity(0.1),
        "entropy" | "entropy-logits" => GradientPenalty::entropy(0.1),
        _ => GradientPenalty::double_backprop(0.1),
    };
    if name.ends_with("-logits") {
        penalty.loss.output = Output::Logits;
    }
    if name.ends_with("-l1") {
        penalty.norm = Norm::L1;
    }
    penalty
}

/// Compares an objective's loss and gradients with PyTorch's, in both float types.
fn check_objective(
    expected: &HashMap<String, Vec<f64>>,
    name: &str,
    objective: &dyn Objective,
    weights: Option<&[f64]>,
) {
    check_network(expected, name, objective, weights, (Pool::Max, Activation::Relu), 2e-5);
}

/// The same of the network with this pooling and activation, and in f32 within this.
fn check_network(
    expected: &HashMap<String, Vec<f64>>,
    name: &str,
    objective: &dyn Objective,
    weights: Option<&[f64]>,
    (pool, activation): (Pool, Activation),
    in_f32: f64,
) {
    for (dtype, tolerance) in [(DType::F64, 1e-9), (DType::F32, in_f32)] {
        let network = network(pool, activation, dtype).tracked();
        let (mut batch, mut pass) = batch(dtype);
        if let Some(weights) = weights {
            batch = batch.with_class_weights(weights).unwrap();
        }
        let loss = objective.evaluate(&network, &batch, &mut pass).unwrap().loss;
        let to_vec = |t: Tensor<1>| t.into_data().convert::<f64>().try_to_vec::<f64>().unwrap();
        let mut worst = relative_error(&to_vec(loss.clone().inner()), &expected[&format!("{name}.loss")]);
        let gradients = loss.backward();
        for parameter in network.parameters() {
            let found = to_vec(parameter.value().grad(&gradients).unwrap());
            let key = format!("{name}.{}", parameter.name());
            let norm = expected[&format!("{key}.norm")][0];
            let length = found.iter().map(|v| v * v).sum::<f64>().sqrt();
            worst = worst.max((length - norm).abs() / norm);
            for (i, dot) in expected[&format!("{key}.dots")].iter().enumerate() {
                let found: f64 = found.iter().zip(directions(i)).map(|(g, d)| g * d).sum();
                worst = worst.max((found - dot).abs() / norm);
            }
        }
        println!("{name} {dtype:?}: worst relative error {worst:.1e}");
        assert!(worst < tolerance, "{name} {dtype:?}: relative error {worst:e}");
    }
}

#[test]
fn other_penalties_as_pytorch_has_them() {
    let expected = fixtures("penalties");
    for name in ["true-logits", "uniform-logits", "entropy", "entropy-logits", "true-l1"] {
        check_objective(&expected, name, &penalty(name), None);
    }
}

#[test]
fn smooth_activations_as_pytorch_has_them() {
    let expected = fixtures("activations");
    for name in ["silu", "gelu", "softplus", "softplus:10", "elu", "mish"] {
        for pool in [Pool::Max, Pool::Avg] {
            let key = format!("{name}.{}", pool.name());
            let network = (pool, name.parse().unwrap());
            // Fast convolutions round softplus, whose values are all positive, to 2.5e-5; direct ones to 8e-6, as PyTorch in f32.
            check_network(&expected, &key, &penalty("true"), None, network, 5e-5);
        }
    }
}

/// `CrossEntropyLoss(weight)`, and the penalty as a mean that is weighted alike.
#[test]
fn class_weights_as_pytorch_has_them() {
    let expected = fixtures("class-weights");
    let weights: Vec<f64> = (0..10).map(|class| 0.25 + 0.5 * f64::from(class)).collect();
    check_objective(&expected, "plain", &Normal, Some(&weights));
    check_objective(
        &expected,
        "double",
        &GradientPenalty::double_backprop(0.1),
        Some(&weights),
    );
}

/// TRADES at the fixtures' perturbed images.
struct AtGiven;

impl Objective for AtGiven {
    fn evaluate(
        &self,
        network: &Network,
        batch: &Batch,
        pass: &mut TrainingPass,
    ) -> doubleback::Result<ObjectiveValue> {
        let trades = Trades {
            eps: 0.1,
            steps: 1,
            norm: attack::Norm::Linf,
            beta: 6.0,
        };
        let images = batch.images();
        let moved = tensor(values(IMAGES * 784, 202), images.dims(), images.dtype()).sign() * 0.1;
        let logits = network.forward(images.clone(), pass.mode())?;
        let others = network.forward((images.clone() + moved).clamp(0.0, 1.0), pass.mode())?;
        Ok(ObjectiveValue {
            loss: trades.loss(&logits, &others, batch),
            cross_entropy: batch.cross_entropy(&logits),
            logits,
        })
    }
}

#[test]
fn trades_as_pytorch_has_it() {
    let expected = fixtures("trades");
    let weights: Vec<f64> = (0..10).map(|class| 0.25 + 0.5 * f64::from(class)).collect();
    for (name, weights) in [("trades", None), ("weighted", Some(&weights[..]))] {
        // Six times a divergence of two passes: 1.6e-5 with avx512, 2.9e-5 with the portable kernels.
        check_network(&expected, name, &AtGiven, weights, (Pool::Max, Activation::Relu), 5e-5);
    }
}

#[test]
fn default_bodies_in_f64() {
    for (pool, name) in [(Pool::Max, "max"), (Pool::Avg, "avg")] {
        for penalty in ["true", "uniform"] {
            check(pool, name, penalty, DType::F64, 1e-9);
        }
    }
}

#[test]
fn native_kernels_in_f32() {
    for (pool, name) in [(Pool::Max, "max"), (Pool::Avg, "avg")] {
        for penalty in ["true", "uniform"] {
            check(pool, name, penalty, DType::F32, 2e-5);
        }
    }
}
