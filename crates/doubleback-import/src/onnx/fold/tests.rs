//! Against values of onnxruntime, at every opset that changed an operator (`scripts/onnx-folding-fixture.py`), and by hand what is too large.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use super::*;

const CASES: &str = include_str!("../../../tests/fixtures/folding.json");

fn number(value: &Value) -> f32 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap() as f32,
    }
}

/// A tensor of the fixture, and the name of its type.
fn tensor(value: &Value) -> (Constant, String) {
    let sizes = |value: &Value| -> Vec<usize> {
        let sizes = value.as_array().unwrap().iter();
        sizes.map(|size| size.as_u64().unwrap() as usize).collect()
    };
    let (shape, values) = (IxDyn(&sizes(&value["shape"])), value["values"].as_array().unwrap());
    let element = value["type"].as_str().unwrap().to_owned();
    let constant = match element.as_str() {
        "bool" => {
            let values = values.iter().map(|value| value.as_bool().unwrap());
            Constant::Bool(ArrayD::from_shape_vec(shape, values.collect()).unwrap())
        }
        "float" | "float16" | "bfloat16" | "double" => {
            Constant::Float(ArrayD::from_shape_vec(shape, values.iter().map(number).collect()).unwrap())
        }
        _ => {
            let values = values.iter().map(|value| value.as_i64().unwrap());
            Constant::Int(ArrayD::from_shape_vec(shape, values.collect()).unwrap())
        }
    };
    (constant, element)
}

fn attribute(value: &Value) -> Attribute {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "tensor" => Attribute::Tensor(tensor(value).0),
        "text" => Attribute::Text(value.as_str().unwrap().to_owned()),
        "float" => Attribute::Float(number(value)),
        "int" => Attribute::Int(value.as_i64().unwrap()),
        "floats" => Attribute::Floats(value.as_array().unwrap().iter().map(number).collect()),
        _ => Attribute::Ints(value.as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect()),
    }
}

fn node(op: &str, opset: i64, inputs: usize, outputs: usize) -> Node {
    Node {
        name: op.to_owned(),
        op: op.to_owned(),
        domain: String::new(),
        opset,
        scope: None,
        inputs: (0..inputs).map(|index| Some(format!("x{index}"))).collect(),
        outputs: (0..outputs).map(|index| Some(format!("y{index}"))).collect(),
        attributes: BTreeMap::new(),
    }
}

