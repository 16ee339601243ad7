//! Functions of two values and PReLU: both orders of gradients in `f64` against PyTorch for operands of many sizes, and, of constants that are
//! trained, against central differences.

use std::collections::HashMap;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::nn::layers::{
    Binary, BinaryFunction, Context, Epilogue, Flatten, Layer, LayerKind, Operand, PRelu, Side, Size,
};
use doubleback::nn::{Architecture, LayerSpec, Mode, Module, Network};
use doubleback_test_device::f64_device;

const FUNCTIONS: [(&str, BinaryFunction); 8] = [
    ("add", BinaryFunction::Add),
    ("sub", BinaryFunction::Sub),
    ("mul", BinaryFunction::Mul),
    ("div", BinaryFunction::Div),
    ("pow", BinaryFunction::Pow),
    ("max", BinaryFunction::Max),
    ("min", BinaryFunction::Min),
    ("mod", BinaryFunction::Mod),
];

struct Array {
    dims: [usize; 4],
    values: Vec<f64>,
}

impl Array {
    fn tensor(&self) -> Tensor<4> {
        tensor(self.values.clone(), self.dims)
    }
}

fn tensor<const D: usize>(values: Vec<f64>, dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (&f64_device(), DType::F64))
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

fn fixtures() -> HashMap<String, Array> {
    let path = format!("{}/tests/fixtures/binary.npz", env!("CARGO_MANIFEST_DIR"));
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let read = |name: String| {
        let array = archive.by_name(&name).unwrap().unwrap();
        let dims: Vec<usize> = array.shape().iter().map(|&size| size as usize).collect();
        let (dims, values) = (dims.try_into().unwrap(), array.into_vec().unwrap());
        (name, Array { dims, values })
    };
    names.into_iter().map(read).collect()
}

fn near(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        // PyTorch has no second derivative of 0 to the power of 0.
        let equal = (found - expected).abs() <= 1e-13 * expected.abs().max(1.0);
        assert!(equal || expected.is_nan(), "{what}: {found}, in PyTorch {expected}");
    }
}

#[test]
fn both_orders_are_those_of_pytorch() {
    let fixtures = fixtures();
    let mut cases = 0;
    for (name, function) in FUNCTIONS {
        for number in 0..6 {
            let of = |part: &str| fixtures.get(&format!("{name}.{number}.{part}"));
            let Some(a) = of("a") else { continue };
            let of = |part: &str| of(part).unwrap();
            cases += 1;
            let [a, b, g] = [a, of("b"), of("g")].map(|x| x.tensor().autodiff().require_grad());
            let layer = Binary {
                function,
                constant: None,
            };
            let mut context = Context {
                parameters: &[],
                buffers: &[],
                mode: &mut Mode::Inference,
                epilogue: Epilogue::default(),
                statistics: &mut None,
            };
            let what = |part: &str| format!("{name} of {:?} and {:?}, {part}", a.dims(), b.dims());
            let sizes = [&a, &b].map(|x| [x.dims()[1], x.dims()[2], x.dims()[3]]);
            let (y, pullback) = layer.forward(vec![a.clone(), b.clone()], &mut context).unwrap();
            assert_eq!(layer.output(&sizes).unwrap(), y.dims()[1..]);
            near(&doubles(y.clone().inner()), &of("y").values, &what("value"));
            let by_tape = (y * g.clone().inner().autodiff()).sum().backward();
            near(
                &doubles(a.grad(&by_tape).unwrap()),
                &of("ga").values,
                &what("a by the tape"),
            );
            if (name, number) != ("pow", 0) {
                near(
                    &doubles(b.grad(&by_tape).unwrap()),
                    &of("gb").values,
                    &what("b by the tape"),
                );
            }

            let (_, again) = layer.forward(vec![a.clone(), b.clone()], &mut context).unwrap();
            drop(pullback);
            let gradients = again(g.clone()).unwrap();
            near(
                &doubles(gradients[0].clone().inner()),
                &of("ga").values,
                &what("gradient of a"),
            );
            near(
                &doubles(gradients[1].clone().inner()),
                &of("gb").values,
                &what("gradient of b"),
            );
            let cube = |x: &Tensor<4>| (x.clone().square() * x.clone()).sum();
            let cubes = match (name, number) {
                ("pow", 0) => cube(&gradients[0]),
                _ => cube(&gradients[0]) + cube(&gradients[1]),
            };
            let second = cubes.backward();
            for (part, x) in [("aa", &a), ("bb", &b), ("gg", &g)] {
                let zeros = || vec![0.0; x.dims().iter().product()];
                let found = x.grad(&second).map_or_else(zeros, doubles);
                let mut expected = of(part).values.clone();
                if (name, number, part) == ("pow", 0, "bb") {
                    // Of a base that is not positive we have no derivative by the exponent, PyTorch at times has one.
                    expected.iter_mut().take(8).for_each(|value| *value = f64::NAN);
                }
                near(&found, &expected, &what(part));
            }
        }
    }
    assert_eq!(cases, 5 * 3 + 3 * 6);
}

