//! Options of single layers: both orders of gradients in `f64` against central differences, how files write them, and what is refused.

use burn::tensor::activation::softmax;
use burn::tensor::{DType, Tensor, TensorData};
use doubleback::nn::layers::{
    AdaptiveAvgPool, AvgPool, BatchNorm, Conv2d, Dense, Elementwise, Flatten, Function, HardSwish, LayerKind, MaxPool,
};
use doubleback::nn::{Architecture, IMAGES, LayerSpec, Module, Network, Staged, TrainingPass, cross_entropy};
use doubleback_test_device::f64_device;

const SIDE: usize = 7;
const CHANNELS: usize = 4;
const CLASSES: usize = 3;
const IMAGE_COUNT: usize = 3;

/// A 3x3 convolution, the layer, and a dense layer of logits.
fn around(layer: impl Into<LayerKind>) -> Architecture {
    let dense = Dense {
        units: CLASSES,
        bias: true,
    };
    Architecture {
        name: "test".into(),
        input: [2, SIDE, SIDE],
        bounds: [0.0, 1.0],
        classes: CLASSES,
        layers: vec![
            LayerSpec::new("first", Conv2d::same(CHANNELS, 3)).after(IMAGES),
            LayerSpec::new("layer", layer),
            LayerSpec::new("flatten", Flatten {}),
            LayerSpec::new("logits", dense),
        ],
    }
}

fn values(count: usize, seed: usize) -> Vec<f64> {
    (0..count)
        .map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 1009.0)
        .collect()
}

fn tensor<const D: usize>(values: Vec<f64>, dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (&f64_device(), DType::F64))
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

fn images() -> Tensor<4> {
    let dims = [IMAGE_COUNT, 2, SIDE, SIDE];
    tensor(values(dims.iter().product(), 3), dims)
}

fn targets() -> Tensor<2> {
    let one_hot = (0..IMAGE_COUNT * CLASSES).map(|i| f64::from(u8::from(i % (CLASSES + 1) == 0)));
    tensor(one_hot.collect(), [IMAGE_COUNT, CLASSES])
}

/// Cross-entropy plus the penalty of double backprop.
fn objective(network: &Network) -> Tensor<1> {
    let mut pass = TrainingPass::new(0, 0);
    let (logits, pullback) = network.forward_with_pullback(images(), pass.mode()).unwrap();
    let gradient = pullback.apply(softmax(logits.clone(), 1) - targets()).unwrap();
    cross_entropy(&logits, &targets()) + gradient.square().sum() * 3.0
}

/// The input gradient and the gradients of the objective by the parameters, which hold second derivatives of the layer.
fn check(name: &str, layer: impl Into<LayerKind>) {
    let network = Network::new(around(layer), 2, &f64_device()).unwrap().cast(DType::F64);
    let near = |exact: f64, difference: f64, what: &str| {
        let scale = exact.abs().max(1e-3);
        assert!(
            (exact - difference).abs() < 1e-6 * scale,
            "{name}, {what}: {exact} as a pullback, {difference} as a difference"
        );
    };
    let direction = |count, seed| -> Vec<f64> { values(count, seed).iter().map(|v| v - 0.5).collect() };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let step = 1e-5;

    let mode = || doubleback::nn::Mode::Inference;
    let (_, pullback) = network.forward_with_pullback(images(), mode()).unwrap();
    let gradient = doubles(pullback.apply(targets()).unwrap());
    let along = direction(gradient.len(), 4);
    let at = |length: f64| {
        let moved = images() + tensor(along.clone(), images().dims()) * length;
        dot(&doubles(network.forward(moved, mode()).unwrap()), &doubles(targets()))
    };
    near(dot(&gradient, &along), (at(step) - at(-step)) / (2.0 * step), "images");

    let tracked = network.tracked();
    let gradients = objective(&tracked).backward();
    for (seed, parameter) in tracked.parameters().enumerate() {
        let gradient = doubles(parameter.value().grad(&gradients).unwrap());
        let along = direction(gradient.len(), seed + 10);
        let at = |length: f64| {
            let value = parameter.value().clone().inner() + tensor(along.clone(), [along.len()]) * length;
            let mut moved = network.clone();
            moved.set(parameter.name(), value).unwrap();
            doubles(objective(&moved))[0]
        };
        let difference = (at(step) - at(-step)) / (2.0 * step);
        near(dot(&gradient, &along), difference, parameter.name());
    }
}

