//! Operands of several ranks and layouts, as layers of three axes see them: NumPy's broadcasting, in which missing leading axes and axes of size 1
//! are repeated.

use ndarray::{ArrayD, IxDyn};

use doubleback::nn::layers::Size;

use super::builder::Builder;
use super::structure::repeat;
use super::value::{Activation, Layout, stored};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

/// Most values of a constant that is repeated because the axes of layers are too few.
const MOST_REPEATED: usize = 1 << 20;

/// What is combined with another of its kind.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// Depends on the image.
    Activation(Activation),
    /// The same for all images.
    Constant(ArrayD<f32>),
}

impl Operand {
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Activation(activation) => &activation.shape,
            Self::Constant(constant) => constant.shape(),
        }
    }
}

/// An operand in the axes of layers.
#[derive(Clone, Debug)]
pub(super) enum Aligned {
    Activation(Activation),
    Constant(Size, Vec<f32>),
}

/// Two operands, and what a layer that combines them gives.
#[derive(Debug)]
pub(super) struct Pair {
    pub operands: [Aligned; 2],
    /// Shape of the layer's output.
    pub shape: Vec<usize>,
    pub layout: Layout,
    /// Shape of the node's output, of as many values.
    pub result: Vec<usize>,
}

/// The shape of a combination of values of these shapes.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Refusal> {
    let rank = a.len().max(b.len());
    let [padded_a, padded_b] = [padded(a, rank), padded(b, rank)];
    let one = |(&x, &y): (&usize, &usize)| match (x, y) {
        (x, y) if x == y => Ok(x),
        (1, y) => Ok(y),
        (x, 1) => Ok(x),
        _ => Err(Refusal(format!(
            "values of shapes {a:?} and {b:?} cannot be combined: sizes must be equal or 1"
        ))),
    };
    padded_a.iter().zip(&padded_b).map(one).collect()
}

/// With leading axes of size 1.
pub(super) fn padded(shape: &[usize], rank: usize) -> Vec<usize> {
    let missing = rank.saturating_sub(shape.len());
    [vec![1; missing], shape.to_vec()].concat()
}

/// Both operands in one layout: channels last if one is, else by groups of axes that are repeated alike.
pub(super) fn align(node: &Node, b: &mut Builder, operands: [Operand; 2]) -> Result<Pair, Refusal> {
    let operands = operands.map(|operand| unfrozen(operand, b.frozen_batch));
    let result = broadcast(operands[0].shape(), operands[1].shape())?;
    let rank = result.len();
    let last = |operand: &Operand| matches!(operand, Operand::Activation(a) if a.layout == Layout::ChannelsLast);
    if rank == 4 && result[0] == 1 && operands.iter().any(last) {
        let [x, y] = operands;
        let operands = [channels_last(b, x)?, channels_last(b, y)?];
        return Ok(Pair {
            operands,
            shape: result.clone(),
            layout: Layout::ChannelsLast,
            result,
        });
    }
    let shapes = [&operands[0], &operands[1]].map(|operand| padded(operand.shape(), rank));
    let [mut x, mut y] = operands;
    let mut grouped = groups(&shapes, &result);
    if grouped.is_none() {
        // One is repeated along some axes and the other along others, by turns.
        [x, y] = [expanded(node, b, x, &result)?, expanded(node, b, y, &result)?];
        grouped = groups(&[result.clone(), result.clone()], &result);
    }
    let [of_x, of_y, of_result] = grouped.ok_or_else(|| Refusal(format!("{result:?} are too many axes")))?;
    Ok(Pair {
        operands: [rows(b, x, of_x)?, rows(b, y, of_y)?],
        shape: of_result,
        layout: Layout::RowMajor,
        result,
    })
}

/// A constant that repeats itself for a batch of fixed size, once.
fn unfrozen(operand: Operand, batch: Option<usize>) -> Operand {
    match (operand, batch) {
        (Operand::Constant(constant), Some(batch)) if constant.ndim() > 1 && constant.shape()[0] == batch => {
            let mut images = constant.outer_iter();
            let first = images.next().map(|first| first.to_owned());
            match first {
                Some(first) if images.all(|image| image == first) => {
                    Operand::Constant(first.insert_axis(ndarray::Axis(0)))
                }
                _ => Operand::Constant(constant),
            }
        }
        (operand, _) => operand,
    }
}

/// In the layout of images: with four axes.
pub(super) fn channels_last(b: &mut Builder, operand: Operand) -> Result<Aligned, Refusal> {
    match operand {
        Operand::Activation(activation) => {
            let activation = match activation.rank() {
                4 => activation,
                _ => {
                    let shape = padded(&activation.shape, 4);
                    b.reshaped(activation, shape)?
                }
            };
            b.channels_last(activation).map(Aligned::Activation)
        }
        Operand::Constant(constant) => {
            let shape = padded(constant.shape(), 4);
            let size = stored(&shape, Layout::ChannelsLast);
            let values = reshaped(constant, &shape)?.permuted_axes(IxDyn(&[0, 2, 3, 1]));
            Ok(Aligned::Constant(size, values.iter().copied().collect()))
        }
    }
}

