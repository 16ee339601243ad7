//! Layers that round, compare, choose and draw: both orders of gradients in `f64` against PyTorch, values by hand, and that no image's result
//! depends on the images beside it.

use std::collections::HashMap;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::nn::layers::{
    Compare, CompareFunction, Distribution, FakeQuantize, Finiteness, Flatten, LayerKind, LayerPullback, Noise,
    Operand, Side, Size, Unfinite, Where,
};
use doubleback::nn::{Architecture, IMAGES, LayerSpec, Mode, Module, Network};
use doubleback_test_device::{f64_device, test_device};

fn tensor<const D: usize>(values: Vec<f64>, dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (&f64_device(), DType::F64))
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

struct Array {
    dims: Vec<usize>,
    values: Vec<f64>,
}

impl Array {
    fn tensor(&self) -> Tensor<4> {
        tensor(self.values.clone(), self.dims.clone().try_into().unwrap())
    }
}

fn fixtures() -> HashMap<String, Array> {
    let path = format!("{}/tests/fixtures/choices.npz", env!("CARGO_MANIFEST_DIR"));
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let read = |name: String| {
        let array = archive.by_name(&name).unwrap().unwrap();
        let dims = array.shape().iter().map(|&size| size as usize).collect();
        let values = array.into_vec().unwrap();
        (name, Array { dims, values })
    };
    names.into_iter().map(read).collect()
}

fn near(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let near = (found - expected).abs() <= 1e-12 * expected.abs().max(1.0);
        assert!(near, "{what}: {found}, in PyTorch {expected}");
    }
}

/// A layer, by its name in a network so that its buffers are there: what it gives of these inputs, and its pullback.
fn forward(
    layer: impl Into<LayerKind>,
    buffers: &[(&str, Vec<f64>)],
    inputs: Vec<Tensor<4>>,
) -> (Tensor<4>, LayerPullback) {
    use doubleback::nn::layers::{Context, Epilogue};
    let kind: LayerKind = layer.into();
    let sizes: Vec<Size> = inputs.iter().map(|x| [x.dims()[1], x.dims()[2], x.dims()[3]]).collect();
    let network = holder(&kind, &sizes);
    let mut network = network.cast(DType::F64);
    for (role, values) in buffers {
        let name = format!("layer.{role}");
        network.set(&name, tensor(values.clone(), [values.len()])).unwrap();
    }
    let buffers: Vec<_> = network.buffers().cloned().collect();
    let parameters: Vec<_> = network.parameters().cloned().collect();
    let mut context = Context {
        parameters: &parameters,
        buffers: &buffers,
        mode: &mut Mode::Inference,
        epilogue: Epilogue::default(),
        statistics: &mut None,
    };
    let size = kind.layer().output(&sizes).unwrap();
    let (y, pullback) = kind.layer().forward(inputs, &mut context).unwrap();
    assert_eq!(y.dims()[1..], size);
    (y, pullback)
}

/// A network of the layer alone, every input of which is the images.
fn holder(kind: &LayerKind, sizes: &[Size]) -> Network {
    let [height, width, channels] = sizes[0];
    let mut layer = LayerSpec::new("layer", kind.clone());
    for _ in sizes {
        layer = layer.after(IMAGES);
    }
    let size = kind.layer().output(&vec![sizes[0]; sizes.len()]).unwrap();
    let architecture = Architecture {
        name: "test".into(),
        input: [channels, height, width],
        bounds: [-2.0, 2.0],
        classes: size.iter().product(),
        layers: vec![layer, LayerSpec::new("flatten", Flatten {})],
    };
    Network::new(architecture, 0, &f64_device()).unwrap()
}

