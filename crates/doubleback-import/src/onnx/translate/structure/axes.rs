//! Axes as nodes name them, and where they are stored.

use doubleback::nn::layers::{self, LayerKind};

use super::super::builder::Builder;
use super::super::value::{Activation, Layout, Value, stored};
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

/// An axis, counted from the end if it is negative.
pub(super) fn axis(given: i64, rank: usize) -> Result<usize, Refusal> {
    let wrong = || Refusal(format!("its axis {given} is not one of {rank}"));
    let from_front = match given < 0 {
        true => given.checked_add_unsigned(rank as u64).ok_or_else(wrong)?,
        false => given,
    };
    usize::try_from(from_front)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(wrong)
}

/// Different axes, in the order in which they are given.
pub(super) fn axes(given: &[i64], rank: usize) -> Result<Vec<usize>, Refusal> {
    let axes = given.iter().map(|&given| axis(given, rank));
    let axes = axes.collect::<Result<Vec<_>, _>>()?;
    let twice = |(place, axis): (usize, &usize)| axes[..place].contains(axis);
    match axes.iter().enumerate().any(twice) {
        true => Err(format!("its axes {given:?} name one twice").into()),
        false => Ok(axes),
    }
}

/// Integers that are an input since some opset, and were an attribute before; none if they are left out.
pub(super) fn ints(node: &Node, b: &Builder, attribute: &str, input: usize) -> Result<Option<Vec<i64>>, Refusal> {
    match b.optional_constant(node, input)? {
        Some(constant) => constant.ints().map(Some),
        None => Ok(node.ints(attribute)?.map(<[i64]>::to_vec)),
    }
}

/// A size as it stands in the file.
pub(super) fn size(given: i64) -> Result<usize, Refusal> {
    usize::try_from(given).map_err(|_| Refusal(format!("a size of {given} is below 0")))
}

/// The product of sizes of an activation, whose values were counted.
pub(super) fn product(sizes: &[usize]) -> usize {
    sizes.iter().copied().fold(1, usize::saturating_mul)
}

/// An activation, or constant values as a layer of their own behind a layer on which they do not depend.
pub(super) fn operand(node: &Node, b: &mut Builder, value: Value, beside: &Activation) -> Result<Activation, Refusal> {
    let constant = match value {
        Value::Activation(activation) => return Ok(activation),
        Value::Constant(constant) => constant,
    };
    let shape = constant.shape().to_vec();
    let kind = layers::Constant {
        size: stored(&shape, Layout::RowMajor),
    };
    let values = match constant {
        Constant::Float(values) => values.iter().copied().collect(),
        other => return Err(format!("a constant beside activations has {}, not floats", other.kind()).into()),
    };
    b.layer_with(node, kind, &[beside], shape, Layout::RowMajor, vec![("value", values)])
}

/// An activation in which one axis of its shape is one of what is stored.
pub(super) struct Along {
    /// The values of the activation, perhaps in another shape.
    view: Activation,
    /// The axis of the view's shape.
    axis: usize,
    /// What is stored there: height 0, width 1, channels 2.
    pub stored: usize,
    /// The activation's own.
    shape: Vec<usize>,
    own: usize,
}

impl Along {
    /// The activation as it is if it can be, else as `[before, axis, after]`.
    pub fn new(b: &mut Builder, a: Activation, axis: usize) -> Result<Self, Refusal> {
        let shape = a.shape.clone();
        let direct = |stored| Self {
            view: a.clone(),
            axis,
            stored,
            shape: shape.clone(),
            own: axis,
        };
        if let Some(stored) = a.stored_axis(axis) {
            return Ok(direct(stored));
        }
        let view = vec![product(&shape[..axis]), shape[axis], product(&shape[axis + 1..])];
        Ok(Self {
            view: b.reshaped(a, view)?,
            axis: 1,
            stored: 1,
            shape,
            own: axis,
        })
    }

    /// Height, width and channels of what is stored.
    pub fn sizes(&self) -> [usize; 3] {
        self.view.stored()
    }

    /// A layer that leaves `size` values along the axis.
    pub fn layer(
        &self,
        node: &Node,
        b: &mut Builder,
        kind: impl Into<LayerKind>,
        size: usize,
    ) -> Result<Activation, Refusal> {
        let (mut shape, mut seen) = (self.shape.clone(), self.view.shape.clone());
        shape[self.own] = size;
        seen[self.axis] = size;
        let y = b.layer(node, kind, &[&self.view], seen, self.view.layout)?;
        match y.shape == shape {
            true => Ok(y),
            false => b.reshaped(y, shape),
        }
    }
}

/// The sizes of height, width and channels after those of some axes of the shape have changed; none if one of these axes is not stored as one.
pub(super) fn resized(a: &Activation, shape: &[usize]) -> Option<[usize; 3]> {
    let mut size = a.stored();
    for (axis, &to) in shape.iter().enumerate() {
        if a.shape[axis] != to {
            size[a.stored_axis(axis)?] = to;
        }
    }
    (size == stored(shape, a.layout)).then_some(size)
}
