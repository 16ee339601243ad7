//! Operators that skl2onnx makes of scikit-learn's models, as operators of ONNX itself: scaled features and linear classifiers.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use super::model::{Attribute, Constant, Graph, Node};
use super::refusal::Refusal;

const DOMAIN: &str = "ai.onnx.ml";

/// The version whose operators stand in for them, at least.
const OPSET: i64 = 13;

/// Puts operators of ONNX in place of those that can be said by them; the others stay as they are.
pub(super) fn rewrite(graph: &mut Graph, opset: i64) -> Result<(), Refusal> {
    let nodes = std::mem::take(&mut graph.nodes);
    // What a softmax gives already sums to 1.
    let mut softmaxes: Vec<String> = Vec::new();
    for node in nodes {
        let made = match (node.domain.as_str(), node.op.as_str()) {
            (DOMAIN, "Scaler") => scaler(&node, graph)?,
            (DOMAIN, "LinearClassifier") => linear(&node, graph)?,
            (DOMAIN, "Normalizer") if node.text("norm", "MAX")? == "L1" => {
                let summed = node
                    .input(0)
                    .is_some_and(|name| softmaxes.iter().any(|softmax| softmax == name));
                summed.then(|| vec![("Identity", node.inputs.clone(), node.outputs.clone(), BTreeMap::new())])
            }
            _ => None,
        };
        let Some(made) = made else {
            graph.nodes.push(node);
            continue;
        };
        for (op, inputs, outputs, attributes) in made {
            if op == "Softmax" {
                softmaxes.extend(outputs.iter().flatten().cloned());
            }
            graph.nodes.push(Node {
                name: node.name.clone(),
                op: op.to_owned(),
                domain: String::new(),
                opset: opset.max(OPSET),
                scope: node.scope.clone(),
                inputs,
                outputs,
                attributes,
            });
        }
    }
    Ok(())
}

/// Operator, inputs, outputs and attributes.
type Made = (
    &'static str,
    Vec<Option<String>>,
    Vec<Option<String>>,
    BTreeMap<String, Attribute>,
);

/// `(x - offset) * scale`.
fn scaler(node: &Node, graph: &mut Graph) -> Result<Option<Vec<Made>>, Refusal> {
    let (Some(offset), Some(scale)) = (node.floats("offset")?, node.floats("scale")?) else {
        return Ok(None);
    };
    let [offset, scale] =
        [("offset", offset), ("scale", scale)].map(|(what, values)| define(graph, node, what, values));
    let centered = Some(format!("{}, centered", node.name));
    let x = node.inputs.first().cloned().flatten();
    Ok(Some(vec![
        ("Sub", vec![x, offset?], vec![centered.clone()], BTreeMap::new()),
        ("Mul", vec![centered, scale?], node.outputs.clone(), BTreeMap::new()),
    ]))
}

/// A product with the coefficients, one row a class, and perhaps a softmax; the labels are left out.
fn linear(node: &Node, graph: &mut Graph) -> Result<Option<Vec<Made>>, Refusal> {
    let (coefficients, intercepts) = (node.floats("coefficients")?, node.floats("intercepts")?);
    let softmax = match node.text("post_transform", "NONE")? {
        "NONE" => false,
        "SOFTMAX" => true,
        _ => return Ok(None),
    };
    let (Some(coefficients), Some(intercepts)) = (coefficients, intercepts) else {
        return Ok(None);
    };
    // Of a single row two classes are made in ways of its own.
    let classes = intercepts.len();
    if classes < 2 || !coefficients.len().is_multiple_of(classes) {
        return Ok(None);
    }
    let name = format!("{}, coefficients", node.name);
    let rows = vec![classes, coefficients.len() / classes];
    graph
        .initializers
        .insert(name.clone(), Constant::of_floats(&rows, coefficients.to_vec())?);
    let bias = define(graph, node, "intercepts", intercepts)?;
    let x = node.inputs.first().cloned().flatten();
    let scores = node.outputs.get(1).cloned().flatten();
    let inner = if softmax {
        Some(format!("{}, scores", node.name))
    } else {
        scores.clone()
    };
    let transposed = BTreeMap::from([("transB".to_owned(), Attribute::Int(1))]);
    let mut made = vec![("Gemm", vec![x, Some(name), bias], vec![inner.clone()], transposed)];
    if softmax {
        made.push(("Softmax", vec![inner], vec![scores], BTreeMap::new()));
    }
    Ok(Some(made))
}

fn define(graph: &mut Graph, node: &Node, what: &str, values: &[f32]) -> Result<Option<String>, Refusal> {
    let name = format!("{}, {what}", node.name);
    let values = ArrayD::from_shape_vec(vec![values.len()], values.to_vec());
    let values = values.map_err(|problem| Refusal(format!("{}: {problem}", node.place())))?;
    graph.initializers.insert(name.clone(), Constant::Float(values));
    Ok(Some(name))
}
