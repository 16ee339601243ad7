//! Which output of a graph gives the logits, and what stands between them and it: probabilities are undone.

use doubleback::nn::layers::{Pad, PadMode};

use super::model::{Node, Port};
use super::refusal::Refusal;
use super::translate::{Activation, Layout};
use super::walk::Walk;

/// Operators that only pass on what they take, or show it in another shape.
const PASSING: [&str; 9] = [
    "Cast",
    "Dropout",
    "Flatten",
    "Identity",
    "Reshape",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
    "ZipMap",
];

/// What makes probabilities of logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Squashing {
    Softmax,
    LogSoftmax,
    Sigmoid,
    /// `[1 - p, p]` of a sigmoid p, as scikit-learn's models of two classes have it.
    BothSides,
}

/// An output that ends in probabilities.
struct End {
    squashing: Squashing,
    /// What gives the probabilities.
    node: Node,
    /// The logits.
    base: String,
    /// Nodes from there to the output, in the order of the graph.
    after: Vec<Node>,
}

/// The outputs that may give logits, in order.
pub(super) fn candidates<'a>(outputs: &'a [Port], wanted: Option<&'a str>) -> Result<Vec<&'a str>, Refusal> {
    if let Some(wanted) = wanted {
        return Ok(vec![wanted]);
    }
    let labels = ["int64", "int32", "bool", "string"];
    let may = outputs.iter().filter(|port| !labels.contains(&port.element.as_str()));
    let names: Vec<&str> = may.map(|port| port.name.as_str()).collect();
    match names.is_empty() {
        true => Err("it has no output of floats, so none that gives logits. If one of its inner values does, `--output NAME` takes it".into()),
        false => Ok(names),
    }
}

/// The logits `[1, classes]` of the first of these outputs that has them, and the name of that output.
pub(super) fn find<'a>(walk: &mut Walk, candidates: &[&'a str]) -> Result<(Activation, &'a str), Refusal> {
    let mut first = None;
    for &name in candidates {
        match of_output(walk, name) {
            Ok(logits) => {
                if let [_, _, ..] = candidates {
                    let others = candidates.iter().filter(|other| **other != name);
                    let others = others.map(|other| format!("`{other}`")).collect::<Vec<_>>().join(", ");
                    walk.builder.note(format!(
                        "the output `{name}` is taken as the logits; `--output` takes another ({others})"
                    ));
                }
                return Ok((logits, name));
            }
            Err(refusal) => {
                first.get_or_insert(refusal);
            }
        }
    }
    Err(first.unwrap_or_else(|| "it has no output".into()))
}

fn of_output(walk: &mut Walk, name: &str) -> Result<Activation, Refusal> {
    let logits = match end(walk, name) {
        Some(end) => before(walk, name, end)?,
        None => walk.activation(skip_map(walk, name).as_str())?,
    };
    as_classes(walk, name, logits)
}

/// What a ZipMap of scikit-learn's models takes, or the value itself.
fn skip_map(walk: &Walk, name: &str) -> String {
    let map = walk.giver(name).filter(|node| node.op == "ZipMap");
    map.and_then(|node| node.input(0)).unwrap_or(name).to_owned()
}

/// The probabilities that an output ends in, if it does.
fn end(walk: &Walk, output: &str) -> Option<End> {
    let (mut name, mut after) = (output.to_owned(), Vec::new());
    loop {
        let node = walk.giver(&name)?;
        let input = node.input(0)?;
        let squashing = match node.op.as_str() {
            "Softmax" => Squashing::Softmax,
            "LogSoftmax" => Squashing::LogSoftmax,
            "Sigmoid" => Squashing::Sigmoid,
            "Log" => {
                let softmax = walk.giver(input).filter(|node| node.op == "Softmax")?;
                return Some(End {
                    squashing: Squashing::LogSoftmax,
                    node: softmax.clone(),
                    base: softmax.input(0)?.to_owned(),
                    after,
                });
            }
            "Concat" => {
                let sigmoid = node.input(1).and_then(|name| walk.giver(name));
                let sigmoid = sigmoid.filter(|sigmoid| sigmoid.op == "Sigmoid" && node.inputs.len() == 2)?;
                let other = walk.giver(input).filter(|other| other.op == "Sub")?;
                if other.input(1) != sigmoid.output(0) {
                    return None;
                }
                return Some(End {
                    squashing: Squashing::BothSides,
                    node: sigmoid.clone(),
                    base: sigmoid.input(0)?.to_owned(),
                    after: Vec::new(),
                });
            }
            passing if PASSING.contains(&passing) => {
                if passing != "ZipMap" {
                    after.insert(0, node.clone());
                }
                name = input.to_owned();
                continue;
            }
            _ => return None,
        };
        return Some(End {
            squashing,
            node: node.clone(),
            base: input.to_owned(),
            after,
        });
    }
}

