//! Pooling, normalizing, grouped and transposed layers: both orders against PyTorch in `f64` (scripts/make-layer-fixtures.py), in `f32` nearly
//! as well; how files write them; what is refused.

use std::collections::HashMap;

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{DType, Tensor, TensorData};
use doubleback::nn::layers::*;
use doubleback::nn::{Architecture, LayerSpec, Mode, Module, Network};
use doubleback_test_device::f64_device;

const IMAGES: usize = 3;
const SIZE: Size = [7, 6, 4];
const CLASSES: usize = 3;

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

fn fixtures() -> HashMap<String, Vec<f64>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/spatial-layers.npz");
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let mut array = |name: &str| archive.by_name(name).unwrap().unwrap().into_vec::<f64>().unwrap();
    names.into_iter().map(|name| (name.clone(), array(&name))).collect()
}

fn tensor<const D: usize>(values: Vec<f64>, dims: [usize; D], dtype: DType) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (&f64_device(), dtype))
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

/// ‖a - b‖ / ‖b‖
fn relative_error(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied()).max(1e-12)
}

/// The layer, then a dense layer of logits, with the parameters of the fixtures: role, scale and offset.
fn network(layer: LayerKind, parameters: &[(&str, f64, f64)], dtype: DType) -> Network {
    let dense = Dense {
        units: CLASSES,
        bias: false,
    };
    let [height, width, channels] = SIZE;
    let architecture = Architecture {
        name: "test".into(),
        input: [channels, height, width],
        bounds: [-1.0, 1.0],
        classes: CLASSES,
        layers: vec![
            LayerSpec::new("layer", layer),
            LayerSpec::new("flatten", Flatten {}),
            LayerSpec::new("logits", dense),
        ],
    };
    let mut network = Network::new(architecture, 0, &f64_device()).unwrap().cast(dtype);
    let own = parameters.iter().enumerate();
    let own = own.map(|(i, &(role, scale, offset))| (format!("layer.{role}"), 10 + i as u64, scale, offset));
    for (name, seed, scale, offset) in own.chain([("logits.weight".to_owned(), 20, 0.5, 0.0)]) {
        let parameter = network.parameters().find(|p| p.name() == name);
        let count = parameter.unwrap_or_else(|| panic!("no {name}")).dims().iter().product();
        let value = values(count, seed).into_iter().map(|v| v * scale + offset).collect();
        network.set(&name, tensor(value, [count], dtype)).unwrap();
    }
    assert_eq!(network.parameters().count(), parameters.len() + 1);
    network
}

fn check(name: &str, layer: impl Into<LayerKind>, parameters: &[(&str, f64, f64)]) {
    let (all, layer) = (fixtures(), layer.into());
    for (dtype, bound) in [(DType::F64, 1e-11), (DType::F32, 2e-5)] {
        let network = network(layer.clone(), parameters, dtype).tracked();
        let [height, width, channels] = SIZE;
        let dims = [IMAGES, channels, height, width];
        let images = tensor(values(dims.iter().product(), 1), dims, dtype);
        let images = images.autodiff().require_grad();
        let (logits, pullback) = network.forward_with_pullback(images.clone(), Mode::Inference).unwrap();
        let labels = (0..IMAGES * CLASSES).map(|i| f64::from(u8::from(i / CLASSES == i % CLASSES)));
        let labels = tensor(labels.collect(), [IMAGES, CLASSES], dtype);
        let expect = |part: &str, found: Vec<f64>| {
            let error = relative_error(&found, &all[&format!("{name}.{part}")]);
            assert!(error < bound, "{name}.{part} in {dtype:?}: relative error {error:e}");
        };
        expect("logits", doubles(logits.clone()));
        let first = pullback.apply(softmax(logits.clone(), 1) - labels.clone()).unwrap();
        expect("first", doubles(first.clone()));
        // Not a mean: the tape divides by a number with the precision of f32 (burn-autodiff 0.22.1).
        let loss = (log_softmax(logits, 1) * labels).sum().neg() + first.square().sum();
        let gradients = loss.backward();
        expect("images", doubles(images.grad(&gradients).unwrap()));
        for (role, ..) in parameters {
            let parameter = network.parameters().find(|p| p.name() == format!("layer.{role}"));
            expect(role, doubles(parameter.unwrap().value().grad(&gradients).unwrap()));
        }
    }
}

