//! Operators of scikit-learn's converter that are a scaling or a linear layer, as the operators of ONNX that they are.

use std::collections::BTreeMap;

use super::model::{Attribute, Constant, Graph, Node};
use super::refusal::Refusal;

const DOMAIN: &str = "ai.onnx.ml";

/// The operators that are rewritten.
pub(crate) const OPERATORS: [&str; 2] = ["Scaler", "LinearClassifier"];

/// Rewrites what can be: a Scaler as Sub and Mul; a LinearClassifier as MatMul and Add, behind them Softmax or Sigmoid if it ends so. Its first
/// output, the label, is given by no node then. What is malformed stays as it is, and is refused where it is needed.
pub(crate) fn rewrite(graph: &mut Graph) {
    let nodes = std::mem::take(&mut graph.nodes);
    for node in nodes {
        let rewritten = match (node.domain.as_str(), node.op.as_str()) {
            (DOMAIN, "Scaler") => scaler(&node),
            (DOMAIN, "LinearClassifier") => linear_classifier(&node),
            // Probabilities of a Softmax have the sum 1 already.
            (DOMAIN, "Normalizer")
                if divides_by_sum(&node) && graph.nodes.iter().any(|last| gives_probabilities(last, &node)) =>
            {
                Ok(Rewritten::of(vec![plain(
                    &node,
                    "Identity",
                    node.inputs.clone(),
                    node.outputs.clone(),
                )]))
            }
            _ => Ok(Rewritten::of(vec![node.clone()])),
        };
        let Rewritten { constants, nodes } = rewritten.unwrap_or_else(|_| Rewritten::of(vec![node]));
        graph.initializers.extend(constants);
        graph.nodes.extend(nodes);
    }
}

/// What stands for a node.
struct Rewritten {
    constants: BTreeMap<String, Constant>,
    nodes: Vec<Node>,
}

impl Rewritten {
    fn of(nodes: Vec<Node>) -> Self {
        Self {
            constants: BTreeMap::new(),
            nodes,
        }
    }

    /// Adds a constant that belongs to `node`, and gives its name.
    fn constant(
        &mut self,
        node: &Node,
        role: &str,
        shape: &[usize],
        values: &[f32],
    ) -> Result<Option<String>, Refusal> {
        let name = inner(node, role);
        self.constants
            .insert(name.clone(), Constant::of_floats(shape, values.to_vec())?);
        Ok(Some(name))
    }
}

/// The name of a value within what was one node.
fn inner(node: &Node, role: &str) -> String {
    format!("{}.{role}", node.name)
}

/// A node of ONNX itself, of the newest version whose meaning is that of all before for these operators.
fn plain(node: &Node, op: &str, inputs: Vec<Option<String>>, outputs: Vec<Option<String>>) -> Node {
    Node {
        name: inner(node, op),
        op: op.to_owned(),
        domain: String::new(),
        opset: 13,
        scope: node.scope.clone(),
        inputs,
        outputs,
        attributes: BTreeMap::new(),
    }
}

fn floats<'a>(node: &'a Node, name: &str) -> Result<&'a [f32], Refusal> {
    let missing = || Refusal(format!("it lacks its `{name}`"));
    node.floats(name)?.ok_or_else(missing)
}

/// `(x - offset) * scale`, of each feature.
fn scaler(node: &Node) -> Result<Rewritten, Refusal> {
    let (offset, scale) = (floats(node, "offset")?, floats(node, "scale")?);
    let mut new = Rewritten::of(Vec::new());
    let offset = new.constant(node, "offset", &[offset.len()], offset)?;
    let scale = new.constant(node, "scale", &[scale.len()], scale)?;
    let moved = Some(inner(node, "moved"));
    let x = node.inputs.first().cloned().flatten();
    new.nodes.push(plain(node, "Sub", vec![x, offset], vec![moved.clone()]));
    new.nodes
        .push(plain(node, "Mul", vec![moved, scale], node.outputs.clone()));
    Ok(new)
}

