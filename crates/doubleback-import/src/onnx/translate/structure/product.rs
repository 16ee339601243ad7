//! MatMul of two activations, or of activations with many constant matrices.

use doubleback::nn::layers::MatMul;

use super::super::builder::{Builder, Translate};
use super::super::value::{Activation, Layout, Value};
use super::axes::{operand, product};
use super::repeat::broadcast;
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("MatMul", mat_mul)];

fn mat_mul(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let y = match (b.input(node, 0)?, b.input(node, 1)?) {
        (Value::Activation(left), Value::Constant(Constant::Float(right))) if right.ndim() == 2 => {
            let mut shape = left.shape.clone();
            if let Some(last) = shape.last_mut() {
                *last = right.shape()[1];
            }
            super::super::dense::linear(node, b, left, right, None, shape)?
        }
        // A product with a constant from the left is one from the right of transposed matrices.
        (Value::Constant(Constant::Float(left)), Value::Activation(right)) if left.ndim() == 2 && right.rank() >= 2 => {
            let mut order: Vec<usize> = (0..right.rank()).collect();
            order.swap(right.rank() - 2, right.rank() - 1);
            let turned = b.transposed(right, &order)?;
            let mut shape = turned.shape.clone();
            if let Some(last) = shape.last_mut() {
                *last = left.shape()[0];
            }
            let y = super::super::dense::linear(node, b, turned, left.reversed_axes(), None, shape)?;
            b.transposed(y, &order)?
        }
        (Value::Activation(left), right) => {
            let right = operand(node, b, right, &left)?;
            of_matrices(node, b, left, right)?
        }
        (left, Value::Activation(right)) => {
            let left = operand(node, b, left, &right)?;
            of_matrices(node, b, left, right)?
        }
        _ => return Err("it multiplies nothing that depends on the image".into()),
    };
    b.set(node, 0, y)
}

/// Products of the matrices in the last two axes; vectors are matrices of one row or one column; the other axes are broadcast.
pub(super) fn of_matrices(
    node: &Node,
    b: &mut Builder,
    left: Activation,
    right: Activation,
) -> Result<Activation, Refusal> {
    let unfit = Refusal(format!(
        "matrices of shapes {:?} and {:?} cannot be multiplied",
        left.shape, right.shape
    ));
    let [row, column] = [left.rank() == 1, right.rank() == 1];
    let left = if row { ahead(b, left)? } else { left };
    let right = if column { behind(b, right)? } else { right };
    let (&[ref many @ .., rows, inner], &[ref others @ .., same, columns]) =
        (left.shape.as_slice(), right.shape.as_slice())
    else {
        return Err(unfit);
    };
    if inner != same {
        return Err(unfit);
    }
    let rank = many.len().max(others.len());
    let padded = |sizes: &[usize]| [vec![1; rank - sizes.len()], sizes.to_vec()].concat();
    let pairs = padded(many).into_iter().zip(padded(others));
    let all = pairs.map(|(a, b)| {
        if a == b || b == 1 {
            Some(a)
        } else {
            (a == 1).then_some(b)
        }
    });
    let all = all.collect::<Option<Vec<usize>>>().ok_or(unfit)?;
    let whole = |b: &mut Builder, x: Activation| {
        let count = product(&x.shape[..x.rank() - 2]);
        let x = match count == product(&all) || count == 1 {
            true => x,
            false => {
                let last = x.shape[x.rank() - 2..].to_vec();
                broadcast(node, b, x, &[all.clone(), last].concat())?
            }
        };
        b.row_major(x)
    };
    let (left, right) = (whole(b, left)?, whole(b, right)?);
    let shape = [all, vec![rows, columns]].concat();
    let mut y = b.layer(node, MatMul {}, &[&left, &right], shape.clone(), Layout::RowMajor)?;
    let mut kept = shape;
    if column {
        kept.pop();
    }
    if row {
        let place = kept.len() - if column { 1 } else { 2 };
        kept.remove(place);
    }
    if kept != y.shape {
        y = b.reshaped(y, kept)?;
    }
    Ok(y)
}

/// With a first axis of size 1.
fn ahead(b: &mut Builder, x: Activation) -> Result<Activation, Refusal> {
    let shape = [vec![1], x.shape.clone()].concat();
    b.reshaped(x, shape)
}

/// With a last axis of size 1.
fn behind(b: &mut Builder, x: Activation) -> Result<Activation, Refusal> {
    let shape = [x.shape.clone(), vec![1]].concat();
    b.reshaped(x, shape)
}