/// A batch norm computes an activation function and pooling with itself: as layers of their own, kept apart by layers that change nothing, they give the same
/// objective and the same gradients of it.
#[test]
fn what_a_batch_norm_takes_along_is_what_layers_of_their_own_are() {
    let max = LayerKind::from(MaxPool::square(2));
    let avg = LayerKind::from(AvgPool::square(2));
    let functions = [
        Function::Silu,
        Function::Gelu { tanh: false },
        Function::Gelu { tanh: true },
        Function::Mish,
        Function::Softplus { beta: 3.0 },
        Function::Elu { alpha: 1.0 },
        Function::Tanh,
    ];
    for (function, pool) in functions
        .into_iter()
        .flat_map(|f| [(f, None), (f, Some(max.clone())), (f, Some(avg.clone()))])
    {
        let architecture = |apart: bool| {
            let mut whole = around(BatchNorm::with_gain());
            let nothing = || {
                LayerKind::from(Elementwise {
                    function: Function::Affine { scale: 1.0, shift: 0.0 },
                })
            };
            let mut between = vec![];
            for (name, layer) in [
                ("activation", Some(Elementwise { function }.into())),
                ("pool", pool.clone()),
            ] {
                let Some(layer) = layer else { continue };
                if apart {
                    between.push(LayerSpec::new(format!("before_{name}"), nothing()));
                }
                between.push(LayerSpec::new(name, layer));
            }
            whole.layers.splice(2..2, between);
            whole
        };
        let [together, apart] = [false, true].map(|apart| {
            let mut network = Network::new(architecture(apart), 2, &f64_device())
                .unwrap()
                .cast(DType::F64);
            let named: Vec<_> = network
                .parameters()
                .map(|p| (p.name().to_owned(), p.value().dims()[0]))
                .collect();
            for (seed, (name, count)) in named.into_iter().enumerate() {
                let value = values(count, seed + 20).iter().map(|v| v - 0.25).collect();
                network.set(&name, tensor(value, [count])).unwrap();
            }
            network.tracked()
        });
        let close = |a: Tensor<1>, b: Tensor<1>, what: &str| {
            let (a, b) = (doubles(a), doubles(b));
            let scale = b.iter().fold(1e-2f64, |most, value| most.max(value.abs()));
            for (a, b) in a.iter().zip(&b) {
                assert!(
                    (a - b).abs() < 1e-10 * scale,
                    "{what} with {function:?} and {pool:?}: {a}, apart {b}"
                );
            }
        };
        let [of_one, of_other] = [&together, &apart].map(objective);
        close(of_one.clone().inner(), of_other.clone().inner(), "objective");
        let [ours, theirs] = [of_one.backward(), of_other.backward()];
        for (one, other) in together.parameters().zip(apart.parameters()) {
            assert_eq!(one.name(), other.name());
            let (one_grad, other_grad) = (one.value().grad(&ours).unwrap(), other.value().grad(&theirs).unwrap());
            close(one_grad, other_grad, one.name());
        }
    }
}

#[test]
fn convolutions_with_groups_and_padding_of_four_sides() {
    let groups = Conv2d {
        groups: 2,
        bias: true,
        ..Conv2d::same(6, 3)
    };
    let depthwise = Conv2d {
        groups: CHANNELS,
        stride: [2; 2],
        ..Conv2d::same(CHANNELS, 3)
    };
    let uneven = Conv2d {
        padding: [0, 1, 2, 0].into(),
        dilation: [2, 1],
        ..Conv2d::same(5, 3)
    };
    check("groups", groups);
    check("depthwise", depthwise);
    check("uneven", uneven);
}

#[test]
fn pooling_with_kernel_stride_and_padding() {
    let (kernel, stride, padding) = ([3, 2], [2, 1], [1, 0]);
    check(
        "max",
        MaxPool {
            kernel,
            stride,
            padding: padding.into(),
            ..MaxPool::square(2)
        },
    );
    check(
        "avg",
        AvgPool {
            kernel,
            stride,
            padding: padding.into(),
            ..AvgPool::square(2)
        },
    );
}

/// All three pieces of the function, by values known by hand and by both orders of derivatives at images between -5 and 5.
#[test]
fn adaptive_pooling_to_fewer_and_to_more_pixels() {
    for windows in [[3, 2], [7, 7], [9, 4]] {
        check(&format!("{windows:?} windows"), AdaptiveAvgPool { windows });
    }
}