const IMAGE: Size = [3, 2, 4];

/// The layer, whose outputs are the logits.
fn network(layer: impl Into<LayerKind>) -> Network {
    let [height, width, channels] = IMAGE;
    let architecture = Architecture {
        name: "test".into(),
        input: [channels, height, width],
        bounds: [-2.0, 2.0],
        classes: height * width * channels,
        layers: vec![LayerSpec::new("layer", layer), LayerSpec::new("flatten", Flatten {})],
    };
    let mut network = Network::new(architecture, 0, &f64_device()).unwrap().cast(DType::F64);
    let [parameter] = network
        .parameters()
        .map(|p| (p.name().to_owned(), p.value().dims()[0]))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let (name, count) = parameter;
    network.set(&name, tensor(values(count, 0.4, 1.9, 3), [count])).unwrap();
    network
}

fn values(count: usize, low: f64, high: f64, seed: usize) -> Vec<f64> {
    let unit = |i| ((i * 7919 + seed * 104_729 + 17) % 1009) as f64 / 1009.0;
    (0..count).map(|i| low + (high - low) * unit(i)).collect()
}

/// The parameter's and the input's gradient of Σ w · logits + Σ (input gradient of it)³ against central differences.
fn check(name: &str, layer: impl Into<LayerKind>, low: f64) {
    let network = network(layer);
    let [height, width, channels] = IMAGE;
    let (n, classes) = (2, height * width * channels);
    let dims = [n, channels, height, width];
    let images = tensor(values(n * classes, low, 2.0, 5), dims);
    let weights = tensor(values(n * classes, -1.0, 1.0, 7), [n, classes]);
    let objective = |network: &Network, images: Tensor<4>| {
        let (logits, pullback) = network.forward_with_pullback(images, Mode::Inference).unwrap();
        let gradient = pullback.apply(weights.clone()).unwrap();
        (logits * weights.clone()).sum() + (gradient.clone().square() * gradient).sum()
    };
    let tracked = network.tracked();
    let parameter = tracked.parameters().next().unwrap();
    let input = images.clone().autodiff().require_grad();
    let gradients = objective(&tracked, input.clone()).backward();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let step = 1e-6;
    let near = |exact: f64, at: &dyn Fn(f64) -> f64, what: &str| {
        let difference = (at(step) - at(-step)) / (2.0 * step);
        let close = (exact - difference).abs() < 1e-6 * exact.abs().max(1.0);
        assert!(close, "{name}, {what}: {exact}, by differences {difference}");
    };

    let found = doubles(parameter.value().grad(&gradients).unwrap());
    let along = values(found.len(), -1.0, 1.0, 11);
    let at = |length: f64| {
        let moved = parameter.value().clone().inner() + tensor(along.clone(), [along.len()]) * length;
        let mut network = network.clone();
        network.set(parameter.name(), moved).unwrap();
        doubles(objective(&network, images.clone()))[0]
    };
    near(dot(&found, &along), &at, "parameter");
    let found = doubles(input.grad(&gradients).unwrap());
    let along = values(found.len(), -1.0, 1.0, 13);
    let at = |length: f64| {
        let moved = images.clone() + tensor(along.clone(), dims) * length;
        doubles(objective(&network, moved))[0]
    };
    near(dot(&found, &along), &at, "images");
}

