//! The built-in architectures: sizes, second-order gradients of native kernels against default bodies in f64, and that they learn.

use burn::tensor::activation::softmax;
use burn::tensor::{DType, Tensor, TensorData};
use doubleback::data::{self, Bounds, ImageShape, LoadOptions};
use doubleback::nn::{
    ARCHITECTURES, Activation, Architecture, Classifier, Module, Network, Pool, TrainingPass, architecture,
    cross_entropy,
};
use doubleback::train::{Defense, DefenseKind};
use doubleback_experiments::Profile;
use doubleback_test_device::f64_device;

const IMAGES: usize = 4;
const CLASSES: usize = 10;

fn build(name: &str, channels: usize, side: usize, pool: Pool) -> doubleback::Result<Architecture> {
    let shape = ImageShape {
        channels,
        height: side,
        width: side,
    };
    architecture(name, shape, Bounds::UNIT, CLASSES, pool)
}

/// Uniform in [0, 1): xorshift64.
fn values(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        })
        .collect()
}

fn tensor<const D: usize>(values: Vec<f64>, dims: [usize; D], dtype: DType) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (&f64_device(), dtype))
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

/// The double-backprop loss in training mode, its input gradient, and its gradients by the parameters.
fn differentiated(network: &Network, dtype: DType) -> Vec<(String, Vec<f64>)> {
    let network = network.cast(dtype).tracked();
    let ImageShape {
        channels,
        height,
        width,
    } = network.shape();
    let images = values(IMAGES * network.shape().len(), 1);
    let images = tensor(images, [IMAGES, channels, height, width], dtype);
    let mut targets = vec![0.0; IMAGES * CLASSES];
    for i in 0..IMAGES {
        targets[i * CLASSES + 3 * i] = 1.0;
    }
    let targets = tensor(targets, [IMAGES, CLASSES], dtype);
    let mut pass = TrainingPass::new(0, 0);
    let (logits, pullback) = network.forward_with_pullback(images, pass.mode()).unwrap();
    let gradient = pullback.apply(softmax(logits.clone(), 1) - targets.clone()).unwrap();
    let loss = cross_entropy(&logits, &targets) + gradient.clone().square().sum();
    let mut found = vec![
        ("loss".to_owned(), doubles(loss.clone().inner())),
        ("input gradient".to_owned(), doubles(gradient.inner())),
    ];
    let gradients = loss.backward();
    for parameter in network.parameters() {
        let gradient = doubles(parameter.value().grad(&gradients).unwrap());
        found.push((parameter.name().to_owned(), gradient));
    }
    found
}

/// ‖a - b‖ / ‖b‖.
fn relative_error(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
}

#[test]
fn native_kernels_agree_with_default_bodies_in_f64_at_second_order() {
    let pools = [Pool::Max, Pool::Avg];
    for (name, side) in [("small-cnn", 16), ("vgg-small", 8), ("resnet-small", 8)] {
        for pool in pools {
            let Ok(architecture) = build(name, 3, side, pool) else {
                assert_eq!((name, pool), ("resnet-small", Pool::Avg));
                continue;
            };
            let network = Network::new(architecture, 1, &f64_device()).unwrap();
            let exact = differentiated(&network, DType::F64);
            for ((what, native), (_, exact)) in differentiated(&network, DType::F32).iter().zip(&exact) {
                let error = relative_error(native, exact);
                assert!(error < 2e-5, "{name} {pool:?}, {what}: relative error {error:e}");
            }
        }
    }
}

