//! Products with constant matrices.

use doubleback::nn::layers::{Conv2d, Dense, Size};
use ndarray::{ArrayD, IxDyn};

use super::builder::{Builder, Translate};
use super::value::{Activation, Layout, Value};
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;
use crate::original::Layout as Order;

pub(super) const OPS: &[(&str, Translate)] = &[("Gemm", gemm), ("Flatten", flatten)];

/// `alpha * A * B + beta * C`, of which A are activations, one row for each vector of an image.
fn gemm(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let a = b.activation(node, 0)?;
    let weight = floats(b.constant(node, 1)?, "B")?;
    let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
    let [trans_a, trans_b] = [node.int("transA", 0)? != 0, node.int("transB", 0)? != 0];
    if a.rank() != 2 || weight.ndim() != 2 {
        let (a, weight) = (a.shape, weight.shape());
        return Err(format!("its matrices have the shapes {a:?} and {weight:?}, each must have two axes").into());
    }
    let a = if trans_a { b.transposed(a, &[1, 0])? } else { a };
    let mut weight = if trans_b { weight.reversed_axes() } else { weight };
    if alpha != 1.0 {
        weight.mapv_inplace(|value| value * alpha);
    }
    let (rows, units) = (a.shape[0], weight.shape()[1]);
    let c = b.optional(node, 2)?.filter(|_| beta != 0.0);
    let bias = match &c {
        Some(Value::Constant(c)) => {
            let c = floats(c.clone(), "C")?;
            Some(bias(&c, rows, units)?.into_iter().map(|value| value * beta).collect())
        }
        _ => None,
    };
    let y = linear(node, b, a, weight, bias, vec![rows, units])?;
    let y = match c {
        Some(Value::Activation(c)) => {
            if beta != 1.0 || c.shape != y.shape {
                return Err(
                    "its C depends on the image; that can be imported with beta 1 and the shape of the result".into(),
                );
            }
            let c = b.row_major(c)?;
            b.layer(
                node,
                doubleback::nn::layers::Add {},
                &[&y, &c],
                y.shape.clone(),
                y.layout,
            )?
        }
        _ => y,
    };
    b.set(node, 0, y)
}

/// C as one bias for all rows.
fn bias(c: &ArrayD<f32>, rows: usize, units: usize) -> Result<Vec<f32>, Refusal> {
    let unfit = || {
        Refusal(format!(
            "its C of shape {:?} does not fit {rows} rows of {units}",
            c.shape()
        ))
    };
    let all = c.broadcast(IxDyn(&[rows, units])).ok_or_else(unfit)?;
    let mut each = all.outer_iter();
    let first = each.next().ok_or_else(unfit)?;
    match each.all(|row| row == first) {
        true => Ok(first.iter().copied().collect()),
        false => Err("its C differs from row to row, which cannot be imported; a bias of one row can".into()),
    }
}

/// The product of the last axis of activations with a matrix `[inputs, units]`: a dense layer for one vector an image, a convolution without
/// neighbours for several. `shape` is that of the result, whose last axis is the units.
pub(super) fn linear(
    node: &Node,
    b: &mut Builder,
    a: Activation,
    weight: ArrayD<f32>,
    bias: Option<Vec<f32>>,
    shape: Vec<usize>,
) -> Result<Activation, Refusal> {
    let (inputs, units) = (weight.shape()[0], weight.shape()[1]);
    if a.shape.last() != Some(&inputs) {
        let a = &a.shape;
        return Err(format!("a matrix of {inputs} rows does not fit values of shape {a:?}").into());
    }
    let vector = a.count() == inputs;
    // The rows of the matrix in the order of the activations, rather than the other way round.
    let reordered = if vector { b.before_order(&a)? } else { None };
    let reordered_by = reordered.as_ref().map(|(_, places)| places.clone());
    let (a, weight) = match reordered {
        Some((flat, places)) => {
            let mut rows = ArrayD::zeros(IxDyn(&[inputs, units]));
            for (row, &place) in weight.outer_iter().zip(&places) {
                rows.index_axis_mut(ndarray::Axis(0), place).assign(&row);
            }
            (flat, rows)
        }
        None if vector => (b.reshaped(a, vec![1, inputs])?, weight),
        None => (b.row_major(a)?, weight),
    };
    let image = match &reordered_by {
        Some(places) => flattened(places),
        None => Some([1, 1, inputs]),
    };
    let has_bias = bias.is_some();
    let mut tensors = vec![("weight", weight.iter().copied().collect())];
    tensors.extend(bias.map(|bias| ("bias", bias)));
    if vector {
        let layer = Dense { units, bias: has_bias };
        let y = b.layer_with(node, layer, &[&a], vec![1, units], Layout::RowMajor, tensors)?;
        if let Some(image) = image {
            say_origins(&y.layer, node, image, b)?;
        }
        return b.reshaped(y, shape);
    }
    let layer = Conv2d {
        bias: has_bias,
        ..Conv2d::same(units, 1)
    };
    b.layer_with(node, layer, &[&a], shape, Layout::RowMajor, tensors)
}

/// The size of the image whose values by row, column and channel stand at these places, in the order of channel, row and column; its pixels as
/// one row. Nothing if they are in another order.
fn flattened(places: &[usize]) -> Option<Size> {
    let channels = *places.get(1)?;
    let pixels = places.len().checked_div(channels)?;
    let by_channel = (0..channels).flat_map(|channel| (0..pixels).map(move |pixel| pixel * channels + channel));
    by_channel.eq(places.iter().copied()).then_some([1, pixels, channels])
}

/// Says which constants a dense layer's tensors are, if the node takes them as they are.
fn say_origins(layer: &str, node: &Node, image: Size, b: &mut Builder) -> Result<(), Refusal> {
    let by_gemm = node.op == "Gemm";
    if by_gemm && (node.float("alpha", 1.0)? != 1.0 || node.float("beta", 1.0)? != 1.0) {
        return Ok(());
    }
    match (node.op.as_str(), node.int("transB", 0)? != 0) {
        ("Gemm", true) => b.say_origin(layer, "weight", node, 1, Order::Matrix(image)),
        ("Gemm" | "MatMul", _) => b.say_origin(layer, "weight", node, 1, Order::Rows(image)),
        _ => {}
    }
    if by_gemm {
        b.say_origin(layer, "bias", node, 2, Order::Same);
    }
    Ok(())
}

fn flatten(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let rank = i64::try_from(x.rank()).unwrap_or(i64::MAX);
    let axis = node.int("axis", 1)?;
    let from_front = if axis < 0 { axis + rank } else { axis };
    let at = usize::try_from(from_front).ok().filter(|&axis| axis <= x.rank());
    let at = at.ok_or_else(|| Refusal(format!("its axis {axis} is not one of the {rank} of its input")))?;
    let (before, after) = x.shape.split_at(at);
    let shape = vec![before.iter().product(), after.iter().product()];
    let y = b.reshaped(x, shape)?;
    b.set(node, 0, y)
}

fn floats(constant: Constant, what: &str) -> Result<ArrayD<f32>, Refusal> {
    match constant {
        Constant::Float(values) => Ok(values),
        _ => Err(format!("its {what} must be of floats").into()),
    }
}