#[test]
fn maximum_of_windows() {
    let windows = MaxPool {
        stride: [2; 2],
        padding: [1; 2].into(),
        ..MaxPool::square(3)
    };
    check("max_ceil", MaxPool { ceil: true, ..windows }, &[]);
    let sides = MaxPool {
        padding: [0, 1, 2, 0].into(),
        ..windows
    };
    check("max_sides", sides, &[]);
    let dilated = MaxPool {
        kernel: [3, 2],
        stride: [2, 1],
        dilation: [2, 3],
        ceil: true,
        ..windows
    };
    check("max_dilated", dilated, &[]);
}

#[test]
fn mean_of_windows() {
    let windows = AvgPool {
        stride: [2; 2],
        ..AvgPool::square(3)
    };
    let ceil = AvgPool {
        kernel: [3, 2],
        padding: [1, 0].into(),
        ceil: true,
        ..windows
    };
    check("avg_ceil", ceil, &[]);
    let alone = AvgPool {
        padding: [1; 2].into(),
        ceil: true,
        count_padding: false,
        ..windows
    };
    check("avg_ceil_alone", alone, &[]);
    let sides = AvgPool {
        padding: [0, 1, 2, 0].into(),
        count_padding: false,
        ..windows
    };
    check("avg_sides_alone", sides, &[]);
    let dilated = AvgPool {
        kernel: [3, 2],
        stride: [2, 1],
        dilation: [2, 3],
        ..windows
    };
    check("avg_dilated", dilated, &[]);
}

#[test]
fn norm_of_windows() {
    let of = |p, kernel, stride, padding: [usize; 4], dilation| LpPool {
        p,
        kernel,
        stride,
        padding: padding.into(),
        dilation,
        ceil: false,
    };
    check("lp1", of(1, [2, 2], [1, 2], [1, 0, 0, 1], [1, 1]), &[]);
    check("lp2", of(2, [3, 2], [2, 2], [1, 0, 1, 0], [1, 1]), &[]);
    check("lp3", of(3, [2, 2], [2, 1], [0; 4], [1, 1]), &[]);
    check("lp2_dilated", of(2, [2, 2], [1, 1], [1; 4], [2, 3]), &[]);
}

#[test]
fn transposed_convolutions() {
    let groups = ConvTranspose2d {
        channels: 6,
        kernel: [3, 2],
        stride: [2, 3],
        padding: [1, 2, 2, 0].into(),
        output_padding: [1, 2],
        dilation: [1, 2],
        groups: 2,
        bias: true,
    };
    check("transpose_groups", groups, &[("weight", 0.4, 0.0), ("bias", 0.2, 0.0)]);
    let more = ConvTranspose2d {
        channels: 2,
        kernel: [2, 2],
        stride: [1, 1],
        padding: [0, 1].into(),
        output_padding: [2, 1],
        dilation: [3, 2],
        groups: 1,
        bias: false,
    };
    check("transpose_more_than_the_stride", more, &[("weight", 0.4, 0.0)]);
}

#[test]
fn convolutions_of_groups() {
    let weight = [("weight", 0.4, 0.0)];
    let depthwise = Conv2d {
        groups: 4,
        stride: [2; 2],
        ..Conv2d::same(4, 3)
    };
    check("conv_depthwise", depthwise, &weight);
    let two_each = Conv2d {
        groups: 4,
        kernel: [3, 2],
        padding: [1, 0, 2, 1].into(),
        dilation: [2, 1],
        ..Conv2d::same(8, 3)
    };
    check("conv_two_each", two_each, &weight);
    let groups = Conv2d {
        groups: 2,
        ..Conv2d::same(6, 3)
    };
    check("conv_groups", groups, &weight);
}

