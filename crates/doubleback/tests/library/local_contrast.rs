//! Local contrast normalization: values against a plain computation, and gradients of both orders against central differences in f64.

use burn::tensor::activation::softmax;
use burn::tensor::{DType, Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::layers::{Conv2d, Dense, Flatten, Floor, LayerKind, LocalContrast};
use doubleback::nn::{
    Architecture, LayerSpec, Mode, ModelCard, Module, Network, Pool, TrainingPass, cross_entropy, load, paper_cnn, save,
};
use doubleback_test_device::f64_device;

const SIDE: usize = 9;
const CLASSES: usize = 3;
const IMAGES: usize = 3;

/// Images with a flat half, and one that is almost zero, so that all three divisors occur.
fn values(channels: usize) -> Vec<f64> {
    let pixels = channels * SIDE * SIDE;
    (0..IMAGES * pixels)
        .map(|i| {
            let noise = (i * 7919 % 1009) as f64 / 1009.0;
            let amplitude = match (i / pixels, i % SIDE < 4) {
                (2, _) => 1e-6,
                (_, true) => 0.05,
                _ => 1.0,
            };
            amplitude * noise + if amplitude < 0.01 { 0.0 } else { 0.3 }
        })
        .collect()
}

fn tensor(values: &[f64], channels: usize, dtype: DType) -> Tensor<4> {
    let data = TensorData::new(values.to_vec(), [IMAGES, channels, SIDE, SIDE]);
    Tensor::from_data(data, (&f64_device(), dtype))
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

fn kind(floor: Floor) -> LayerKind {
    LayerKind::LocalContrast(LocalContrast { floor })
}

/// The logits are the normalized images themselves.
fn alone(channels: usize, floor: Floor) -> Network {
    let classes = channels * SIDE * SIDE;
    let flat = LayerSpec::new("flatten", LayerKind::Flatten(Flatten {}));
    let layers = vec![LayerSpec::new("contrast", kind(floor)), flat];
    build(layers, channels, classes)
}

/// A convolution before it, so that parameters depend on its second derivatives, and logits behind it.
fn within(floor: Floor) -> Network {
    let logits = LayerKind::Dense(Dense {
        units: CLASSES,
        bias: true,
    });
    let layers = vec![
        LayerSpec::new("conv", LayerKind::Conv2d(Conv2d::same(2, 3))),
        LayerSpec::new("contrast", kind(floor)),
        LayerSpec::new("flatten", LayerKind::Flatten(Flatten {})),
        LayerSpec::new("logits", logits),
    ];
    build(layers, 2, CLASSES)
}

fn build(layers: Vec<LayerSpec>, channels: usize, classes: usize) -> Network {
    let architecture = Architecture {
        name: "test".into(),
        input: [channels, SIDE, SIDE],
        bounds: [0.0, 2.0],
        classes,
        layers,
    };
    Network::new(architecture, 4, &f64_device()).unwrap().cast(DType::F64)
}

/// The definition, pixel by pixel, on [n, height, width, channels].
fn by_definition(x: &[f64], channels: usize, floor: Floor) -> Vec<f64> {
    let place = |image: usize, row: usize, column: usize| (image * SIDE + row) * SIDE + column;
    let weight = |a: usize, b: usize| (-(a.pow(2) as f64 + b.pow(2) as f64) / 18.0).exp();
    let sum: f64 = (0..49)
        .map(|i: usize| weight((i / 7).abs_diff(3), (i % 7).abs_diff(3)))
        .sum();
    let window = |f: &dyn Fn(usize) -> f64, at: usize| -> f64 {
        let (image, row, column) = (at / SIDE / SIDE, at / SIDE % SIDE, at % SIDE);
        let mut total = 0.0;
        for r in row.saturating_sub(3)..(row + 4).min(SIDE) {
            for c in column.saturating_sub(3)..(column + 4).min(SIDE) {
                total += weight(r.abs_diff(row), c.abs_diff(column)) / sum * f(place(image, r, c));
            }
        }
        total
    };
    let pixels = IMAGES * SIDE * SIDE;
    let over_channels = |values: &[f64], power: i32, at: usize| {
        values[at * channels..][..channels]
            .iter()
            .map(|v| v.powi(power))
            .sum::<f64>()
            / channels as f64
    };
    let local_mean: Vec<f64> = (0..pixels).map(|at| window(&|p| over_channels(x, 1, p), at)).collect();
    let centered: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(i, v)| v - local_mean[i / channels])
        .collect();
    let deviation: Vec<f64> = (0..pixels)
        .map(|at| window(&|p| over_channels(&centered, 2, p), at).sqrt())
        .collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let divisor = |at: usize| {
        let least = match floor {
            Floor::PerImage => mean(&deviation[at / SIDE / SIDE * SIDE * SIDE..][..SIDE * SIDE]),
            Floor::Batch => mean(&deviation),
        };
        deviation[at].max(least).max(1e-4)
    };
    centered
        .iter()
        .enumerate()
        .map(|(i, c)| c / divisor(i / channels))
        .collect()
}

#[test]
fn values_are_those_of_the_definition() {
    for channels in [1, 3] {
        for floor in Floor::ALL {
            let images = tensor(&values(channels), channels, DType::F64);
            let x = doubles(images.clone().permute([0, 2, 3, 1]));
            let found = doubles(alone(channels, floor).forward(images, Mode::Inference).unwrap());
            for (found, expected) in found.iter().zip(by_definition(&x, channels, floor)) {
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{channels} {floor}: {found} and {expected}"
                );
            }
        }
    }
}