/// Of a function of squares of the inputs: value, input gradient of the sum of its cubes, and the gradient of that gradient's square.
fn both_orders(
    name: &str,
    fixtures: &HashMap<String, Array>,
    function: impl Fn(Vec<Tensor<4>>) -> (Tensor<4>, LayerPullback),
) {
    let of = |part: &str| &fixtures[&format!("{name}.{part}")];
    let count = (0..)
        .take_while(|k| fixtures.contains_key(&format!("{name}.x{k}")))
        .count();
    let inputs: Vec<Tensor<4>> = (0..count)
        .map(|k| of(&format!("x{k}")).tensor().autodiff().require_grad())
        .collect();
    let (y, pullback) = function(inputs.iter().map(|x| x.clone().square()).collect());
    near(&doubles(y.clone().inner()), &of("y").values, &format!("{name}, value"));
    let gradients = pullback(y.square() * 3.0).unwrap();
    let gradients: Vec<_> = gradients
        .into_iter()
        .zip(&inputs)
        .map(|(g, x)| g * x.clone() * 2.0)
        .collect();
    for (k, g) in gradients.iter().enumerate() {
        near(
            &doubles(g.clone().inner()),
            &of(&format!("first{k}")).values,
            &format!("{name}, first order of {k}"),
        );
    }
    let square = gradients
        .iter()
        .map(|g| g.clone().square().sum())
        .reduce(|a, b| a + b)
        .unwrap();
    let tape = square.backward();
    for (k, x) in inputs.iter().enumerate() {
        let second = doubles(x.grad(&tape).unwrap());
        near(
            &second,
            &of(&format!("second{k}")).values,
            &format!("{name}, second order of {k}"),
        );
    }
}

#[test]
fn quantized_values_and_both_orders_are_those_of_pytorch_straight_through() {
    let fixtures = fixtures();
    for (name, range, axis) in [
        ("tensor", [-128, 127], None),
        ("unsigned", [0, 255], None),
        ("relu", [-128, 127], None),
        ("channels", [-128, 127], Some(2)),
    ] {
        let of = |part: &str| fixtures[&format!("{name}.{part}")].values.clone();
        both_orders(name, &fixtures, |inputs| {
            let buffers = [("scale", of("scale")), ("zero_point", of("zero"))];
            let shifted = inputs.into_iter().map(|x| x - 0.4).collect();
            forward(FakeQuantize { range, axis }, &buffers, shifted)
        });
    }
}

#[test]
fn a_choice_and_both_its_orders_are_those_of_pytorch() {
    let fixtures = fixtures();
    for name in ["where", "where_repeated"] {
        both_orders(name, &fixtures, |inputs| {
            let less = Compare {
                function: CompareFunction::Less,
                constant: None,
            };
            let (condition, zero) = forward(less, &[], inputs.clone());
            let zeros = zero(condition.ones_like()).unwrap();
            assert!(zeros.iter().all(|g| doubles(g.clone().abs().sum()) == [0.0]), "{name}");
            let [a, b]: [Tensor<4>; 2] = inputs.try_into().unwrap();
            let (y, pullback) = forward(Where {}, &[], vec![condition, a, b * 2.0]);
            let of_inputs = move |g: Tensor<4>| {
                let [_, a, b]: [Tensor<4>; 3] = pullback(g)?.try_into().unwrap();
                Ok(vec![a, b * 2.0])
            };
            (y, Box::new(of_inputs))
        });
    }
}

