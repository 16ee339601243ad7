//! Comparisons, logic, and the choice between values. Truth values of activations are 0 and 1.

use doubleback::nn::IMAGES;
use doubleback::nn::layers::{
    Compare, CompareFunction, Constant as Fixed, Finiteness, LayerKind, Operand as Held, Side, Unfinite, Where,
};

use super::arithmetic::operand;
use super::broadcast::{Aligned, Operand, align, broadcast, channels_last, padded, rows};
use super::builder::{Builder, Translate};
use super::value::{Activation, Layout};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("And", compare),
    ("Equal", compare),
    ("Greater", compare),
    ("GreaterOrEqual", compare),
    ("IsInf", is_inf),
    ("IsNaN", is_nan),
    ("Less", compare),
    ("LessOrEqual", compare),
    ("Not", not),
    ("Or", compare),
    ("Where", choose),
    ("Xor", compare),
];

fn function(op: &str) -> Result<CompareFunction, Refusal> {
    Ok(match op {
        "And" => CompareFunction::And,
        "Equal" => CompareFunction::Equal,
        "Greater" => CompareFunction::Greater,
        "GreaterOrEqual" => CompareFunction::GreaterOrEqual,
        "Less" => CompareFunction::Less,
        "LessOrEqual" => CompareFunction::LessOrEqual,
        "Or" => CompareFunction::Or,
        "Xor" => CompareFunction::Xor,
        other => return Err(format!("`{other}` is no comparison: a mistake of this program").into()),
    })
}

/// Its gradient is zero, which users may wonder at.
fn note(node: &Node, b: &mut Builder) {
    b.note(format!("`{}` has a gradient of zero", node.op));
}

fn compare(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let function = function(&node.op)?;
    let pair = align(node, b, [operand(b.input(node, 0)?)?, operand(b.input(node, 1)?)?])?;
    let (shape, layout) = (pair.shape, pair.layout);
    let mut with = |side, size, values, x: &Activation| {
        let constant = Some(Held { size, side });
        b.layer_with(
            node,
            Compare { function, constant },
            &[x],
            shape.clone(),
            layout,
            vec![("value", values)],
        )
    };
    let y = match pair.operands {
        [Aligned::Activation(x), Aligned::Constant(size, values)] => with(Side::Right, size, values, &x)?,
        [Aligned::Constant(size, values), Aligned::Activation(y)] => with(Side::Left, size, values, &y)?,
        [Aligned::Activation(x), Aligned::Activation(y)] => {
            let constant = None;
            b.layer(node, Compare { function, constant }, &[&x, &y], shape, layout)?
        }
        [Aligned::Constant(..), Aligned::Constant(..)] => {
            return Err("neither of its inputs depends on the image".into());
        }
    };
    let y = match y.shape == pair.result {
        true => y,
        false => b.reshaped(y, pair.result)?,
    };
    note(node, b);
    b.set(node, 0, y)
}

/// Asks of each value whether it is zero, or whether it is not.
fn with_zero(node: &Node, b: &mut Builder, function: CompareFunction) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let with_zero = Compare {
        function,
        constant: Some(Held {
            size: [1; 3],
            side: Side::Right,
        }),
    };
    let tensors = vec![("value", vec![0.0])];
    let y = b.layer_with(node, with_zero, &[&x], x.shape.clone(), x.layout, tensors)?;
    note(node, b);
    b.set(node, 0, y)
}

fn not(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    with_zero(node, b, CompareFunction::Equal)
}

/// Whether all values of an activation are 0 and 1 because they are answers.
pub(super) fn are_answers(b: &Builder, x: &Activation) -> bool {
    matches!(b.source(x), Some((LayerKind::Compare(_) | LayerKind::Finiteness(_), _)))
}

/// A cast to truth values: what is not zero is true.
pub(super) fn to_answers(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    with_zero(node, b, CompareFunction::NotEqual)
}

fn found(node: &Node, b: &mut Builder, kind: Unfinite) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let y = b.layer(node, Finiteness { kind }, &[&x], x.shape.clone(), x.layout)?;
    note(node, b);
    b.set(node, 0, y)
}

fn is_nan(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    found(node, b, Unfinite::Nan)
}

fn is_inf(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let [positive, negative] = ["detect_positive", "detect_negative"].map(|name| node.int(name, 1));
    let kind = match (positive? != 0, negative? != 0) {
        (true, true) => Unfinite::Infinite,
        (true, false) => Unfinite::PositiveInfinite,
        (false, true) => Unfinite::NegativeInfinite,
        (false, false) => return Err("it looks for neither sign of infinity".into()),
    };
    found(node, b, kind)
}

/// All three in one layout; what is constant becomes a layer that gives it.
fn choose(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let mut operands = Vec::with_capacity(3);
    for index in 0..3 {
        operands.push(operand(b.input(node, index)?)?);
    }
    let mut result = Vec::new();
    for operand in &operands {
        result = broadcast(&result, operand.shape())?;
    }
    let rank = result.len();
    let last = |operand: &Operand| matches!(operand, Operand::Activation(a) if a.layout == Layout::ChannelsLast);
    let in_images = rank == 4 && result[0] == 1 && operands.iter().any(last);
    let layout = if in_images {
        Layout::ChannelsLast
    } else {
        Layout::RowMajor
    };
    let mut inputs = Vec::with_capacity(3);
    for operand in operands {
        let shape = padded(operand.shape(), rank);
        let leading = rank.saturating_sub(2);
        if !in_images && shape[..leading] != result[..leading] && shape[..leading].iter().any(|&size| size != 1) {
            return Err(format!("values of shape {shape:?} cannot be repeated to {result:?}: too many axes").into());
        }
        let aligned = match in_images {
            true => channels_last(b, operand)?,
            false => rows(b, operand, shape.clone())?,
        };
        inputs.push(match aligned {
            Aligned::Activation(activation) => activation,
            Aligned::Constant(size, values) => fixed(node, b, size, values, shape, layout)?,
        });
    }
    let inputs: Vec<&Activation> = inputs.iter().collect();
    let y = b.layer(node, Where {}, &inputs, result, layout)?;
    b.set(node, 0, y)
}

/// A layer that gives a constant.
fn fixed(
    node: &Node,
    b: &mut Builder,
    size: [usize; 3],
    values: Vec<f32>,
    shape: Vec<usize>,
    layout: Layout,
) -> Result<Activation, Refusal> {
    let [height, width, channels] = b.size(IMAGES)?;
    let images = Activation {
        layer: IMAGES.to_owned(),
        shape: vec![1, channels, height, width],
        layout: Layout::ChannelsLast,
    };
    b.layer_with(node, Fixed { size }, &[&images], shape, layout, vec![("value", values)])
}