#[test]
fn the_pullback_is_the_derivative() {
    for channels in [1, 3] {
        for floor in Floor::ALL {
            let (network, x) = (alone(channels, floor), values(channels));
            let outputs = channels * SIDE * SIDE;
            let weights: Vec<f64> = (0..IMAGES * outputs)
                .map(|i| ((i * 31 % 97) as f64) / 97.0 - 0.5)
                .collect();
            let cotangent = Tensor::<2>::from_data(
                TensorData::new(weights.clone(), [IMAGES, outputs]),
                (&f64_device(), DType::F64),
            );
            let (_, pullback) = network
                .forward_with_pullback(tensor(&x, channels, DType::F64), Mode::Inference)
                .unwrap();
            let gradient = doubles(pullback.apply(cotangent).unwrap());
            let at = |x: &[f64]| -> f64 {
                let y = doubles(
                    network
                        .forward(tensor(x, channels, DType::F64), Mode::Inference)
                        .unwrap(),
                );
                y.iter().zip(&weights).map(|(y, w)| y * w).sum()
            };
            for index in (0..x.len()).step_by(7) {
                let step = 1e-8;
                let moved = |by: f64| {
                    let mut x = x.clone();
                    x[index] += by;
                    at(&x)
                };
                let difference = (moved(step) - moved(-step)) / (2.0 * step);
                let image = &gradient[index / outputs * outputs..][..outputs];
                let largest = image.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
                let error = (gradient[index] - difference).abs();
                assert!(
                    error < 1e-5 * largest,
                    "{channels} {floor} {index}: {} and {difference}",
                    gradient[index]
                );
            }
        }
    }
}

/// Cross-entropy plus the penalty of double backprop.
fn objective(network: &Network) -> Tensor<1> {
    let mut targets = vec![0.0; IMAGES * CLASSES];
    (0..IMAGES).for_each(|i| targets[i * CLASSES + i % CLASSES] = 1.0);
    let data = TensorData::new(targets, [IMAGES, CLASSES]);
    let targets: Tensor<2> = Tensor::from_data(data, (&f64_device(), DType::F64));
    // The gradient of the almost empty image would drown the others'.
    let images = tensor(&values(2), 2, DType::F64).narrow(0, 0, 2);
    let targets = targets.narrow(0, 0, 2);
    let mut pass = TrainingPass::new(0, 0);
    let (logits, pullback) = network.forward_with_pullback(images, pass.mode()).unwrap();
    let gradient = pullback.apply(softmax(logits.clone(), 1) - targets.clone()).unwrap();
    cross_entropy(&logits, &targets) + gradient.square().sum() * 0.3
}