/// In row-major order, as three axes of these sizes.
pub(super) fn rows(b: &mut Builder, operand: Operand, shape: Vec<usize>) -> Result<Aligned, Refusal> {
    match operand {
        Operand::Activation(activation) => b.reshaped(activation, shape).map(Aligned::Activation),
        Operand::Constant(constant) => {
            let size = stored(&shape, Layout::RowMajor);
            Ok(Aligned::Constant(size, constant.iter().copied().collect()))
        }
    }
}

fn reshaped(constant: ArrayD<f32>, shape: &[usize]) -> Result<ArrayD<f32>, Refusal> {
    let values = constant.iter().copied().collect();
    let unfit = |_| {
        Refusal(format!(
            "a constant of shape {:?} does not have the shape {shape:?}",
            constant.shape()
        ))
    };
    ArrayD::from_shape_vec(IxDyn(shape), values).map_err(unfit)
}

/// Axes next to each other along which each operand is repeated, or none is, made one; at most three. Shapes of both and of the result, of rank 3
/// or less; those that layers have anyway, if they will do.
fn groups(shapes: &[Vec<usize>; 2], result: &[usize]) -> Option<[Vec<usize>; 3]> {
    let usual = |shape: &Vec<usize>| {
        let leading = shape.len().saturating_sub(2);
        shape[..leading] == result[..leading] || shape[..leading].iter().all(|&size| size == 1)
    };
    if shapes.iter().all(usual) {
        return Some([shapes[0].clone(), shapes[1].clone(), result.to_vec()]);
    }
    let repeated = |axis: usize| [&shapes[0], &shapes[1]].map(|shape| shape[axis] != result[axis]);
    let mut grouped: [Vec<usize>; 3] = Default::default();
    let mut before = None;
    for axis in (0..result.len()).filter(|&axis| result[axis] != 1) {
        let sizes = [shapes[0][axis], shapes[1][axis], result[axis]];
        let now = repeated(axis);
        for (group, size) in grouped.iter_mut().zip(sizes) {
            match group.last_mut().filter(|_| before == Some(now)) {
                Some(last) => *last *= size,
                None => group.push(size),
            }
        }
        before = Some(now);
    }
    (grouped[2].len() <= 3).then_some(grouped)
}

/// Repeated to the shape of the result, axis by axis.
fn expanded(node: &Node, b: &mut Builder, operand: Operand, result: &[usize]) -> Result<Operand, Refusal> {
    match operand {
        Operand::Constant(constant) => {
            let shape = padded(constant.shape(), result.len());
            let count = result.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
            if count.is_none_or(|count| count > MOST_REPEATED) {
                return Err(format!("its constant of shape {shape:?} cannot be repeated to {result:?} values").into());
            }
            let constant = reshaped(constant, &shape)?;
            let repeated = constant.broadcast(IxDyn(result)).map(|all| all.to_owned());
            let unfit = || Refusal(format!("a constant of shape {shape:?} does not fit {result:?}"));
            repeated.map(Operand::Constant).ok_or_else(unfit)
        }
        Operand::Activation(activation) => repeat::broadcast(node, b, activation, result).map(Operand::Activation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_are_repeated_alike_are_one() {
        let shapes = |a: &[usize], b: &[usize]| {
            let result = broadcast(a, b).unwrap();
            groups(&[padded(a, result.len()), padded(b, result.len())], &result)
        };
        let of = |a: &[usize], b: &[usize], result: &[usize]| Some([a.to_vec(), b.to_vec(), result.to_vec()]);
        // As they are stored.
        assert_eq!(
            shapes(&[1, 5, 6, 4], &[4]),
            of(&[1, 5, 6, 4], &[1, 1, 1, 4], &[1, 5, 6, 4])
        );
        // A gate of two groups of channels.
        let found = shapes(&[1, 2, 58, 28, 28], &[1, 2, 1, 1, 1]);
        assert_eq!(found, of(&[2, 58 * 784], &[2, 1], &[2, 58 * 784]));
        let found = shapes(&[1, 2, 1, 28, 28], &[58, 1, 1]);
        assert_eq!(found, of(&[2, 1, 784], &[1, 58, 1], &[2, 58, 784]));
        assert_eq!(shapes(&[1, 2, 1, 5, 1], &[3, 1, 7]), None);
        assert_eq!(
            broadcast(&[1, 3, 4], &[2, 4]).unwrap_err().0,
            "values of shapes [1, 3, 4] and [2, 4] cannot be combined: sizes must be equal or 1"
        );
    }
}