#[test]
fn normalization_of_each_image() {
    let affine = [("gain", 0.3, 1.0), ("shift", 0.3, 0.0)];
    let group = GroupNorm {
        groups: 2,
        epsilon: 1e-3,
        affine: true,
    };
    check("group_norm", group, &affine);
    let instance = GroupNorm {
        groups: 4,
        epsilon: 1e-5,
        affine: false,
    };
    check("instance_norm", instance, &[]);
    let layer = |axes: &[usize], epsilon, gain| LayerNorm {
        axes: axes.to_vec(),
        epsilon,
        gain,
        shift: true,
    };
    check("layer_norm_pixel", layer(&[2], 1e-3, true), &affine);
    check("layer_norm_image", layer(&[0, 1, 2], 1e-5, true), &affine);
    check("layer_norm_plane", layer(&[0, 1], 1e-5, false), &[("shift", 0.3, 0.0)]);
    let rms = RmsNorm {
        axes: vec![1, 2],
        epsilon: 1e-3,
        gain: true,
    };
    check("rms_norm", rms, &[("gain", 0.3, 1.0)]);
}

#[test]
fn normalization_of_each_value() {
    let lrn = Lrn {
        size: 3,
        alpha: 0.5,
        beta: 0.75,
        bias: 1.0,
    };
    check("lrn", lrn, &[]);
    let even = Lrn {
        size: 4,
        alpha: 2.0,
        beta: 1.5,
        bias: 0.7,
    };
    check("lrn_even", even, &[]);
    check("normalize1", LpNormalize { p: 1, axis: 2 }, &[]);
    check("normalize2", LpNormalize { p: 2, axis: 0 }, &[]);
}

/// Zero and constant images, where norms and deviations have no derivative: numbers, not NaN, at both orders.
#[test]
fn flat_images_have_finite_gradients() {
    let of_windows = LpPool {
        p: 2,
        kernel: [2; 2],
        stride: [1; 2],
        padding: [0; 2].into(),
        dilation: [1; 2],
        ceil: false,
    };
    let instance = GroupNorm {
        groups: 4,
        epsilon: 1e-5,
        affine: false,
    };
    let layers: [LayerKind; 5] = [
        of_windows.into(),
        LpPool { p: 3, ..of_windows }.into(),
        LpNormalize { p: 2, axis: 2 }.into(),
        LpNormalize { p: 1, axis: 2 }.into(),
        instance.into(),
    ];
    for (layer, value) in layers
        .into_iter()
        .flat_map(|layer| [(layer.clone(), 0.0), (layer, 0.5)])
    {
        let network = network(layer.clone(), &[], DType::F32).tracked();
        let [height, width, channels] = SIZE;
        let images = tensor(vec![value; 84 * 2], [1, channels, height, width], DType::F32);
        let images = images.autodiff().require_grad();
        let (logits, pullback) = network.forward_with_pullback(images.clone(), Mode::Inference).unwrap();
        let gradient = pullback.apply(logits.clone() + 1.0).unwrap();
        let second = images.grad(&gradient.clone().square().sum().backward()).unwrap();
        for found in [doubles(logits), doubles(gradient), doubles(second)] {
            assert!(found.iter().all(|v| v.is_finite()), "{layer:?} at {value}");
        }
    }
}