#[test]
fn second_order_gradients_through_it_are_central_differences() {
    for floor in Floor::ALL {
        let network = within(floor);
        let tracked = network.tracked();
        let gradients = objective(&tracked).backward();
        for (seed, parameter) in tracked.parameters().enumerate() {
            let gradient = doubles(parameter.value().grad(&gradients).unwrap());
            let direction: Vec<f64> = (0..gradient.len())
                .map(|i| ((i * 131 + seed * 17) % 89) as f64 / 89.0 - 0.5)
                .collect();
            let at = |length: f64| {
                let step: Vec<f64> = direction.iter().map(|d| d * length).collect();
                let step =
                    Tensor::<1>::from_data(TensorData::new(step, [direction.len()]), (&f64_device(), DType::F64));
                let mut moved = network.clone();
                let value = moved
                    .parameters()
                    .find(|p| p.name() == parameter.name())
                    .unwrap()
                    .value()
                    .clone();
                moved.set(parameter.name(), value + step).unwrap();
                doubles(objective(&moved))[0]
            };
            let step = 1e-6;
            let difference = (at(step) - at(-step)) / (2.0 * step);
            let exact: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
            assert!(
                (exact - difference).abs() < 1e-5 * exact.abs().max(1e-3),
                "{floor} {}: {exact} on the tape, {difference} as a difference",
                parameter.name()
            );
        }
    }
}

#[test]
fn an_image_alone_is_what_it_is_among_others_unless_the_floor_is_the_batchs() {
    let images = tensor(&values(1), 1, DType::F64);
    for floor in Floor::ALL {
        let network = alone(1, floor);
        let among = doubles(
            network
                .forward(images.clone(), Mode::Inference)
                .unwrap()
                .narrow(0, 0, 1),
        );
        let by_itself = doubles(
            network
                .forward(images.clone().narrow(0, 0, 1), Mode::Inference)
                .unwrap(),
        );
        let same = among.iter().zip(&by_itself).all(|(a, b)| (a - b).abs() < 1e-12);
        assert_eq!(same, floor == Floor::PerImage, "{floor}");
    }
}

#[test]
fn images_of_one_color_become_zero_with_finite_gradients() {
    for floor in Floor::ALL {
        for dtype in [DType::F32, DType::F64] {
            let network = alone(1, floor).cast(dtype);
            let flat = Tensor::<4>::zeros([IMAGES, 1, SIDE, SIDE], (&f64_device(), dtype));
            let (y, pullback) = network.forward_with_pullback(flat, Mode::Inference).unwrap();
            let gradient = pullback.apply(y.ones_like()).unwrap();
            assert!(doubles(y).iter().all(|&v| v == 0.0));
            assert!(doubles(gradient).iter().all(|v| v.is_finite()));
        }
    }
}

#[test]
fn model_files_keep_it() {
    let shape = ImageShape {
        channels: 1,
        height: 32,
        width: 32,
    };
    let layer = LocalContrast { floor: Floor::Batch };
    let architecture = paper_cnn(shape, Bounds { low: -3.0, high: 4.0 }, 10, Pool::Max).behind_local_contrast(layer);
    let network = Network::new(architecture.clone(), 0, &f64_device()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&network, &ModelCard::new(), &path).unwrap();
    let (again, _) = load(&path, &f64_device()).unwrap();
    assert_eq!(again.architecture(), &architecture);
    assert_eq!(again.architecture().local_contrast(), Some(layer));
}
