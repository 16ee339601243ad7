//! Combinations of activations and constants of many ranks and layouts, computed by the network and by NumPy's rules.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};

use burn::tensor::{Tensor, TensorData};
use doubleback::nn::layers::{GlobalAvgPool, LayerKind};
use doubleback::nn::{Architecture, IMAGES, Mode, Network};
use doubleback_test_device::test_device;
use ndarray::{ArrayD, IxDyn, Zip};

use super::super::value::Layout;
use super::*;
use crate::onnx::model::Attribute;

const CHANNELS: usize = 4;
const HEIGHT: usize = 3;
const WIDTH: usize = 4;

fn node(op: &str, inputs: &[&str]) -> Node {
    let name = |name: &&str| Some((*name).to_owned());
    let fmod = ("fmod".to_owned(), Attribute::Int(1));
    Node {
        name: op.to_owned(),
        op: op.to_owned(),
        domain: String::new(),
        opset: 18,
        scope: None,
        inputs: inputs.iter().map(name).collect(),
        outputs: vec![Some("output".to_owned())],
        attributes: BTreeMap::from_iter((op == "Mod").then_some(fmod)),
    }
}

fn values(shape: &[usize], seed: usize) -> ArrayD<f32> {
    let count = shape.iter().product();
    let value = |i: usize| 0.3 + ((i * 7919 + seed * 104_729) % 1009) as f32 / 600.0;
    ArrayD::from_shape_vec(IxDyn(shape), (0..count).map(value).collect()).unwrap()
}

fn image() -> ArrayD<f32> {
    values(&[1, CHANNELS, HEIGHT, WIDTH], 1)
}