#[test]
fn hard_swish() {
    check("hard swish", HardSwish {});
    let mut architecture = around(HardSwish {});
    architecture.bounds = [-5.0, 5.0];
    architecture.layers.remove(0);
    let network = Network::new(architecture, 2, &f64_device()).unwrap().cast(DType::F64);
    // No value is near the kinks at -3 and 3.
    let count = 2 * 2 * SIDE * SIDE;
    let x: Vec<f64> = values(count, 1).iter().map(|v| 10.0 * v - 5.0).collect();
    assert!(x.iter().all(|x| (x.abs() - 3.0).abs() > 1e-3));
    for (low, high) in [(-5.0, -3.0), (-3.0, 3.0), (3.0, 5.0)] {
        assert!(x.iter().any(|x| (low..high).contains(x)));
    }
    let at = |x: &[f64]| tensor::<4>(x.to_vec(), [2, 2, SIDE, SIDE]);
    let latent = network
        .latents(at(&[-4.0, -1.0, 1.0, 4.0].repeat(count / 4)), &[1])
        .unwrap();
    let found = doubles(latent[0].clone());
    for value in [0.0, -1.0 / 3.0, 2.0 / 3.0, 4.0] {
        assert!(found.iter().any(|found| (found - value).abs() < 1e-12), "{value}");
    }

    let cotangent = || tensor::<2>(values(2 * CLASSES, 5), [2, CLASSES]);
    let inference = || doubleback::nn::Mode::Inference;
    let penalty = |x: Tensor<4>| {
        let (logits, pullback) = network.forward_with_pullback(x, inference()).unwrap();
        let gradient = pullback.apply(cotangent()).unwrap();
        (logits, gradient.clone(), gradient.square().sum())
    };
    let tracked = at(&x).autodiff().require_grad();
    let (_, gradient, square) = penalty(tracked.clone());
    let second = doubles(tracked.grad(&square.backward()).unwrap());
    let along: Vec<f64> = values(count, 7).iter().map(|v| v - 0.5).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let step = 1e-5;
    let moved = |length: f64| at(&x) + at(&along) * length;
    let difference = |of: &dyn Fn(f64) -> f64| (of(step) - of(-step)) / (2.0 * step);
    let first = difference(&|length| dot(&doubles(penalty(moved(length)).0), &doubles(cotangent())));
    let of_gradient = difference(&|length| doubles(penalty(moved(length)).2)[0]);
    let exact = dot(&doubles(gradient.inner()), &along);
    assert!((exact - first).abs() < 1e-7 * exact.abs(), "{exact} and {first}");
    let exact = dot(&second, &along);
    assert!(
        (exact - of_gradient).abs() < 1e-6 * exact.abs(),
        "{exact} and {of_gradient}"
    );
}

#[test]
fn sizes_are_those_of_every_library() {
    let size = |layer: LayerKind| around(layer).sizes();
    let of = |layer: LayerKind| layer.layer().output(&[[SIDE, SIDE, CHANNELS]]).unwrap();
    let conv = |padding: [usize; 4], stride| Conv2d {
        padding: padding.into(),
        stride: [stride; 2],
        ..Conv2d::same(8, 3)
    };
    assert_eq!(of(conv([0, 1, 1, 0], 1).into()), [6, 6, 8]);
    assert_eq!(of(conv([2, 0, 1, 0], 2).into()), [4, 3, 8]);
    let pool = MaxPool {
        kernel: [3; 2],
        stride: [2; 2],
        padding: [1; 2].into(),
        ..MaxPool::square(3)
    };
    assert_eq!(of(pool.into()), [4, 4, CHANNELS]);
    assert!(size(pool.into()).is_ok());
}

#[test]
fn files_say_no_more_than_is_needed() {
    let json = |layer: LayerKind| serde_json::to_string(&layer).unwrap();
    let plain = r#"{"type":"conv2d","channels":8,"kernel":[3,3],"stride":[1,1],"padding":[1,1],"bias":false}"#;
    assert_eq!(json(Conv2d::same(8, 3).into()), plain);
    let uneven: LayerKind = Conv2d {
        padding: [0, 1, 2, 3].into(),
        groups: 2,
        ..Conv2d::same(8, 3)
    }
    .into();
    let text =
        r#"{"type":"conv2d","channels":8,"kernel":[3,3],"stride":[1,1],"padding":[0,1,2,3],"groups":2,"bias":false}"#;
    assert_eq!(json(uneven.clone()), text);
    assert_eq!(serde_json::from_str::<LayerKind>(text).unwrap(), uneven);
    let pool = r#"{"type":"max-pool","kernel":[2,2],"stride":[2,2]}"#;
    assert_eq!(json(MaxPool::square(2).into()), pool);
    assert_eq!(
        serde_json::from_str::<LayerKind>(pool).unwrap(),
        MaxPool::square(2).into()
    );
}

#[test]
fn sizes_that_no_memory_holds_are_refused_not_overflowed() {
    let refused = |layer: LayerKind| around(layer).sizes().unwrap_err().to_string();
    let far = 1_000_000_000;
    for padding in [[far; 2].into(), [usize::MAX; 2].into(), [0, 0, far, 0].into()] {
        let message = refused(
            Conv2d {
                padding,
                ..Conv2d::same(8, 3)
            }
            .into(),
        );
        assert!(
            message.starts_with("layer `layer`: ") && message.contains("pixels"),
            "{message}"
        );
    }
    let many = refused(Conv2d::same(usize::MAX, 3).into());
    assert!(many.contains("more than 134217728"), "{many}");
    let padded = MaxPool {
        kernel: [3; 2],
        stride: [1; 2],
        padding: [3; 2].into(),
        ..MaxPool::square(3)
    };
    assert_eq!(
        refused(padded.into()),
        "layer `layer`: padding [3, 3] is not less than the kernel [3, 3]"
    );
    let groups = Conv2d {
        groups: 3,
        ..Conv2d::same(6, 3)
    };
    assert_eq!(
        refused(groups.into()),
        "layer `layer`: 4 input and 6 output channels do not make 3 equal groups"
    );
    assert_eq!(
        refused(MaxPool::square(8).into()),
        "layer `layer`: windows of 8 x 8 do not fit 7 x 7 pixels"
    );
}
