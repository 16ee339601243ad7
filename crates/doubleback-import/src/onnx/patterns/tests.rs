//! What is put together and what is not; both by values.

use std::collections::BTreeMap;

use super::rewrite;
use crate::onnx::constant::Constant;
use crate::onnx::model::{Attribute, Graph, Node, Port};

/// A node written `op inputs : output [attribute=value …]`.
fn node(written: &str) -> Node {
    let (left, right) = written.split_once(':').unwrap();
    let (mut left, mut right) = (left.split_whitespace(), right.split_whitespace());
    let op = left.next().unwrap().to_owned();
    let outputs = vec![right.next().map(str::to_owned)];
    let attribute = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        let value = match value.parse::<f32>() {
            Ok(number) if name == "axes" => Attribute::Ints(vec![number as i64]),
            Ok(number) => Attribute::Float(number),
            Err(_) => Attribute::Text(value.to_owned()),
        };
        (name.to_owned(), value)
    };
    Node {
        name: format!("of {}", outputs[0].as_ref().unwrap()),
        op,
        domain: String::new(),
        opset: 13,
        scope: Some("block.act".into()),
        inputs: left.map(|name| Some(name.to_owned())).collect(),
        outputs,
        attributes: right.map(attribute).collect(),
    }
}

/// From `x` to `y`. Numbers among the inputs are constants; `scale`, `bias` too, of four values; `axes` is the last one.
fn graph(nodes: &[&str]) -> Graph {
    let nodes: Vec<Node> = nodes.iter().map(|written| node(written)).collect();
    let mut initializers = BTreeMap::new();
    for name in nodes.iter().flat_map(|node| node.inputs.iter().flatten()) {
        let constant = match name.as_str() {
            "scale" => Constant::of_floats(&[4], vec![1.0, -0.5, 2.0, 0.25]).unwrap(),
            "bias" => Constant::of_floats(&[4], vec![0.0, 1.0, -2.0, 0.125]).unwrap(),
            "axes" => Constant::list(vec![-1]),
            number => match number.parse() {
                Ok(value) => Constant::of_floats(&[], vec![value]).unwrap(),
                Err(_) => continue,
            },
        };
        initializers.insert(name.clone(), constant);
    }
    let port = |name: &str| Port {
        name: name.into(),
        shape: None,
        element: "float".into(),
    };
    Graph {
        inputs: vec![port("x")],
        outputs: vec![port("y")],
        initializers,
        nodes,
        ..Graph::default()
    }
}