#[test]
fn constants_are_trained_at_both_orders() {
    for (name, function) in FUNCTIONS {
        for side in [Side::Left, Side::Right] {
            for size in [[1, 1, 4], [3, 2, 1], [1, 1, 1], IMAGE] {
                let low = if name == "pow" { 0.2 } else { 0.1 };
                let constant = Some(Operand { size, side });
                check(&format!("{name} {side:?} {size:?}"), Binary { function, constant }, low);
            }
        }
    }
}

#[test]
fn slopes_are_trained_at_both_orders() {
    for size in [[1, 1, 4], [1, 1, 1], [3, 2, 1], IMAGE] {
        check(&format!("slopes {size:?}"), PRelu { size }, -2.0);
    }
}

#[test]
fn prelu_is_that_of_pytorch() {
    let fixtures = fixtures();
    let of = |part: &str| &fixtures[&format!("prelu.1.{part}")];
    let mut network = network(PRelu { size: [1, 1, 4] });
    network.set("layer.slope", tensor(of("b").values.clone(), [4])).unwrap();
    let tracked = network.tracked();
    let [a, g] = [of("a"), of("g")].map(|x| x.tensor().permute([0, 3, 1, 2]).autodiff().require_grad());
    let cotangent = g.clone().permute([0, 2, 3, 1]).reshape([2, 24]);
    let (y, pullback) = tracked.forward_with_pullback(a.clone(), Mode::Inference).unwrap();
    near(&doubles(y.clone().inner()), &of("y").values, "value");
    let stored = |x: Tensor<4>| doubles(x.permute([0, 2, 3, 1]));
    let gradient = pullback.apply(cotangent).unwrap();
    near(&stored(gradient.clone().inner()), &of("ga").values, "gradient");
    let value = (y * tensor(of("g").values.clone(), [2, 24]).autodiff())
        .sum()
        .backward();
    let slope = tracked.parameters().next().unwrap().value();
    near(&doubles(slope.grad(&value).unwrap()), &of("gb").values, "slope");
}

#[test]
fn sizes_that_cannot_be_repeated_are_refused() {
    let layer = Binary {
        function: BinaryFunction::Mul,
        constant: None,
    };
    assert_eq!(layer.output(&[[1, 1, 4], [3, 2, 4]]).unwrap(), [3, 2, 4]);
    assert_eq!(layer.output(&[[3, 1, 1], [1, 2, 4]]).unwrap(), [3, 2, 4]);
    let unequal = layer.output(&[[3, 2, 4], [3, 2, 5]]).unwrap_err();
    assert_eq!(
        unequal,
        "cannot be of [3, 2, 4] and [3, 2, 5] values: sizes must be equal or 1"
    );
    assert_eq!(layer.output(&[[3, 2, 4]]).unwrap_err(), "takes two inputs, not 1");
    let more = PRelu { size: [3, 2, 4] }.layer_error([1, 1, 4]);
    assert_eq!(more, "slopes [3, 2, 4] are more than values [1, 1, 4]");
}

trait LayerError {
    fn layer_error(self, input: Size) -> String;
}

impl<L: Layer> LayerError for L {
    fn layer_error(self, input: Size) -> String {
        self.output(&[input]).unwrap_err()
    }
}

#[test]
fn files_say_function_size_and_side() {
    let json = |layer: LayerKind| serde_json::to_string(&layer).unwrap();
    let constant = Some(Operand {
        size: [1, 1, 4],
        side: Side::Right,
    });
    let function = BinaryFunction::Mul;
    let text = r#"{"type":"binary","function":"mul","constant":{"size":[1,1,4],"side":"right"}}"#;
    assert_eq!(json(Binary { function, constant }.into()), text);
    let plain = Binary {
        function,
        constant: None,
    };
    assert_eq!(json(plain.into()), r#"{"type":"binary","function":"mul"}"#);
    assert_eq!(
        serde_json::from_str::<LayerKind>(text).unwrap(),
        Binary { function, constant }.into()
    );
}
