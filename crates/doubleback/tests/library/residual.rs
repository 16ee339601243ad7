//! Networks whose layers meet in sums: both orders of gradients, and what is refused.

use burn::tensor::activation::softmax;
use burn::tensor::{DType, Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::layers::{Add, BatchNorm, Conv2d, Dense, Flatten, GlobalAvgPool, LayerKind, Relu};
use doubleback::nn::{
    Architecture, Classifier, FromFunction, LayerSpec, Module, Network, TrainingPass, cross_entropy, to_vec,
};
use doubleback_test_device::f64_device;
use proptest::prelude::*;

const SIDE: usize = 6;
const CLASSES: usize = 3;
const IMAGES: usize = 4;

fn architecture(layers: Vec<LayerSpec>) -> Architecture {
    Architecture {
        name: "test".into(),
        input: [2, SIDE, SIDE],
        bounds: [0.0, 1.0],
        classes: CLASSES,
        layers,
    }
}

fn conv(channels: usize, kernel: usize, stride: usize) -> LayerKind {
    LayerKind::Conv2d(Conv2d {
        stride: [stride; 2],
        ..Conv2d::same(channels, kernel)
    })
}

fn norm(name: &str) -> LayerSpec {
    LayerSpec::new(name, BatchNorm::with_gain())
}

fn sum(name: &str, a: &str, b: &str) -> LayerSpec {
    LayerSpec::new(name, Add {}).after(a).after(b)
}

fn logits() -> LayerKind {
    LayerKind::Dense(Dense {
        units: CLASSES,
        bias: true,
    })
}

/// A residual block whose shortcut is a convolution of stride 2, then one whose shortcut is the identity.
fn blocks() -> Architecture {
    let mut layers = vec![LayerSpec::new("conv", conv(3, 3, 1))];
    layers.extend(norm("norm").with_relu());
    layers.push(LayerSpec::new("block1.conv1", conv(4, 3, 2)));
    layers.extend(norm("block1.norm1").with_relu());
    layers.extend([
        LayerSpec::new("block1.conv2", conv(4, 3, 1)),
        norm("block1.norm2"),
        LayerSpec::new("block1.shortcut", conv(4, 1, 2)).after("norm.relu"),
        norm("block1.shortcut_norm"),
        sum("block1.sum", "block1.shortcut_norm", "block1.norm2"),
        LayerSpec::new("block1.relu", Relu {}),
        LayerSpec::new("block2.conv", conv(4, 3, 1)),
        norm("block2.norm"),
        sum("block2.sum", "block2.norm", "block1.relu"),
        LayerSpec::new("block2.relu", Relu {}),
        LayerSpec::new("pool", GlobalAvgPool {}),
        LayerSpec::new("logits", logits()),
    ]);
    architecture(layers)
}

fn values(count: usize, seed: usize) -> Vec<f64> {
    (0..count)
        .map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 1009.0)
        .collect()
}

fn images(dtype: DType) -> Tensor<4> {
    let data = TensorData::new(values(IMAGES * 2 * SIDE * SIDE, 3), [IMAGES, 2, SIDE, SIDE]);
    Tensor::from_data(data, (&f64_device(), dtype))
}

/// Cross-entropy plus the penalty of double backprop, in training mode.
fn objective(network: &Network) -> Tensor<1> {
    let mut targets = vec![0.0; IMAGES * CLASSES];
    for i in 0..IMAGES {
        targets[i * CLASSES + i % CLASSES] = 1.0;
    }
    let targets: Tensor<2> =
        Tensor::from_data(TensorData::new(targets, [IMAGES, CLASSES]), (&f64_device(), DType::F64));
    let mut pass = TrainingPass::new(0, 0);
    let (logits, pullback) = network.forward_with_pullback(images(DType::F64), pass.mode()).unwrap();
    let gradient = pullback.apply(softmax(logits.clone(), 1) - targets.clone()).unwrap();
    cross_entropy(&logits, &targets) + gradient.square().sum() * 3.0
}