fn erf(x: f64) -> f64 {
    // The series of Abramowitz and Stegun, 7.1.5.
    let (mut sum, mut term) = (0.0, x);
    for n in 0..100 {
        sum += term / f64::from(2 * n + 1);
        term *= -x * x / f64::from(n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

/// What a graph gives for four values, by the formulas of ONNX.
fn values(graph: &Graph, x: [f64; 4]) -> [f64; 4] {
    let mut known: BTreeMap<String, [f64; 4]> = BTreeMap::from([("x".to_owned(), x)]);
    for (name, constant) in &graph.initializers {
        let numbers: Vec<f64> = constant.numbers().into_iter().map(f64::from).collect();
        known.insert(name.clone(), std::array::from_fn(|i| numbers[i % numbers.len()]));
    }
    for node in &graph.nodes {
        let a = node.input(0).map(|name| known[name]).unwrap();
        let b = node.input(1).map(|name| known[name]).unwrap_or_default();
        let each = |f: &dyn Fn(f64, f64) -> f64| std::array::from_fn(|i| f(a[i], b[i]));
        let mean = |a: [f64; 4]| a.iter().sum::<f64>() / 4.0;
        let softplus = |x: f64| x.exp().ln_1p();
        let number = |name: &str, default: f32| f64::from(node.float(name, default).unwrap());
        let y = match node.op.as_str() {
            "Add" => each(&|a, b| a + b),
            "Sub" => each(&|a, b| a - b),
            "Mul" => each(&|a, b| a * b),
            "Div" => each(&|a, b| a / b),
            "Pow" => each(&f64::powf),
            "Min" => each(&f64::min),
            "Max" => each(&f64::max),
            "Relu" => each(&|a, _| a.max(0.0)),
            "Sqrt" => each(&|a, _| a.sqrt()),
            "Tanh" => each(&|a, _| a.tanh()),
            "Erf" => each(&|a, _| erf(a)),
            "Sigmoid" => each(&|a, _| 1.0 / (1.0 + (-a).exp())),
            "Softplus" => each(&|a, _| softplus(a)),
            "Clip" => each(&|a, _| a.clamp(0.0, 6.0)),
            "Identity" => a,
            "HardSigmoid" => {
                let (alpha, beta) = (number("alpha", 0.2), number("beta", 0.5));
                each(&|a, _| (alpha * a + beta).clamp(0.0, 1.0))
            }
            "ReduceMean" => [mean(a); 4],
            "Swish" => each(&|a, _| a / (1.0 + (-a).exp())),
            "Mish" => each(&|a, _| a * softplus(a).tanh()),
            "HardSwish" => each(&|a, _| a * (a / 6.0 + 0.5).clamp(0.0, 1.0)),
            "Gelu" if node.text("approximate", "none").unwrap() == "tanh" => each(&|a, _| {
                0.5 * a * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (a + 0.044_715 * a.powi(3))).tanh())
            }),
            "Gelu" => each(&|a, _| 0.5 * a * (1.0 + erf(a / std::f64::consts::SQRT_2))),
            "LayerNormalization" => {
                let bias = known[node.input(2).unwrap()];
                let deviations = a.map(|value| value - mean(a));
                let root = (mean(deviations.map(|value| value * value)) + number("epsilon", 1e-5)).sqrt();
                std::array::from_fn(|i| deviations[i] / root * b[i] + bias[i])
            }
            other => panic!("{other}"),
        };
        known.insert(node.output(0).unwrap().to_owned(), y);
    }
    known["y"]
}

/// Rewrites, checks that values stay, and gives the operators that are left.
fn left(nodes: &[&str]) -> Vec<String> {
    let original = graph(nodes);
    let mut new = original.clone();
    let notes = rewrite(&mut new, []);
    for x in [[-4.0, -1.0, 0.5, 2.0], [0.0, 3.5, -0.1, -2.9]] {
        for (was, is) in values(&original, x).into_iter().zip(values(&new, x)) {
            assert!(was == is || (was - is).abs() < 1e-6, "{nodes:?}: {was} became {is}");
        }
    }
    let ops: Vec<String> = new.nodes.iter().map(|node| node.op.clone()).collect();
    assert_eq!(notes.is_empty(), new.nodes.len() == original.nodes.len(), "{notes:?}");
    for node in new.nodes.iter().filter(|node| super::NAMES.contains(&node.op.as_str())) {
        assert_eq!(node.scope.as_deref(), Some("block.act"));
        assert!(node.opset >= 14 && node.output(0).is_some());
    }
    ops
}

#[test]
fn products_with_a_gate() {
    assert_eq!(left(&["Sigmoid x : s", "Mul x s : y"]), ["Swish"]);
    assert_eq!(left(&["Sigmoid x : s", "Mul s x : y"]), ["Swish"]);
    assert_eq!(left(&["Softplus x : p", "Tanh p : t", "Mul x t : y"]), ["Mish"]);
    assert_eq!(
        left(&["HardSigmoid x : h alpha=0.16666667", "Mul x h : y"]),
        ["HardSwish"]
    );
    // Keras' has another slope.
    assert_eq!(left(&["HardSigmoid x : h", "Mul x h : y"]), ["HardSigmoid", "Mul"]);
    // A gate of something else, as in squeeze and excitation.
    assert_eq!(
        left(&["Relu x : r", "Sigmoid r : s", "Mul x s : y"]),
        ["Relu", "Sigmoid", "Mul"]
    );
    // The gate is used elsewhere.
    let twice = ["Sigmoid x : s", "Mul x s : m", "Add m s : y"];
    assert_eq!(left(&twice), ["Sigmoid", "Mul", "Add"]);
    // The input is, which does no harm.
    assert_eq!(left(&["Sigmoid x : s", "Mul x s : m", "Add m x : y"]), ["Swish", "Add"]);
    // One after another.
    let chain = ["Sigmoid x : s", "Mul x s : m", "Sigmoid m : t", "Mul m t : y"];
    assert_eq!(left(&chain), ["Swish", "Swish"]);
}

#[test]
fn hard_swish_as_it_was_written_before() {
    for clip in [
        vec!["Clip a 0 6 : c"],
        vec!["Clip a : c min=0 max=6"],
        vec!["Relu a : r", "Min r 6 : c"],
        vec!["Max 0 a : r", "Min 6 r : c"],
    ] {
        for product in [
            vec!["Mul x c : m", "Div m 6 : y"],
            vec!["Div c 6 : d", "Mul x d : y"],
            vec!["Mul c 0.16666667 : d", "Mul d x : y"],
        ] {
            let nodes = [vec!["Add x 3 : a"], clip.clone(), product].concat();
            assert_eq!(left(&nodes), ["HardSwish"], "{nodes:?}");
        }
    }
    assert_eq!(
        left(&["Add x 3 : a", "Clip a 0 6 : c", "Mul x c : m", "Div m 5 : y"]).len(),
        4
    );
    assert_eq!(
        left(&["Add x 2 : a", "Clip a 0 6 : c", "Mul x c : m", "Div m 6 : y"]).len(),
        4
    );
    assert_eq!(
        left(&["Add x 3 : a", "Clip a 0 6 : c", "Mul x c : m", "Div 6 m : y"]).len(),
        4
    );
}

#[test]
fn gelu_in_all_its_forms() {
    for scaled in ["Div x 1.4142135 : d", "Mul x 0.70710677 : d"] {
        for product in [
            ["Mul x a : m", "Mul m 0.5 : y"],
            ["Mul 0.5 a : m", "Mul x m : y"],
            ["Mul x 0.5 : m", "Mul m a : y"],
            ["Mul x a : m", "Div m 2 : y"],
        ] {
            let nodes = [&[scaled, "Erf d : e", "Add e 1 : a"], product.as_slice()].concat();
            assert_eq!(left(&nodes), ["Gelu"], "{nodes:?}");
        }
    }
    for cube in [
        vec!["Pow x 3 : p", "Mul 0.044715 p : c"],
        vec!["Mul x x : q", "Mul q x : p", "Mul p 0.044715 : c"],
        vec!["Mul 0.044715 x : p", "Mul p x : q", "Mul q x : c"],
    ] {
        let rest = [
            "Add x c : s",
            "Mul 0.7978846 s : u",
            "Tanh u : t",
            "Add 1 t : a",
            "Mul x a : m",
            "Mul 0.5 m : y",
        ];
        let nodes = [cube, rest.to_vec()].concat();
        assert_eq!(left(&nodes), ["Gelu"], "{nodes:?}");
    }
    // Another constant, another function.
    let nearly = [
        "Mul x 0.7 : d",
        "Erf d : e",
        "Add e 1 : a",
        "Mul x a : m",
        "Mul m 0.5 : y",
    ];
    assert_eq!(left(&nearly).len(), 5);
}

#[test]
fn layer_normalization_written_out() {
    let rest = [
        "Add v 0.00001 : w",
        "Sqrt w : r",
        "Div d r : n",
        "Mul n scale : g",
        "Add g bias : y",
    ];
    let once = [
        "ReduceMean x : m axes=-1",
        "Sub x m : d",
        "Pow d 2 : q",
        "ReduceMean q : v axes=-1",
    ];
    assert_eq!(left(&[once.as_slice(), &rest].concat()), ["LayerNormalization"]);
    let as_inputs = [
        "ReduceMean x axes : m",
        "Sub x m : d",
        "Mul d d : q",
        "ReduceMean q axes : v",
    ];
    assert_eq!(left(&[as_inputs.as_slice(), &rest].concat()), ["LayerNormalization"]);
    let twice = [
        "ReduceMean x : m axes=-1",
        "Sub x m : d",
        "Sub x m : e",
        "Pow e 2 : q",
        "ReduceMean q : v axes=-1",
    ];
    assert_eq!(left(&[twice.as_slice(), &rest].concat()), ["LayerNormalization"]);
    // Axes counted from the front need a rank, which is not known here.
    let front = [
        "ReduceMean x : m axes=1",
        "Sub x m : d",
        "Pow d 2 : q",
        "ReduceMean q : v axes=1",
    ];
    assert_eq!(left(&[front.as_slice(), &rest].concat()).len(), 9);
    let cubed = [
        "ReduceMean x : m axes=-1",
        "Sub x m : d",
        "Pow d 4 : q",
        "ReduceMean q : v axes=-1",
    ];
    assert_eq!(left(&[cubed.as_slice(), &rest].concat()).len(), 9);
}

/// A value between that is asked for, by `--output`, stays.
#[test]
fn what_is_wanted_stays() {
    let mut graph = graph(&["Sigmoid x : s", "Mul x s : y"]);
    assert!(rewrite(&mut graph, ["s"]).is_empty());
    assert_eq!(rewrite(&mut graph, ["y"]).len(), 1);
}

/// A product of very many factors is left alone, and soon.
#[test]
fn long_chains_take_no_time() {
    let mut nodes = vec!["Mul x x : v0".to_owned()];
    nodes.extend((1..20_000).map(|i| format!("Mul v{} x : v{i}", i - 1)));
    nodes.push("Relu v19999 : y".to_owned());
    let mut graph = graph(&nodes.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(rewrite(&mut graph, []).is_empty());
}
