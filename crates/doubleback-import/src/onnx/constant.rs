//! Constant tensors and what can be asked of them.

use ndarray::{ArrayD, IxDyn};

use super::refusal::Refusal;

/// A constant tensor, of whatever type it was stored in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    /// `f32`, and what was `f16`, `bf16`, `f64` or of eight bits.
    Float(ArrayD<f32>),
    /// All integers.
    Int(ArrayD<i64>),
    /// Truth values.
    Bool(ArrayD<bool>),
}

impl Constant {
    /// Of floats in the order of the shape.
    ///
    /// # Errors
    /// When there are not as many values as the shape says.
    pub fn of_floats(shape: &[usize], values: Vec<f32>) -> Result<Self, Refusal> {
        Ok(Self::Float(array(shape, values)?))
    }

    /// Of integers in the order of the shape.
    ///
    /// # Errors
    /// When there are not as many values as the shape says.
    pub fn of_ints(shape: &[usize], values: Vec<i64>) -> Result<Self, Refusal> {
        Ok(Self::Int(array(shape, values)?))
    }

    /// Of truth values in the order of the shape.
    ///
    /// # Errors
    /// When there are not as many values as the shape says.
    pub fn of_bools(shape: &[usize], values: Vec<bool>) -> Result<Self, Refusal> {
        Ok(Self::Bool(array(shape, values)?))
    }

    /// Integers along one axis, such as a shape.
    pub fn list(values: Vec<i64>) -> Self {
        Self::Int(ndarray::Array1::from_vec(values).into_dyn())
    }

    /// Sizes of its axes.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Float(values) => values.shape(),
            Self::Int(values) => values.shape(),
            Self::Bool(values) => values.shape(),
        }
    }

    /// How many values it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }

    /// Whether it has no value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its type in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Float(_) => "floats",
            Self::Int(_) => "integers",
            Self::Bool(_) => "truth values",
        }
    }

    /// The integers in the order of the shape.
    ///
    /// # Errors
    /// When it has values of another type.
    pub fn ints(&self) -> Result<Vec<i64>, Refusal> {
        match self {
            Self::Int(values) => Ok(values.iter().copied().collect()),
            other => Err(format!("a constant must have integers, it has {}", other.kind()).into()),
        }
    }

    /// The floats in the order of the shape.
    ///
    /// # Errors
    /// When it has values of another type.
    pub fn floats(&self) -> Result<Vec<f32>, Refusal> {
        match self {
            Self::Float(values) => Ok(values.iter().copied().collect()),
            other => Err(format!("a constant must have floats, it has {}", other.kind()).into()),
        }
    }

    /// The truth values in the order of the shape.
    ///
    /// # Errors
    /// When it has values of another type.
    pub fn bools(&self) -> Result<Vec<bool>, Refusal> {
        match self {
            Self::Bool(values) => Ok(values.iter().copied().collect()),
            other => Err(format!("a constant must have truth values, it has {}", other.kind()).into()),
        }
    }

    /// The values as floats, whatever their type: integers rounded to the nearest, truth values as 0 and 1.
    pub fn numbers(&self) -> Vec<f32> {
        match self {
            Self::Float(values) => values.iter().copied().collect(),
            Self::Int(values) => values.iter().map(|&value| value as f32).collect(),
            Self::Bool(values) => values.iter().map(|&value| f32::from(u8::from(value))).collect(),
        }
    }

    /// Its one truth value.
    ///
    /// # Errors
    /// When it has none or several, or another type.
    pub fn bool(&self) -> Result<bool, Refusal> {
        one(self, &self.bools()?)
    }

    /// The float that all of its values are, if they are floats and the same one.
    pub fn uniform(&self) -> Option<f32> {
        let Self::Float(values) = self else { return None };
        let first = *values.first()?;
        values.iter().all(|value| *value == first).then_some(first)
    }
}

fn array<T>(shape: &[usize], values: Vec<T>) -> Result<ArrayD<T>, Refusal> {
    let count = values.len();
    ArrayD::from_shape_vec(IxDyn(shape), values)
        .map_err(|_| format!("{count} values do not make a tensor of shape {shape:?}").into())
}

fn one<T: Copy>(constant: &Constant, values: &[T]) -> Result<T, Refusal> {
    match values {
        [value] => Ok(*value),
        _ => Err(format!("a constant must have one value, its shape is {:?}", constant.shape()).into()),
    }
}