fn doubles(tensor: Tensor<1>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

fn double_network(architecture: Architecture) -> Network {
    Network::new(architecture, 2, &f64_device()).unwrap().cast(DType::F64)
}

/// Loss and the gradient of every parameter.
fn differentiated(network: &Network) -> (f64, Vec<(String, Vec<f64>)>) {
    let tracked = network.tracked();
    let loss = objective(&tracked);
    let value = doubles(loss.clone().inner())[0];
    let gradients = loss.backward();
    let of = |p: &doubleback::nn::Parameter| doubles(p.value().grad(&gradients).unwrap());
    let all = tracked.parameters().map(|p| (p.name().to_owned(), of(p))).collect();
    (value, all)
}

/// The network with one of its parameters moved along a direction.
fn moved(network: &Network, name: &str, direction: &[f64], length: f64) -> Network {
    let parameter = network.parameters().find(|p| p.name() == name).unwrap();
    let step: Vec<f64> = direction.iter().map(|d| d * length).collect();
    let step = Tensor::<1>::from_data(TensorData::new(step, [direction.len()]), (&f64_device(), DType::F64));
    let value = parameter.value().clone() + step;
    let mut network = network.clone();
    network.set(name, value).unwrap();
    network
}

#[test]
fn second_order_gradients_of_residual_blocks_are_central_differences() {
    let network = double_network(blocks());
    let (_, gradients) = differentiated(&network);
    for (seed, (name, gradient)) in gradients.iter().enumerate() {
        let direction: Vec<f64> = values(gradient.len(), seed + 10).iter().map(|v| v - 0.5).collect();
        let at = |length| doubles(objective(&moved(&network, name, &direction, length)))[0];
        let step = 1e-5;
        let difference = (at(step) - at(-step)) / (2.0 * step);
        let exact: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        let scale = exact.abs().max(1e-3);
        assert!(
            (exact - difference).abs() < 1e-6 * scale,
            "{name}: {exact} on the tape, {difference} as a difference"
        );
    }
}

/// `h + h` is the chain with `2 h`: the same loss at half the weight, and twice the gradient.
#[test]
fn a_layer_added_to_itself_is_twice_the_layer() {
    let layers = |doubled: bool| {
        let mut layers = vec![LayerSpec::new("conv", conv(3, 3, 1))];
        if doubled {
            layers.push(sum("sum", "conv", "conv"));
        }
        layers.extend(norm("norm").with_relu());
        layers.push(LayerSpec::new("flatten", LayerKind::Flatten(Flatten {})));
        layers.push(LayerSpec::new("logits", logits()));
        architecture(layers)
    };
    let residual = double_network(layers(true));
    let mut chain = double_network(layers(false));
    for parameter in residual.parameters() {
        let factor = if parameter.name() == "conv.weight" { 2.0 } else { 1.0 };
        chain.set(parameter.name(), parameter.value().clone() * factor).unwrap();
    }
    let ((a, of_residual), (b, of_chain)) = (differentiated(&residual), differentiated(&chain));
    assert!((a - b).abs() < 1e-12 * b.abs());
    for ((name, residual), (_, chain)) in of_residual.iter().zip(&of_chain) {
        let factor = if name == "conv.weight" { 2.0 } else { 1.0 };
        let largest = chain.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (r, c) in residual.iter().zip(chain) {
            assert!((r - factor * c).abs() < 1e-10 * largest, "{name}: {r} and {c}");
        }
    }
}

/// A layer that may follow any of those before it, and add any of them.
fn layer() -> impl Strategy<Value = (usize, usize, usize)> {
    (0usize..4, any::<prop::sample::Index>(), any::<prop::sample::Index>())
        .prop_map(|(kind, a, b)| (kind, a.index(1 << 16), b.index(1 << 16)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The pullback of any graph is what Burn's autodiff makes of its forward pass.
    #[test]
    fn pullbacks_of_random_graphs_agree_with_autodiff(choices in prop::collection::vec(layer(), 1..8), seed in 0u64..99) {
        let mut layers = vec![LayerSpec::new("0", conv(2, 3, 1))];
        let mut unused = vec![];
        for (index, (kind, input, with)) in choices.into_iter().enumerate() {
            let earlier = index + 1;
            let (input, with) = ((input % earlier).to_string(), (with % earlier).to_string());
            let name = earlier.to_string();
            layers.push(match kind {
                0 => LayerSpec::new(name, conv(2, 3, 1)).after(input),
                1 => LayerSpec::new(name, Relu {}).after(input),
                2 => sum(&name, &input, &with),
                _ => sum(&name, &input, &with).after(input),
            });
        }
        for (index, spec) in layers.iter().enumerate() {
            let takes = |other: &LayerSpec| other.inputs.contains(&spec.name);
            if !layers.iter().any(takes) {
                unused.push(index.to_string());
            }
        }
        // All loose ends meet before the logits.
        let mut last = unused.pop().unwrap();
        for (index, end) in unused.into_iter().enumerate() {
            let name = format!("end{index}");
            layers.push(sum(&name, &last, &end));
            last = name;
        }
        layers.push(LayerSpec::new("flatten", LayerKind::Flatten(Flatten {})).after(last));
        layers.push(LayerSpec::new("logits", logits()));

        let network = Network::new(architecture(layers), seed, &f64_device()).unwrap();
        let shape = ImageShape { channels: 2, height: SIDE, width: SIDE };
        let other = FromFunction::new(shape, Bounds::UNIT, CLASSES, |x| network.logits(x).unwrap());
        let cotangent: Vec<f32> = values(IMAGES * CLASSES, 5).iter().map(|&v| v as f32 - 0.5).collect();
        let cotangent = Tensor::<2>::from_data(TensorData::new(cotangent, [IMAGES, CLASSES]), &f64_device());
        let gradient = |model: &dyn Classifier| {
            let (_, pullback) = model.logits_with_pullback(images(DType::F32)).unwrap();
            to_vec(pullback.apply(cotangent.clone()).unwrap()).unwrap()
        };
        let (a, b) = (gradient(&network), gradient(&other));
        let largest = b.iter().fold(0f32, |m, v| m.max(v.abs()));
        for (a, b) in a.iter().zip(&b) {
            prop_assert!((a - b).abs() <= 1e-5 * largest, "{a} and {b}");
        }
    }
}

#[test]
fn graphs_that_do_not_fit_are_refused_by_the_name_of_the_layer() {
    let flat = || LayerSpec::new("flatten", LayerKind::Flatten(Flatten {}));
    let first = || LayerSpec::new("conv", conv(2, 3, 1));
    let refused = |layers: Vec<LayerSpec>| architecture(layers).sizes().unwrap_err().to_string();
    let later = refused(vec![
        first().after("flatten"),
        flat(),
        LayerSpec::new("logits", logits()),
    ]);
    assert_eq!(
        later,
        "layer `conv`: takes the output of `flatten`, which is not an earlier layer"
    );
    let itself = refused(vec![first(), sum("sum", "conv", "sum")]);
    assert_eq!(
        itself,
        "layer `sum`: takes the output of `sum`, which is not an earlier layer"
    );
    let sizes = refused(vec![
        first(),
        LayerSpec::new("half", conv(2, 3, 2)),
        sum("sum", "half", "conv"),
        flat(),
        LayerSpec::new("logits", logits()),
    ]);
    assert_eq!(
        sizes,
        "layer `sum`: cannot add [6, 6, 2] values to [3, 3, 2]: both must be of one size"
    );
    let unused = refused(vec![
        first(),
        LayerSpec::new("idle", conv(2, 3, 1)),
        flat().after("conv"),
        LayerSpec::new("logits", logits()),
    ]);
    assert_eq!(unused, "layer `idle`: no later layer takes its output");
    let taken = refused(vec![first(), first()]);
    assert_eq!(taken, "layer `conv`: another layer has this name");
    let images = refused(vec![LayerSpec::new("input", conv(2, 3, 1))]);
    assert_eq!(
        images,
        "layer `input`: this is the name of the images. Give the layer another"
    );
    let alone = refused(vec![first(), LayerSpec::new("sum", Add {})]);
    assert_eq!(alone, "layer `sum`: adds one input to nothing: it needs at least two");
    let both = refused(vec![
        first(),
        LayerSpec::new("relu", Relu {}),
        LayerSpec::new("pool", GlobalAvgPool {}).after("conv").after("relu"),
    ]);
    assert_eq!(both, "layer `pool`: takes one input, not 2");
}

/// What says nothing of other inputs reads and writes as it did before there were any.
#[test]
fn chains_are_described_as_ever() {
    let json = r#"{"name":"test","input":[2,6,6],"bounds":[0.0,1.0],"classes":3,"layers":[{"name":"flatten","type":"flatten"},{"name":"logits","type":"dense","units":3,"bias":true}]}"#;
    let chain: Architecture = serde_json::from_str(json).unwrap();
    assert_eq!(
        chain.layers[0],
        LayerSpec::new("flatten", LayerKind::Flatten(Flatten {}))
    );
    assert_eq!(serde_json::to_string(&chain).unwrap(), json);
    let blocks = blocks();
    let again: Architecture = serde_json::from_str(&serde_json::to_string(&blocks).unwrap()).unwrap();
    assert_eq!(again, blocks);
}
