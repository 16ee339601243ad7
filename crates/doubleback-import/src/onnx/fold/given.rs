//! What a node is given, by place and type, and what all operators ask of it.

use ndarray::{ArrayD, ArrayViewD, IxDyn};

use super::room::{MOST_AXES, Room};
use crate::onnx::element::Element;
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

/// Computes an operator's results.
pub(super) type Fold = fn(&Given<'_>, &mut Room) -> Result<Vec<Constant>, Refusal>;

/// The same done to a constant's array, whatever its type.
macro_rules! of_any {
    ($constant:expr, $array:ident => $result:expr) => {
        match $constant {
            Constant::Float($array) => Constant::Float($result),
            Constant::Int($array) => Constant::Int($result),
            Constant::Bool($array) => Constant::Bool($result),
        }
    };
}
pub(super) use of_any;

/// The same done to arrays of one type, whatever it is.
macro_rules! of_same {
    ($same:expr, $arrays:ident => $result:expr) => {
        match $same {
            Same::Float($arrays) => Constant::Float($result),
            Same::Int($arrays) => Constant::Int($result),
            Same::Bool($arrays) => Constant::Bool($result),
        }
    };
}
pub(super) use of_same;

/// Arrays of one type.
pub(super) enum Same<'a> {
    Float(Vec<&'a ArrayD<f32>>),
    Int(Vec<&'a ArrayD<i64>>),
    Bool(Vec<&'a ArrayD<bool>>),
}

/// A node with its inputs.
pub(super) struct Given<'a> {
    pub node: &'a Node,
    pub inputs: &'a [Option<&'a Constant>],
    /// Element types of the inputs where they are known.
    pub elements: &'a [Option<Element>],
}

impl<'a> Given<'a> {
    /// An input that may be left out.
    pub fn optional(&self, index: usize) -> Option<&'a Constant> {
        self.inputs.get(index).copied().flatten()
    }

    /// An input that must be there.
    pub fn input(&self, index: usize) -> Result<&'a Constant, Refusal> {
        let missing = || Refusal(format!("has no input {index}"));
        self.optional(index).ok_or_else(missing)
    }

    /// The element type of an input, if it is known.
    pub fn element(&self, index: usize) -> Option<Element> {
        self.elements.get(index).copied().flatten()
    }

    pub fn floats(&self, index: usize) -> Result<&'a ArrayD<f32>, Refusal> {
        match self.input(index)? {
            Constant::Float(array) => Ok(array),
            other => Err(wrong(index, "floats", other)),
        }
    }

    pub fn ints(&self, index: usize) -> Result<&'a ArrayD<i64>, Refusal> {
        match self.input(index)? {
            Constant::Int(array) => Ok(array),
            other => Err(wrong(index, "integers", other)),
        }
    }

    pub fn bools(&self, index: usize) -> Result<&'a ArrayD<bool>, Refusal> {
        match self.input(index)? {
            Constant::Bool(array) => Ok(array),
            other => Err(wrong(index, "truth values", other)),
        }
    }

    /// Integers in a row, if the input is there.
    pub fn optional_list(&self, index: usize) -> Result<Option<Vec<i64>>, Refusal> {
        match self.optional(index) {
            Some(_) => self.list(index).map(Some),
            None => Ok(None),
        }
    }

    /// Integers in a row.
    pub fn list(&self, index: usize) -> Result<Vec<i64>, Refusal> {
        Ok(self.ints(index)?.iter().copied().collect())
    }

    /// A single integer.
    pub fn single(&self, index: usize) -> Result<i64, Refusal> {
        match self.list(index)?[..] {
            [value] => Ok(value),
            ref values => Err(Refusal(format!("input {index} has {} values, not one", values.len()))),
        }
    }

    /// The attribute up to an opset, an input from the next on.
    pub fn attribute_until(&self, last: i64, name: &str, index: usize) -> Result<Option<Vec<i64>>, Refusal> {
        if self.node.opset <= last {
            return Ok(self.node.ints(name)?.map(<[i64]>::to_vec));
        }
        self.optional_list(index)
    }

    /// All inputs, of one type.
    pub fn all(&self) -> Result<Same<'a>, Refusal> {
        let all: Vec<usize> = (0..self.inputs.len()).collect();
        self.same(&all)
    }

    /// Inputs that must be of one type.
    pub fn same(&self, indices: &[usize]) -> Result<Same<'a>, Refusal> {
        let first = indices.first().ok_or("has no input")?;
        let indices = indices.iter().copied();
        Ok(match self.input(*first)? {
            Constant::Float(_) => Same::Float(indices.map(|index| self.floats(index)).collect::<Result<_, _>>()?),
            Constant::Int(_) => Same::Int(indices.map(|index| self.ints(index)).collect::<Result<_, _>>()?),
            Constant::Bool(_) => Same::Bool(indices.map(|index| self.bools(index)).collect::<Result<_, _>>()?),
        })
    }
}