/// Half to even, before the zero point is added; what saturates; a range that begins at the zero point is a ReLU.
#[test]
fn rounding_is_half_to_even_and_saturation_has_no_gradient() {
    let x = vec![-0.25, -0.75, 0.25, 0.75, 1.25, 200.0, -200.0, 0.1];
    let layer = FakeQuantize {
        range: [-128, 127],
        axis: None,
    };
    let buffers = [("scale", vec![0.5]), ("zero_point", vec![-128.0])];
    let (y, pullback) = forward(layer, &buffers, vec![tensor(x, [1, 1, 1, 8])]);
    assert_eq!(doubles(y.clone()), [0.0, 0.0, 0.0, 1.0, 1.0, 127.5, 0.0, 0.0]);
    let gradient = pullback(y.ones_like()).unwrap().swap_remove(0);
    // -0.25 rounds to the zero point, which is within the range; -0.75 rounds to what is below it.
    assert_eq!(doubles(gradient), [1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn comparisons_and_logic_by_hand() {
    let a = tensor(vec![0.0, 1.0, 2.0, -1.0], [1, 2, 2, 1]);
    let b = || tensor(vec![1.0, 1.0, 0.0, 0.0], [1, 2, 2, 1]);
    use CompareFunction as F;
    for (function, expected) in [
        (F::Equal, [0.0, 1.0, 0.0, 0.0]),
        (F::NotEqual, [1.0, 0.0, 1.0, 1.0]),
        (F::Less, [1.0, 0.0, 0.0, 1.0]),
        (F::LessOrEqual, [1.0, 1.0, 0.0, 1.0]),
        (F::Greater, [0.0, 0.0, 1.0, 0.0]),
        (F::GreaterOrEqual, [0.0, 1.0, 1.0, 0.0]),
        (F::And, [0.0, 1.0, 0.0, 0.0]),
        (F::Or, [1.0, 1.0, 1.0, 1.0]),
        (F::Xor, [1.0, 0.0, 1.0, 1.0]),
    ] {
        let layer = Compare {
            function,
            constant: None,
        };
        let (y, _) = forward(layer, &[], vec![a.clone(), b()]);
        assert_eq!(doubles(y), expected, "{function:?}");
    }
    let constant = |side| {
        let size = [1, 2, 1];
        let function = F::Less;
        let constant = Some(Operand { size, side });
        let (y, _) = forward(
            Compare { function, constant },
            &[("value", vec![0.5, 1.5])],
            vec![a.clone()],
        );
        doubles(y)
    };
    assert_eq!(constant(Side::Right), [1.0, 1.0, 0.0, 1.0]);
    assert_eq!(constant(Side::Left), [0.0, 0.0, 1.0, 0.0]);
    let odd = || tensor(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0], [1, 2, 2, 1]);
    for (kind, expected) in [
        (Unfinite::Nan, [1.0, 0.0, 0.0, 0.0]),
        (Unfinite::Infinite, [0.0, 1.0, 1.0, 0.0]),
        (Unfinite::PositiveInfinite, [0.0, 1.0, 0.0, 0.0]),
        (Unfinite::NegativeInfinite, [0.0, 0.0, 1.0, 0.0]),
    ] {
        let (y, _) = forward(Finiteness { kind }, &[], vec![odd()]);
        assert_eq!(doubles(y), expected, "{kind:?}");
    }
}

fn images(values: &[f32]) -> Tensor<4> {
    let count = values.len() / 4;
    Tensor::from_data(TensorData::new(values.to_vec(), [count, 1, 2, 2]), &test_device())
}

/// The noise of each image.
fn drawn(noise: Noise, values: &[f32]) -> Vec<Vec<f32>> {
    let count = noise.size.iter().product();
    let architecture = Architecture {
        name: "test".into(),
        input: [1, 2, 2],
        bounds: [-2.0, 2.0],
        classes: count,
        layers: vec![LayerSpec::new("noise", noise), LayerSpec::new("flatten", Flatten {})],
    };
    let network = Network::new(architecture, 0, &test_device()).unwrap();
    let (y, pullback) = network.forward_with_pullback(images(values), Mode::Inference).unwrap();
    let gradient = pullback.apply(y.ones_like()).unwrap();
    assert_eq!(gradient.abs().sum().into_data().try_to_vec::<f32>().unwrap(), [0.0]);
    let y = y.into_data().try_to_vec::<f32>().unwrap();
    y.chunks(count).map(<[f32]>::to_vec).collect()
}

#[test]
fn noise_is_a_function_of_the_image_and_the_seed_alone() {
    let normal = Distribution::Normal {
        mean: 0.5,
        deviation: 2.0,
    };
    let noise = |seed| Noise {
        distribution: normal,
        size: [40, 50, 2],
        seed,
    };
    let (a, b) = ([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.5]);
    let both = drawn(noise(1), &[a, b].concat());
    let turned = drawn(noise(1), &[b, a, a].concat());
    assert_eq!(both[0], turned[1]);
    assert_eq!(both[0], turned[2]);
    assert_eq!(both[1], turned[0]);
    assert_ne!(both[0], both[1]);
    assert_ne!(drawn(noise(2), &a)[0], both[0]);
    let mean = |x: &[f32]| x.iter().map(|&x| f64::from(x)).sum::<f64>() / x.len() as f64;
    let values = &both[0];
    let variance = values.iter().map(|x| (f64::from(*x) - 0.5).powi(2)).sum::<f64>() / 4000.0;
    assert!(
        (mean(values) - 0.5).abs() < 0.15 && (variance - 4.0).abs() < 0.4,
        "{} {variance}",
        mean(values)
    );
    let uniform = Noise {
        distribution: Distribution::Uniform { low: -1.0, high: 3.0 },
        ..noise(3)
    };
    let values = &drawn(uniform, &a)[0];
    assert!(values.iter().all(|x| (-1.0..3.0).contains(x)) && (mean(values) - 1.0).abs() < 0.1);
}

#[test]
fn bernoulli_values_have_the_probabilities_of_the_second_input() {
    let noise = Noise {
        distribution: Distribution::Bernoulli,
        size: [1, 1, 4000],
        seed: 4,
    };
    let probabilities = (0..4000).map(|i| [0.0, 0.25, 1.0, 0.75][i % 4]).collect();
    let image = tensor(vec![0.5; 4], [1, 2, 2, 1]);
    let kind: LayerKind = noise.into();
    let inputs = vec![image, tensor(probabilities, [1, 1, 1, 4000])];
    use doubleback::nn::layers::{Context, Epilogue};
    let mut context = Context {
        parameters: &[],
        buffers: &[],
        mode: &mut Mode::Inference,
        epilogue: Epilogue::default(),
        statistics: &mut None,
    };
    let (y, _) = kind.layer().forward(inputs, &mut context).unwrap();
    let y = doubles(y);
    let share = |place: usize| y.iter().skip(place).step_by(4).sum::<f64>() / 1000.0;
    assert_eq!([share(0), share(2)], [0.0, 1.0]);
    assert!((share(1) - 0.25).abs() < 0.05 && (share(3) - 0.75).abs() < 0.05);
}

#[test]
fn files_say_what_they_hold_and_hostile_ones_are_refused() {
    let json = |layer: LayerKind| serde_json::to_string(&layer).unwrap();
    let quantize = FakeQuantize {
        range: [-128, 127],
        axis: None,
    };
    assert_eq!(json(quantize.into()), r#"{"type":"fake-quantize","range":[-128,127]}"#);
    let noise = Noise {
        distribution: Distribution::Bernoulli,
        size: [1, 1, 3],
        seed: u64::MAX,
    };
    let text = r#"{"type":"noise","distribution":"bernoulli","size":[1,1,3],"seed":18446744073709551615}"#;
    assert_eq!(json(noise.into()), text);
    assert_eq!(serde_json::from_str::<LayerKind>(text).unwrap(), noise.into());
    let refused = |layer: LayerKind, inputs: &[Size]| layer.layer().output(inputs).unwrap_err();
    let image = [2, 2, 1];
    for range in [[5, 5], [0, i32::MAX], [i32::MIN, 0]] {
        refused(FakeQuantize { range, axis: None }.into(), &[image]);
    }
    let layer = FakeQuantize {
        range: [0, 1],
        axis: Some(3),
    };
    refused(layer.into(), &[image]);
    for size in [[0, 1, 1], [usize::MAX, 2, 2], [1 << 28, 1, 1]] {
        let distribution = Distribution::Bernoulli;
        let seed = 0;
        refused(
            Noise {
                distribution,
                size,
                seed,
            }
            .into(),
            &[image, size],
        );
    }
    refused(noise.into(), &[image]);
    refused(noise.into(), &[image, image]);
    refused(Where {}.into(), &[image, image]);
    refused(Where {}.into(), &[image, image, [3, 2, 1]]);
    let compare = Compare {
        function: CompareFunction::Less,
        constant: Some(Operand {
            size: [5, 5, 5],
            side: Side::Left,
        }),
    };
    refused(compare.into(), &[image]);
    refused(compare.into(), &[image, image]);
}
