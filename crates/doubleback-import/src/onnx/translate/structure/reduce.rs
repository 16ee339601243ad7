//! Reductions, and global pooling, which is one.

use doubleback::nn::layers::{GlobalAvgPool, LayerKind, Reduce, Reduction};

use super::super::builder::{Builder, Translate};
use super::super::value::{Activation, Layout};
use super::axes::{axes, ints, product};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("GlobalAveragePool", |node, b| global(node, b, Reduction::Mean)),
    ("GlobalMaxPool", |node, b| global(node, b, Reduction::Max)),
    ("ReduceL1", |node, b| reduce(node, b, Reduction::L1)),
    ("ReduceL2", |node, b| reduce(node, b, Reduction::L2)),
    ("ReduceLogSum", |node, b| reduce(node, b, Reduction::LogSum)),
    ("ReduceLogSumExp", |node, b| reduce(node, b, Reduction::LogSumExp)),
    ("ReduceMax", |node, b| reduce(node, b, Reduction::Max)),
    ("ReduceMean", |node, b| reduce(node, b, Reduction::Mean)),
    ("ReduceMin", |node, b| reduce(node, b, Reduction::Min)),
    ("ReduceProd", |node, b| reduce(node, b, Reduction::Prod)),
    ("ReduceSum", |node, b| reduce(node, b, Reduction::Sum)),
    ("ReduceSumSquare", |node, b| reduce(node, b, Reduction::SumSquare)),
];

fn global(node: &Node, b: &mut Builder, function: Reduction) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    if x.rank() < 3 {
        return Err(format!(
            "it pools over all axes behind the second, which shape {:?} has not",
            x.shape
        )
        .into());
    }
    let along: Vec<usize> = (2..x.rank()).collect();
    let y = reduced(node, b, x, &along, function, true)?;
    b.set(node, 0, y)
}

fn reduce(node: &Node, b: &mut Builder, function: Reduction) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let given = ints(node, b, "axes", 1)?.filter(|axes| !axes.is_empty());
    let keeps = node.flag("keepdims", true)?;
    let along = match given {
        Some(given) => axes(&given, x.rank())?,
        None if node.flag("noop_with_empty_axes", false)? => Vec::new(),
        None => (0..x.rank()).collect(),
    };
    if along.contains(&0) && x.shape[0] == 1 && x.rank() > 1 {
        b.note(format!(
            "{} over the axis of the batch: each image is taken for itself, as in a batch of one",
            node.op
        ));
    }
    // A reduction of nothing is still one, of each value by itself.
    let y = reduced(node, b, x, &along, function, keeps)?;
    b.set(node, 0, y)
}

/// Reduced over these axes of the shape, which stay with size 1 or go.
pub(super) fn reduced(
    node: &Node,
    b: &mut Builder,
    x: Activation,
    along: &[usize],
    function: Reduction,
    keeps: bool,
) -> Result<Activation, Refusal> {
    let rank = x.rank();
    let kept = x.shape.iter().enumerate();
    let kept = kept
        .map(|(axis, &size)| if along.contains(&axis) { 1 } else { size })
        .collect::<Vec<_>>();
    let last: Vec<usize> = match keeps {
        true => kept.clone(),
        false => (0..rank)
            .filter(|axis| !along.contains(axis))
            .map(|axis| kept[axis])
            .collect(),
    };
    // Over one value each, these change nothing.
    let selects = matches!(
        function,
        Reduction::Mean | Reduction::Sum | Reduction::Max | Reduction::Min | Reduction::Prod
    );
    let many: Vec<usize> = along.iter().copied().filter(|&axis| x.shape[axis] > 1).collect();
    if many.is_empty() && selects {
        return shaped(b, x, last);
    }
    let stored: Option<Vec<usize>> = many.iter().map(|&axis| x.stored_axis(axis)).collect();
    if let Some(mut stored) = stored {
        stored.sort_unstable();
        if stored.is_empty() {
            stored = one_value(&x).into_iter().collect();
        }
        if !stored.is_empty() {
            let layout = x.layout;
            let kind: LayerKind = match function == Reduction::Mean && stored == [0, 1] {
                true => GlobalAvgPool {}.into(),
                false => Reduce { function, axes: stored }.into(),
            };
            let y = b.layer(node, kind, &[&x], kept, layout)?;
            return shaped(b, y, last);
        }
    }
    // The axes to reduce over behind the others, as one.
    let others: Vec<usize> = (0..rank).filter(|axis| !many.contains(axis)).collect();
    let order = [others.as_slice(), many.as_slice()].concat();
    let [rows, each] =
        [&others, &many].map(|axes| product(&axes.iter().map(|&axis| x.shape[axis]).collect::<Vec<_>>()));
    let turned = b.transposed(x, &order)?;
    let view = b.reshaped(turned, vec![1, rows, each])?;
    let kind = Reduce {
        function,
        axes: vec![2],
    };
    let y = b.layer(node, kind, &[&view], vec![1, rows, 1], Layout::RowMajor)?;
    b.reshaped(y, last)
}

/// A stored axis of size 1.
fn one_value(x: &Activation) -> Option<usize> {
    x.stored().iter().position(|&size| size == 1)
}

fn shaped(b: &mut Builder, x: Activation, shape: Vec<usize>) -> Result<Activation, Refusal> {
    match x.shape == shape {
        true => Ok(x),
        false => b.reshaped(x, shape),
    }
}