/// `x Wᵀ + b`, one row of W a class. A model of two classes that holds one row is not rewritten: its scores are of one class.
fn linear_classifier(node: &Node) -> Result<Rewritten, Refusal> {
    let (weight, bias) = (floats(node, "coefficients")?, floats(node, "intercepts")?);
    let classes = bias.len();
    let names = node.ints("classlabels_ints")?.map_or(0, <[i64]>::len);
    let texts = match node.attributes.get("classlabels_strings") {
        Some(Attribute::Texts(texts)) => texts.len(),
        _ => 0,
    };
    let names = names.max(texts);
    if classes < 2 || classes != names || weight.len() % classes != 0 {
        return Err("its coefficients are not one row a class".into());
    }
    let features = weight.len() / classes;
    let transposed: Vec<f32> = (0..features)
        .flat_map(|feature| (0..classes).map(move |class| weight[class * features + feature]))
        .collect();
    let squashing = match node.text("post_transform", "NONE")? {
        "NONE" => None,
        "SOFTMAX" => Some("Softmax"),
        "LOGISTIC" => Some("Sigmoid"),
        _ => return Err("its `post_transform` is none of NONE, SOFTMAX and LOGISTIC".into()),
    };
    let mut new = Rewritten::of(Vec::new());
    let weight = new.constant(node, "coefficients", &[features, classes], &transposed)?;
    let bias = new.constant(node, "intercepts", &[classes], bias)?;
    let (x, scores) = (
        node.inputs.first().cloned().flatten(),
        node.outputs.get(1).cloned().flatten(),
    );
    let product = Some(inner(node, "product"));
    let sum = squashing.map_or(scores.clone(), |_| Some(inner(node, "scores")));
    new.nodes
        .push(plain(node, "MatMul", vec![x, weight], vec![product.clone()]));
    new.nodes
        .push(plain(node, "Add", vec![product, bias], vec![sum.clone()]));
    if let Some(squashing) = squashing {
        let mut last = plain(node, squashing, vec![sum], vec![scores]);
        if squashing == "Softmax" {
            last.attributes.insert("axis".into(), Attribute::Int(-1));
        }
        new.nodes.push(last);
    }
    Ok(new)
}

/// Whether a Normalizer divides by the sum of absolute values.
fn divides_by_sum(node: &Node) -> bool {
    node.text("norm", "MAX").is_ok_and(|norm| norm == "L1")
}

/// Whether a node gives a Normalizer the probabilities of a Softmax.
fn gives_probabilities(last: &Node, normalizer: &Node) -> bool {
    last.is("Softmax") && last.output(0).is_some() && last.output(0) == normalizer.input(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(op: &str, inputs: &[&str], outputs: &[&str], attributes: &[(&str, Attribute)]) -> Node {
        let names = |names: &[&str]| names.iter().map(|&name| Some(name.to_owned())).collect();
        Node {
            domain: DOMAIN.into(),
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            ..plain_of(op, names(inputs), names(outputs))
        }
    }

    fn plain_of(op: &str, inputs: Vec<Option<String>>, outputs: Vec<Option<String>>) -> Node {
        Node {
            name: op.to_lowercase(),
            op: op.into(),
            domain: String::new(),
            opset: 1,
            scope: None,
            inputs,
            outputs,
            attributes: BTreeMap::new(),
        }
    }

    fn classifier(coefficients: Vec<f32>) -> Node {
        let attributes = [
            ("coefficients", Attribute::Floats(coefficients)),
            ("intercepts", Attribute::Floats(vec![0.5, -0.5])),
            ("classlabels_ints", Attribute::Ints(vec![0, 1])),
            ("post_transform", Attribute::Text("SOFTMAX".into())),
        ];
        node("LinearClassifier", &["x"], &["label", "probabilities"], &attributes)
    }

    fn rewritten(nodes: Vec<Node>) -> Graph {
        let mut graph = Graph {
            nodes,
            ..Graph::default()
        };
        rewrite(&mut graph);
        graph
    }

    fn operators(graph: &Graph) -> Vec<&str> {
        graph.nodes.iter().map(|node| node.op.as_str()).collect()
    }

    #[test]
    fn a_linear_classifier_is_a_product_a_sum_and_a_softmax() {
        let normalizer = node(
            "Normalizer",
            &["probabilities"],
            &["normed"],
            &[("norm", Attribute::Text("L1".into()))],
        );
        let graph = rewritten(vec![classifier(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), normalizer]);
        assert_eq!(operators(&graph), ["MatMul", "Add", "Softmax", "Identity"]);
        // One row a class becomes one column a class.
        let weight = &graph.initializers["linearclassifier.coefficients"];
        assert_eq!(weight.shape(), [3, 2]);
        assert_eq!(weight.floats().unwrap(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(graph.nodes[2].output(0), Some("probabilities"));
    }

    #[test]
    fn a_classifier_whose_rows_are_not_the_classes_stays() {
        assert_eq!(
            operators(&rewritten(vec![classifier(vec![1.0, 2.0, 3.0])])),
            ["LinearClassifier"]
        );
    }

    #[test]
    fn a_scaler_subtracts_and_multiplies() {
        let attributes = [
            ("offset", Attribute::Floats(vec![1.0, 2.0])),
            ("scale", Attribute::Floats(vec![0.5, 0.25])),
        ];
        let graph = rewritten(vec![node("Scaler", &["x"], &["y"], &attributes)]);
        assert_eq!(operators(&graph), ["Sub", "Mul"]);
        assert_eq!(graph.nodes[1].output(0), Some("y"));
        assert_eq!(graph.initializers["scaler.scale"].floats().unwrap(), [0.5, 0.25]);
    }
}