/// The gradient of the double-backprop loss by all parameters, in `f64`, along a random direction. The activation is smooth: a step moves no ReLU
/// across its kink.
#[test]
fn second_order_gradients_are_central_differences() {
    const STEP: f64 = 1e-6;
    for (name, side) in [("resnet18", 8), ("wrn-28-2", 8)] {
        let architecture = build(name, 3, side, Pool::Max)
            .unwrap()
            .with_activation(Activation::Silu);
        let network = Network::new(architecture, 1, &f64_device()).unwrap().cast(DType::F64);
        let direction: Vec<(String, Vec<f64>)> = network
            .parameters()
            .enumerate()
            .map(|(index, parameter)| {
                let start = doubles(parameter.value().clone());
                let size = start.iter().map(|v| v * v).sum::<f64>().sqrt() / (start.len() as f64).sqrt();
                let drawn = values(start.len(), 100 + index as u64).into_iter();
                // In proportion to the values; shifts start at zero.
                let direction = drawn.map(|u| (2.0 * u - 1.0) * size.max(0.1)).collect();
                (parameter.name().to_owned(), direction)
            })
            .collect();
        let at = |step: f64| {
            let mut moved = network.clone();
            for (name, direction) in &direction {
                let start = network.parameters().find(|p| p.name() == name).unwrap();
                let start = doubles(start.value().clone());
                let values = start.iter().zip(direction).map(|(v, d)| v + step * d).collect();
                moved.set(name, tensor(values, [direction.len()], DType::F64)).unwrap();
            }
            moved
        };
        let loss = |network: &Network| differentiated(network, DType::F64)[0].1[0];
        let slope = (loss(&at(STEP)) - loss(&at(-STEP))) / (2.0 * STEP);
        let gradients = differentiated(&network, DType::F64);
        let along: f64 = gradients[2..]
            .iter()
            .zip(&direction)
            .map(|((name, gradient), (other, direction))| {
                assert_eq!(name, other);
                gradient.iter().zip(direction).map(|(g, d)| g * d).sum::<f64>()
            })
            .sum();
        let error = (along - slope).abs() / slope.abs();
        println!("{name}: slope {slope}, relative error {error:.1e}");
        assert!(
            error < 1e-6,
            "{name}: {along} is not {slope} (relative error {error:e})"
        );
    }
}

#[test]
fn parameters_are_as_many_as_published() {
    let counts = [
        ("paper-cnn", 1, 28, 3_274_634),
        ("small-cnn", 1, 28, 312_202),
        ("vgg-small", 3, 32, 307_946),
        ("resnet-small", 3, 32, 175_258),
        ("resnet18", 3, 32, 11_173_962),
        ("wrn-28-2", 3, 32, 1_467_610),
    ];
    assert_eq!(counts.map(|(name, ..)| name), ARCHITECTURES);
    for (name, channels, side, count) in counts {
        let architecture = build(name, channels, side, Pool::Max).unwrap();
        assert_eq!(architecture.name, name);
        let network = Network::new(architecture, 0, &f64_device()).unwrap();
        assert_eq!(network.parameter_count(), count, "{name}");
    }
}

#[test]
fn images_that_do_not_fit_and_pooling_that_is_not_there_are_refused() {
    for (name, least) in [
        ("small-cnn", 16),
        ("vgg-small", 8),
        ("paper-cnn", 4),
        ("resnet-small", 1),
        ("resnet18", 1),
        ("wrn-28-2", 1),
    ] {
        build(name, 1, least, Pool::Max).unwrap();
        if least > 1 {
            let message = build(name, 1, least - 1, Pool::Max).unwrap_err().to_string();
            let expected = format!("`{name}` does not fit images of 1x{0}x{0}", least - 1);
            assert!(message.ends_with(&expected), "{message}");
        }
    }
    for name in ["resnet-small", "resnet18", "wrn-28-2"] {
        let message = build(name, 3, 32, Pool::Avg).unwrap_err().to_string();
        let expected = format!("pool: avg is not for `{name}`, which has no pooling layers to choose. Leave it out");
        assert_eq!(message, expected);
        assert_eq!(build(name, 3, 32, Pool::Max).unwrap().pool(), None);
    }
    assert_eq!(build("vgg-small", 3, 32, Pool::Avg).unwrap().pool(), Some(Pool::Avg));
}

#[test]
fn every_architecture_learns_in_a_few_steps() {
    let dataset = data::load("mnist-mini", &LoadOptions::default()).unwrap();
    for name in ["small-cnn", "vgg-small", "resnet-small"] {
        let mut recipe = Profile::Quick.recipe(DefenseKind::DoubleBackprop, &dataset, 5);
        recipe.architecture = build(name, 1, 28, Pool::Max).unwrap();
        recipe.defense = Defense::DoubleBackprop(0.1.into());
        recipe.options.steps = 32;
        recipe.options.batch = 32;
        recipe.options.curve_every = 8;
        recipe.options.curve_images = 32;
        let curve = recipe
            .run(&dataset, &f64_device(), None, &mut ())
            .unwrap()
            .trained
            .curve;
        let (first, last) = (curve[0].loss, curve[curve.len() - 1].loss);
        assert!(last < 0.9 * first, "{name}: loss went from {first} to {last}");
    }
}