/// What differs, if something does. Floats are near: within some units of the last place of `f32`, of the largest value.
fn difference(found: &Constant, expected: &Constant) -> Option<String> {
    if found.shape() != expected.shape() {
        return Some(format!("{:?}, not {:?}", found.shape(), expected.shape()));
    }
    let near = |a: f32, b: f32| (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= 4e-7 * b.abs() + 2e-7;
    let equal = match (found, expected) {
        (Constant::Float(a), Constant::Float(b)) => a.iter().zip(b).all(|(&a, &b)| near(a, b)),
        (a, b) => a == b,
    };
    (!equal).then(|| format!("{found:?}, not {expected:?}"))
}

#[test]
fn constants_are_those_of_onnxruntime() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let mut wrong = Vec::new();
    let mut ops = std::collections::BTreeSet::new();
    for case in &cases {
        let op = case["op"].as_str().unwrap();
        ops.insert(op);
        let inputs = case["inputs"].as_array().unwrap();
        let inputs: Vec<_> = inputs.iter().map(|x| (!x.is_null()).then(|| tensor(x))).collect();
        let given: Vec<_> = inputs.iter().map(|x| x.as_ref().map(|(x, _)| x)).collect();
        let elements: BTreeMap<String, String> = inputs
            .iter()
            .enumerate()
            .filter_map(|(index, x)| Some((format!("x{index}"), x.as_ref()?.1.clone())))
            .collect();
        let expected = case["outputs"].as_array();
        let expected: Option<Vec<_>> = expected.map(|all| all.iter().map(|y| tensor(y).0).collect());
        for opset in case["opsets"].as_array().unwrap() {
            let opset = opset.as_i64().unwrap();
            let mut node = node(op, opset, inputs.len(), expected.as_ref().map_or(2, Vec::len));
            let attributes = case["attributes"].as_object().unwrap();
            node.attributes = attributes
                .iter()
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect();
            let mut problem = |text: String| wrong.push(format!("{op} {opset} {} {text}", case["attributes"]));
            match (Folding::new(1000, 0, &elements).fold(&node, &given), &expected) {
                (Ok(Some(found)), Some(expected)) => {
                    for (found, expected) in found.iter().zip(expected) {
                        difference(found, expected).into_iter().for_each(&mut problem);
                    }
                }
                (Err(_), None) => {}
                (found, _) => problem(format!("{found:?}, not {expected:?} of {given:?}")),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    // Constant has no inputs, and is below.
    let missing: Vec<_> = FAMILIES.iter().copied().flatten().map(|(name, _)| *name).collect();
    let missing: Vec<_> = missing.into_iter().filter(|name| !ops.contains(name)).collect();
    assert_eq!(missing, ["Constant"]);
}

#[test]
fn constants_too_large_for_the_file_are_refused_before_they_are_made() {
    let ints = |values: &[i64]| Constant::Int(given::row(values.to_vec()));
    let scalar = |value: i64| Constant::Int(given::scalar(value));
    let refused = |op: &str, inputs: &[Constant]| {
        let inputs: Vec<_> = inputs.iter().map(Some).collect();
        let node = node(op, 18, inputs.len(), 1);
        let result = Folding::new(10, 0, &BTreeMap::new()).fold(&node, &inputs);
        result.unwrap_err().0
    };
    let far = i64::MAX / 2;
    for size in [1 << 21, 1 << 40, far] {
        for (op, inputs) in [
            ("ConstantOfShape", vec![ints(&[size, 1])]),
            ("Expand", vec![scalar(1), ints(&[size])]),
            ("Tile", vec![ints(&[1, 2]), ints(&[size])]),
            ("Range", vec![scalar(0), scalar(size), scalar(1)]),
            ("Pad", vec![ints(&[1, 2]), ints(&[0, size])]),
            ("OneHot", vec![ints(&[1, 2]), scalar(size), ints(&[0, 1])]),
        ] {
            let message = refused(op, &inputs);
            assert!(
                message.contains("file of this size") || message.contains("repeats"),
                "{op}: {message}"
            );
        }
    }
    let wide = Constant::Float(ArrayD::zeros(IxDyn(&[2000, 1])));
    let long = Constant::Float(ArrayD::zeros(IxDyn(&[1, 2000])));
    assert!(refused("MatMul", &[wide.clone(), long.clone()]).contains("file of this size"));
    assert!(refused("Add", &[wide, long]).contains("file of this size"));
    assert!(refused("ConstantOfShape", &[ints(&[0, far, far])]).contains("file of this size"));
    // Pads that cancel, and empty tensors with long axes.
    let cancelling = refused("Pad", &[ints(&[1, 2]), ints(&[i64::MIN, i64::MAX])]);
    assert!(cancelling.contains("do not fit"), "{cancelling}");
    let empty = Constant::Float(ArrayD::zeros(IxDyn(&[1 << 40, 0])));
    assert!(refused("Softmax", std::slice::from_ref(&empty)).contains("file of this size"));
    assert!(refused("MatMul", &[empty, Constant::Float(ArrayD::zeros(IxDyn(&[0, 1])))]).contains("file of this size"));
    let mixed = [ints(&[1]), scalar(1)];
    assert!(refused("Concat", &mixed).contains("axis"));
    let negative = refused("ConstantOfShape", &[ints(&[-1])]);
    assert_eq!(negative, "[-1] are no sizes");
}

#[test]
fn what_a_user_allows_may_be_made_and_no_more() {
    let size = Constant::Int(given::row(vec![1 << 21]));
    let node = node("ConstantOfShape", 18, 1, 1);
    let fold = |folding: &mut Folding| folding.fold(&node, &[Some(&size)]);
    let refused = fold(&mut Folding::new(0, (1 << 20) - 1, &BTreeMap::new()))
        .unwrap_err()
        .0;
    assert!(refused.contains("`--generated-values N`"), "{refused}");
    let mut enough = Folding::new(0, 1 << 20, &BTreeMap::new());
    assert_eq!(fold(&mut enough).unwrap().unwrap()[0].len(), 1 << 21);
    assert!(fold(&mut enough).is_err(), "all of the room was taken");
}

#[test]
fn all_constants_of_a_file_together_are_bounded() {
    let mut folding = Folding::new(0, 0, &BTreeMap::new());
    let shape = Constant::Int(given::row(vec![1 << 18]));
    let node = node("ConstantOfShape", 18, 1, 1);
    for _ in 0..4 {
        assert!(folding.fold(&node, &[Some(&shape)]).is_ok());
    }
    assert!(folding.fold(&node, &[Some(&shape)]).is_err());
}

#[test]
fn constants_of_nodes_and_unknown_operators() {
    let mut constant = node("Constant", 13, 0, 1);
    constant
        .attributes
        .insert("value_ints".into(), Attribute::Ints(vec![3, 4]));
    let mut folding = Folding::new(0, 0, &BTreeMap::new());
    let found = folding.fold(&constant, &[]).unwrap().unwrap();
    assert_eq!(found, [Constant::Int(given::row(vec![3, 4]))]);
    assert_eq!(folding.fold(&node("Resize", 13, 0, 1), &[]), Ok(None));
    assert!(folds("Gather") && !folds("Conv"));
}