fn wrong(index: usize, wanted: &str, found: &Constant) -> Refusal {
    Refusal(format!("input {index} has {}, not {wanted}", found.kind()))
}

/// An array of these sizes; they must have as many places as there are values.
pub(super) fn array<T>(shape: &[usize], values: Vec<T>) -> Result<ArrayD<T>, Refusal> {
    let count = values.len();
    let array = ArrayD::from_shape_vec(IxDyn(shape), values);
    array.map_err(|_| Refusal(format!("{count} values do not fill {shape:?}")))
}

/// An array of one axis.
pub(super) fn row<T>(values: Vec<T>) -> ArrayD<T> {
    ndarray::Array1::from_vec(values).into_dyn()
}

/// An array without axes.
pub(super) fn scalar<T>(value: T) -> ArrayD<T> {
    ndarray::arr0(value).into_dyn()
}

/// The values in row-major order, in other sizes.
pub(super) fn reshaped<T: Clone>(values: &ArrayD<T>, shape: &[usize]) -> Result<ArrayD<T>, Refusal> {
    array(shape, values.iter().cloned().collect())
}

/// An axis counted from 0, of one that may be counted from the end.
pub(super) fn axis(axis: i64, rank: usize) -> Result<usize, Refusal> {
    let from_front = if axis < 0 {
        axis.saturating_add(rank as i64)
    } else {
        axis
    };
    let found = usize::try_from(from_front).ok().filter(|&found| found < rank);
    found.ok_or_else(|| Refusal(format!("there is no axis {axis} among {rank}")))
}

/// Axes counted from 0, each once.
pub(super) fn axes(list: &[i64], rank: usize) -> Result<Vec<usize>, Refusal> {
    if list.len() > MOST_AXES {
        return Err(Refusal(format!("{} axes are more than {MOST_AXES}", list.len())));
    }
    let mut found = Vec::with_capacity(list.len());
    for &number in list {
        let index = axis(number, rank)?;
        if found.contains(&index) {
            return Err(Refusal(format!("the axes {list:?} name one twice")));
        }
        found.push(index);
    }
    Ok(found)
}

/// An index counted from 0, of one that may be counted from the end.
pub(super) fn index(value: i64, size: usize) -> Result<usize, Refusal> {
    let from_front = if value < 0 {
        value.saturating_add(size as i64)
    } else {
        value
    };
    let found = usize::try_from(from_front).ok().filter(|&found| found < size);
    found.ok_or_else(|| Refusal(format!("index {value} is beyond an axis of {size}")))
}

/// Sizes from integers.
pub(super) fn sizes(list: &[i64]) -> Result<Vec<usize>, Refusal> {
    let size = |&value: &i64| usize::try_from(value).map_err(|_| Refusal(format!("{list:?} are no sizes")));
    list.iter().map(size).collect()
}

/// The sizes that two shapes are both stretched to: aligned at the last axis, equal or 1.
pub(super) fn common(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Refusal> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis]);
    let both = |axis| match [size(a, axis), size(b, axis)] {
        [x, 1] => Ok(x),
        [1, y] => Ok(y),
        [x, y] if x == y => Ok(x),
        _ => Err(Refusal(format!("{a:?} and {b:?} do not fit each other"))),
    };
    (0..rank).map(both).collect()
}

/// The array stretched to sizes from [`common`].
pub(super) fn stretched<'a, T>(array: &'a ArrayD<T>, shape: &[usize]) -> Result<ArrayViewD<'a, T>, Refusal> {
    let refusal = || Refusal(format!("{:?} cannot be stretched to {shape:?}", array.shape()));
    array.broadcast(IxDyn(shape)).ok_or_else(refusal)
}