/// The logits before the probabilities of an output; the probabilities, if the classes are not all that they are over.
fn before(walk: &mut Walk, output: &str, end: End) -> Result<Activation, Refusal> {
    let logits = walk.activation(&end.base)?;
    let over_all = match end.squashing {
        Squashing::Softmax | Squashing::LogSoftmax => logits.count() > 1 && over_all(&end.node, &logits)?,
        Squashing::Sigmoid => true,
        Squashing::BothSides => logits.count() == 1,
    };
    if !over_all {
        return walk.activation(output);
    }
    let End { node, after, .. } = end;
    let said = match end.squashing {
        Squashing::Softmax => "its Softmax at the end was undone: the values before it are the logits",
        Squashing::LogSoftmax => "its LogSoftmax at the end was undone: the values before it are the logits",
        Squashing::Sigmoid if logits.count() == 1 => {
            "its Sigmoid at the end was undone: the value before it is a logit"
        }
        Squashing::Sigmoid => {
            "its Sigmoid at the end was undone: the values before it are the logits. The model gives each class a probability of its own, \
             here they are classes that exclude each other"
        }
        Squashing::BothSides => {
            "its probabilities 1 - p and p were undone: the value before the Sigmoid is the logit of the second class"
        }
    };
    walk.builder.note(format!("{} ({})", said, node.name));
    if let Some(name) = node.output(0) {
        walk.undo(name);
    }
    // What follows the probabilities is done with the logits.
    let mut name = format!("{output}, its logits");
    walk.builder.define(&name, logits);
    for mut node in after {
        for other in node.inputs.iter().skip(1).flatten() {
            walk.value(other)?;
        }
        let next = format!("{name}'");
        (node.inputs[0], node.outputs) = (Some(name), vec![Some(next.clone())]);
        walk.compute(&node)?;
        name = next;
    }
    walk.activation(&name)
}

/// Whether a softmax is over all values of an image: the classes.
fn over_all(node: &Node, logits: &Activation) -> Result<bool, Refusal> {
    let old = node.opset < 13;
    let axis = node.int("axis", if old { 1 } else { -1 })?;
    let axis = if axis < 0 { axis + logits.rank() as i64 } else { axis };
    let Ok(axis) = usize::try_from(axis) else {
        return Ok(false);
    };
    // Before opset 13 it is over that axis and all behind it.
    let end = if old { logits.rank() } else { axis + 1 };
    let over = logits.shape.get(axis..end.max(axis)).unwrap_or_default();
    Ok(!over.is_empty() && over.iter().product::<usize>() == logits.count())
}

/// One value a class, in the last axis; of a single logit two classes.
fn as_classes(walk: &mut Walk, output: &str, logits: Activation) -> Result<Activation, Refusal> {
    let shape = &logits.shape;
    let count = logits.count();
    if shape.iter().filter(|&&size| size != 1).count() > 1 {
        return Err(format!(
            "its output `{output}` has the shape {shape:?} for an image: not one value a class. Of a network that does more than classify, \
             `--output NAME` takes a value that is"
        )
        .into());
    }
    let b = &mut walk.builder;
    if shape.len() > 2 && count > 1 {
        b.note(format!(
            "its output `{output}` has the shape {shape:?} for an image: the {count} values are the logits"
        ));
    }
    let logits = b.reshaped(logits, vec![1, count])?;
    if count != 1 {
        return Ok(logits);
    }
    b.note(
        "its one logit is that of the second of two classes; the first has the logit 0, so that the probabilities are those of the Sigmoid",
    );
    let pad = Pad {
        before: [0, 0, 1],
        after: [0; 3],
        mode: PadMode::Constant { value: 0.0 },
    };
    let layer = b.add("two_classes", pad.into(), vec![logits.layer], Vec::new())?;
    Ok(Activation {
        layer,
        shape: vec![1, 2],
        layout: Layout::RowMajor,
    })
}