/// Images, their means, a reshape of either, or a constant: as the builder and as an array has it.
#[derive(Clone, Debug)]
enum Source {
    Image,
    Means,
    Rows(&'static [usize]),
    MeansAs(&'static [usize]),
    Constant(&'static [usize]),
}

impl Source {
    fn array(&self) -> ArrayD<f32> {
        let means = || {
            image()
                .mean_axis(ndarray::Axis(3))
                .unwrap()
                .mean_axis(ndarray::Axis(2))
                .unwrap()
        };
        let shaped = |array: ArrayD<f32>, shape: &[usize]| array.into_shape_with_order(IxDyn(shape)).unwrap();
        match self {
            Self::Image => image(),
            Self::Means => shaped(means(), &[1, CHANNELS, 1, 1]),
            Self::Rows(shape) => shaped(image(), shape),
            Self::MeansAs(shape) => shaped(means(), shape),
            Self::Constant(shape) => values(shape, 5),
        }
    }

    fn value(&self, b: &mut Builder) -> Value {
        let images = Activation {
            layer: IMAGES.to_owned(),
            shape: vec![1, CHANNELS, HEIGHT, WIDTH],
            layout: Layout::ChannelsLast,
        };
        let means = |b: &mut Builder| {
            let shape = vec![1, CHANNELS, 1, 1];
            let pool = node("GlobalAveragePool", &[]);
            b.layer(&pool, GlobalAvgPool {}, &[&images], shape, Layout::ChannelsLast)
                .unwrap()
        };
        match self {
            Self::Image => images.clone().into(),
            Self::Means => means(b).into(),
            Self::Rows(shape) => b.reshaped(images.clone(), shape.to_vec()).unwrap().into(),
            Self::MeansAs(shape) => {
                let means = means(b);
                b.reshaped(means, shape.to_vec()).unwrap().into()
            }
            Self::Constant(_) => Constant::Float(self.array()).into(),
        }
    }
}

/// The output of a node and what it was translated to.
fn imported(op: &str, sources: &[Source]) -> (ArrayD<f32>, Vec<LayerKind>) {
    let names = ["a", "b", "c", "d"];
    let node = node(op, &names[..sources.len()]);
    let mut b = Builder::new(std::slice::from_ref(&node), [HEIGHT, WIDTH, CHANNELS]);
    for (name, source) in names.iter().zip(sources) {
        let value = source.value(&mut b);
        b.define(name, value);
    }
    super::super::node(&node, &mut b).unwrap_or_else(|refusal| panic!("{op} of {sources:?}: {refusal}"));
    let Some(Value::Activation(output)) = b.value("output").cloned() else {
        panic!("{op} of {sources:?} gives no activation");
    };
    let (shape, count) = (output.shape.clone(), output.count());
    let flat = b.reshaped(output, vec![1, count]).unwrap();
    let parts = b.finish(&flat).unwrap();
    let kinds = parts.layers.iter().map(|layer| layer.kind.clone()).collect();
    let architecture = Architecture {
        name: "test".to_owned(),
        input: [CHANNELS, HEIGHT, WIDTH],
        bounds: [0.0, 1.0],
        classes: count,
        layers: parts.layers,
    };
    let device = test_device();
    let tensors: HashMap<String, Vec<f32>> = parts.tensors;
    let network = Network::build(architecture, &device, |_, name| {
        let values = tensors[name].clone();
        let count = values.len();
        Ok(Tensor::from_data(TensorData::new(values, [count]), &device))
    });
    let data = TensorData::new(image().into_iter().collect(), [1, CHANNELS, HEIGHT, WIDTH]);
    let output = network
        .unwrap()
        .forward(Tensor::from_data(data, &device), Mode::Inference)
        .unwrap();
    let output = output.into_data().try_to_vec::<f32>().unwrap();
    (ArrayD::from_shape_vec(IxDyn(&shape), output).unwrap(), kinds)
}

fn by_hand(op: &str, sources: &[Source]) -> ArrayD<f32> {
    let function = |a: f32, b: f32| match op {
        "Add" | "Sum" | "Mean" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Div" => a / b,
        "Pow" => a.powf(b),
        "Max" => a.max(b),
        "Min" => a.min(b),
        "Mod" => a % b,
        _ => panic!("{op}"),
    };
    let arrays = sources.iter().map(Source::array);
    let all = arrays.reduce(|a, b| {
        let shape = broadcast(a.shape(), b.shape()).unwrap();
        let [a, b] = [&a, &b].map(|x| x.broadcast(IxDyn(&shape)).unwrap());
        Zip::from(a).and(b).map_collect(|&a, &b| function(a, b))
    });
    match op {
        "Mean" => all.unwrap() / sources.len() as f32,
        _ => all.unwrap(),
    }
}

fn check(op: &str, sources: &[Source]) {
    let ((found, _), expected) = (imported(op, sources), by_hand(op, sources));
    assert_eq!(found.shape(), expected.shape(), "{op} of {sources:?}");
    for (found, expected) in found.iter().zip(&expected) {
        let near = (found - expected).abs() < 1e-5 * expected.abs().max(1.0);
        assert!(near, "{op} of {sources:?}: {found} where NumPy has {expected}");
    }
}

const PAIRS: [&str; 8] = ["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Mod"];

#[test]
fn operands_are_combined_by_the_rules_of_numpy() {
    use Source::{Constant, Image, Means, MeansAs, Rows};
    const ROWS: &[usize] = &[1, CHANNELS, HEIGHT, WIDTH];
    const GROUPS: &[usize] = &[1, 2, 2, HEIGHT, WIDTH];
    let pairs = [
        (Image, Image),
        (Image, Means),
        (Image, Rows(ROWS)),
        (Means, Rows(ROWS)),
        (Image, MeansAs(&[CHANNELS])),
        (Image, MeansAs(&[CHANNELS, 1, 1])),
        (Rows(ROWS), MeansAs(&[CHANNELS, 1, 1])),
        (Rows(GROUPS), MeansAs(&[2, 2, 1, 1])),
        (Rows(GROUPS), MeansAs(&[1, 4, 1, 1, 1, 1])),
        (Image, Constant(&[])),
        (Image, Constant(&[1])),
        (Image, Constant(&[CHANNELS, 1, 1])),
        (Image, Constant(&[1, CHANNELS, 1, 1])),
        (Image, Constant(&[WIDTH])),
        (Image, Constant(&[HEIGHT, WIDTH])),
        (Image, Constant(&[HEIGHT, 1])),
        (Image, Constant(ROWS)),
        (Image, Constant(&[2, CHANNELS, 1, 1])),
        (Image, Constant(&[2, CHANNELS, 1, WIDTH])),
        (MeansAs(&[1, 2, 1, 2, 1]), Constant(&[3, 1, 5])),
        (Image, Constant(&[1, 2, CHANNELS, 1, 1])),
        (Means, Constant(ROWS)),
        (Means, Constant(&[HEIGHT, WIDTH])),
        (MeansAs(&[1, CHANNELS]), Constant(&[CHANNELS])),
        (MeansAs(&[1, CHANNELS]), Constant(&[5, 1])),
        (MeansAs(&[CHANNELS]), Constant(&[1])),
        (Rows(GROUPS), Constant(&[2, 1, 1])),
        (Rows(GROUPS), Constant(&[2, 1, 1, 1])),
        (Rows(GROUPS), Constant(&[2, 1, HEIGHT, 1])),
        (Rows(&[1, HEIGHT, WIDTH, CHANNELS]), Constant(&[CHANNELS])),
    ];
    for op in PAIRS {
        for (a, b) in &pairs {
            check(op, &[a.clone(), b.clone()]);
            check(op, &[b.clone(), a.clone()]);
        }
    }
}

#[test]
fn several_are_combined_one_after_another() {
    use Source::{Constant, Image, Means, Rows};
    for op in ["Sum", "Mean", "Max", "Min"] {
        check(op, &[Image]);
        check(op, &[Image, Image, Image]);
        check(op, &[Constant(&[CHANNELS, 1, 1]), Image, Means]);
        check(
            op,
            &[
                Image,
                Rows(&[1, CHANNELS, HEIGHT, WIDTH]),
                Constant(&[]),
                Constant(&[WIDTH]),
            ],
        );
    }
}

#[test]
fn common_combinations_are_one_layer() {
    use Source::{Constant, Image, Means};
    let kinds = |op: &str, sources: &[Source]| {
        let (_, kinds) = imported(op, sources);
        let reorders = |kind: &LayerKind| matches!(kind, LayerKind::Permute(_) | LayerKind::Flatten(_));
        kinds.into_iter().filter(|kind| !reorders(kind)).collect::<Vec<_>>()
    };
    let constant = |size, side| Some(Trained { size, side });
    let function = BinaryFunction::Mul;
    let channels = [1, 1, CHANNELS];
    let gain = Binary {
        function,
        constant: constant(channels, Side::Right),
    };
    assert_eq!(kinds("Mul", &[Image, Constant(&[CHANNELS, 1, 1])]), [gain.into()]);
    let gate = Binary {
        function,
        constant: None,
    };
    assert_eq!(kinds("Mul", &[Image, Means])[1..], [gate.into()]);
    assert_eq!(kinds("Add", &[Image, Image]), [Add {}.into()]);
    assert_eq!(kinds("Sum", &[Image, Image, Image]), [Add {}.into()]);
    let shift = f64::from(values(&[], 5).first().copied().unwrap());
    let function = Function::Affine { scale: -1.0, shift };
    assert_eq!(kinds("Sub", &[Constant(&[]), Image]), [Elementwise { function }.into()]);
}

#[test]
fn what_changes_nothing_is_left_out_and_said() {
    let node = node("Mul", &["a", "b"]);
    let mut b = Builder::new(std::slice::from_ref(&node), [HEIGHT, WIDTH, CHANNELS]);
    let images = Source::Image.value(&mut b);
    b.define("a", images.clone());
    b.define("b", Constant::Float(ArrayD::ones(IxDyn(&[CHANNELS, 1, 1]))));
    super::super::node(&node, &mut b).unwrap();
    super::super::node(&node, &mut b).unwrap();
    assert_eq!(b.value("output"), Some(&images));
    assert_eq!(b.notes(), ["`Mul` that changes nothing is left out (2 times)"]);
}

#[test]
fn slopes_go_where_their_channels_are() {
    for (shape, size) in [
        (vec![CHANNELS, 1, 1], [1, 1, CHANNELS]),
        (vec![1, CHANNELS, 1, 1], [1, 1, CHANNELS]),
        (vec![1], [1, 1, 1]),
        (vec![WIDTH], [1, WIDTH, 1]),
        (vec![CHANNELS, HEIGHT, WIDTH], [HEIGHT, WIDTH, CHANNELS]),
    ] {
        let node = node("PRelu", &["a", "b"]);
        let mut b = Builder::new(std::slice::from_ref(&node), [HEIGHT, WIDTH, CHANNELS]);
        let images = Source::Image.value(&mut b);
        b.define("a", images);
        b.define("b", Constant::Float(values(&shape, 3)));
        super::super::node(&node, &mut b).unwrap();
        let Some(Value::Activation(output)) = b.value("output").cloned() else {
            panic!("no output");
        };
        let parts = b.finish(&output).unwrap();
        assert_eq!(parts.layers[0].kind, PRelu { size }.into());
    }
}

#[test]
fn refusals_say_what_was_found() {
    let refused = |op: &str, shape: &[usize]| {
        let node = node(op, &["a", "b"]);
        let mut b = Builder::new(std::slice::from_ref(&node), [HEIGHT, WIDTH, CHANNELS]);
        let images = Source::Image.value(&mut b);
        b.define("a", images);
        b.define("b", Constant::Float(values(shape, 3)));
        super::super::node(&node, &mut b).unwrap_err().0
    };
    assert_eq!(
        refused("Add", &[5]),
        "values of shapes [1, 4, 3, 4] and [5] cannot be combined: sizes must be equal or 1"
    );
    assert_eq!(
        refused("PRelu", &[2, 1, 1, 1]),
        "its slopes of shape [2, 1, 1, 1] are more than its values of shape [1, 4, 3, 4]"
    );
}