#[test]
fn files_say_no_more_than_is_needed() {
    let json = |layer: LayerKind| serde_json::to_string(&layer).unwrap();
    let pool: LayerKind = AvgPool {
        padding: [0, 0, 1, 1].into(),
        count_padding: false,
        ..AvgPool::square(2)
    }
    .into();
    let text = r#"{"type":"avg-pool","kernel":[2,2],"stride":[2,2],"padding":[0,0,1,1],"count_padding":false}"#;
    assert_eq!(json(pool.clone()), text);
    assert_eq!(serde_json::from_str::<LayerKind>(text).unwrap(), pool);
    let text = r#"{"type":"max-pool","kernel":[3,3],"stride":[2,2],"padding":[1,1],"ceil":true}"#;
    let pool = MaxPool {
        stride: [2; 2],
        padding: [1; 2].into(),
        ceil: true,
        ..MaxPool::square(3)
    };
    assert_eq!(json(pool.into()), text);
    // As files from before there were groups and dilation have it.
    let text = r#"{"type":"conv-transpose2d","channels":8,"kernel":[4,4],"stride":[2,2],"padding":[1,1],"output_padding":[0,1],"bias":false}"#;
    let doubling = ConvTranspose2d::doubling(8, [false, true]);
    assert_eq!(
        serde_json::from_str::<LayerKind>(text).unwrap(),
        doubling.clone().into()
    );
    assert_eq!(json(doubling.into()), text);
    assert!(serde_json::from_str::<LayerKind>(r#"{"type":"lrn","size":5,"alpha":1,"beta":1,"bias":1,"k":2}"#).is_err());
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |layer: LayerKind| layer.layer().output(&[SIZE]).unwrap_err();
    let far = usize::MAX;
    let pool = MaxPool::square(2);
    let cases: Vec<(LayerKind, &str)> = vec![
        (
            MaxPool {
                dilation: [9, 1],
                ..pool
            }
            .into(),
            "do not fit 7 x 6 pixels",
        ),
        (
            MaxPool {
                dilation: [far, far],
                ceil: true,
                ..pool
            }
            .into(),
            "do not fit",
        ),
        (
            MaxPool {
                kernel: [far; 2],
                stride: [far; 2],
                ceil: true,
                ..pool
            }
            .into(),
            "do not fit",
        ),
        (
            MaxPool {
                dilation: [0, 1],
                ..pool
            }
            .into(),
            "must be at least 1",
        ),
        (
            MaxPool {
                padding: [2, 0].into(),
                ..pool
            }
            .into(),
            "padding [2, 0] is not less than the kernel [2, 2]",
        ),
        // Taps on both sides of a small image, and none on it.
        (
            MaxPool {
                padding: [8, 0].into(),
                stride: [1; 2],
                dilation: [9, 1],
                ..pool
            }
            .into(),
            "holds no pixel",
        ),
        (
            GroupNorm {
                groups: 3,
                epsilon: 1e-5,
                affine: true,
            }
            .into(),
            "4 channels do not make 3 equal groups",
        ),
        (
            GroupNorm {
                groups: 0,
                epsilon: 1e-5,
                affine: true,
            }
            .into(),
            "do not make 0 equal groups",
        ),
        (
            GroupNorm {
                groups: 1,
                epsilon: f64::NAN,
                affine: true,
            }
            .into(),
            "epsilon NaN must be",
        ),
        (
            LayerNorm {
                axes: vec![2, 1],
                epsilon: 1e-5,
                gain: true,
                shift: true,
            }
            .into(),
            "axes [2, 1]",
        ),
        (
            RmsNorm {
                axes: vec![],
                epsilon: 1e-5,
                gain: true,
            }
            .into(),
            "axes []",
        ),
        (
            Lrn {
                size: 0,
                alpha: 1.0,
                beta: 1.0,
                bias: 1.0,
            }
            .into(),
            "size 0 must be at least 1",
        ),
        (
            Lrn {
                size: 3,
                alpha: 1.0,
                beta: f64::INFINITY,
                bias: 1.0,
            }
            .into(),
            "beta inf a number",
        ),
        (LpNormalize { p: 3, axis: 0 }.into(), "p 3 is neither"),
        (
            ConvTranspose2d {
                groups: 3,
                ..ConvTranspose2d::doubling(3, [false; 2])
            }
            .into(),
            "4 input and 3 output channels do not make 3 equal groups",
        ),
        (
            ConvTranspose2d {
                dilation: [far, 1],
                ..ConvTranspose2d::doubling(4, [false; 2])
            }
            .into(),
            "leaves nothing",
        ),
    ];
    for (layer, words) in cases {
        let found = refused(layer);
        assert!(found.contains(words), "{found}");
    }
}
