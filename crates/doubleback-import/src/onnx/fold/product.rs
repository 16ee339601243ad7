//! Products of matrices.

use ndarray::{Array2, ArrayD, ArrayView2, ArrayViewD, Axis, Dimension, Ix2, IxDyn};

use super::given::{Fold, Given, Same, array, common, reshaped, stretched};
use super::room::Room;
use crate::onnx::model::Constant;
use crate::onnx::refusal::Refusal;

type Results = Result<Vec<Constant>, Refusal>;

pub(super) const OPS: &[(&str, Fold)] = &[("Gemm", gemm), ("MatMul", matmul)];

/// Products that weigh as much as a value: a product of matrices takes time that its size does not show.
const PRODUCTS_PER_VALUE: usize = 256;

fn work(room: &mut Room, outputs: usize, inner: usize) -> Result<(), Refusal> {
    room.work(outputs.checked_mul(inner / PRODUCTS_PER_VALUE))
}

/// Matrices, stacked; a vector on the left is a row, on the right a column.
fn matmul(given: &Given<'_>, room: &mut Room) -> Results {
    Ok(vec![match given.same(&[0, 1])? {
        Same::Float(x) => Constant::Float(stacked(x[0], x[1], room, |a, b| a.dot(&b))?),
        Same::Int(x) => Constant::Int(stacked(x[0], x[1], room, of_ints)?),
        Same::Bool(_) => return Err("takes numbers, not truth values".into()),
    }])
}

fn of_ints(a: ArrayView2<'_, i64>, b: ArrayView2<'_, i64>) -> Array2<i64> {
    Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
        let products = a.row(i).into_iter().zip(b.column(j)).map(|(a, b)| a.wrapping_mul(*b));
        products.fold(0i64, i64::wrapping_add)
    })
}

fn matrix<T>(x: ArrayViewD<'_, T>) -> Result<ArrayView2<'_, T>, Refusal> {
    let shape = x.shape().to_vec();
    let matrix = x.into_dimensionality::<Ix2>();
    matrix.map_err(|_| Refusal(format!("{shape:?} is no matrix")))
}

/// The matrix at a place of a stack.
fn part<'a, T>(mut stack: ArrayViewD<'a, T>, place: &IxDyn) -> ArrayViewD<'a, T> {
    for &index in place.slice() {
        stack = stack.index_axis_move(Axis(0), index);
    }
    stack
}

fn stacked<T: Copy>(
    a: &ArrayD<T>,
    b: &ArrayD<T>,
    room: &mut Room,
    product: impl Fn(ArrayView2<'_, T>, ArrayView2<'_, T>) -> Array2<T>,
) -> Result<ArrayD<T>, Refusal> {
    let (vector_a, vector_b) = (a.ndim() == 1, b.ndim() == 1);
    let unfit = || Refusal(format!("{:?} cannot be multiplied with {:?}", a.shape(), b.shape()));
    let a = if vector_a {
        reshaped(a, &[1, a.len()])?
    } else {
        a.clone()
    };
    let b = if vector_b {
        reshaped(b, &[b.len(), 1])?
    } else {
        b.clone()
    };
    let (&[ref stack_a @ .., rows, inner], &[ref stack_b @ .., inner_b, columns]) = (a.shape(), b.shape()) else {
        return Err(unfit());
    };
    if inner != inner_b {
        return Err(unfit());
    }
    let stack = common(stack_a, stack_b)?;
    let full = |rows, columns| [stack.as_slice(), &[rows, columns]].concat();
    let count = room.take(&full(rows, columns))?;
    work(room, count, inner)?;
    let (full_a, full_b) = (full(rows, inner), full(inner, columns));
    let (a, b) = (stretched(&a, &full_a)?, stretched(&b, &full_b)?);
    let mut values = Vec::with_capacity(count);
    for place in ndarray::indices(IxDyn(&stack)) {
        let (a, b) = (part(a.view(), &place), part(b.view(), &place));
        values.extend(product(matrix(a.view())?, matrix(b.view())?));
    }
    let mut to = stack;
    to.extend((!vector_a).then_some(rows));
    to.extend((!vector_b).then_some(columns));
    array(&to, values)
}

fn gemm(given: &Given<'_>, room: &mut Room) -> Results {
    let (alpha, beta) = (given.node.float("alpha", 1.0)?, given.node.float("beta", 1.0)?);
    let turned = |index: usize, name: &str| {
        let x = matrix(given.floats(index)?.view())?;
        Ok::<_, Refusal>(if given.node.int(name, 0)? != 0 {
            x.reversed_axes()
        } else {
            x
        })
    };
    let (a, b) = (turned(0, "transA")?, turned(1, "transB")?);
    if a.ncols() != b.nrows() {
        return Err(Refusal(format!(
            "{:?} cannot be multiplied with {:?}",
            a.shape(),
            b.shape()
        )));
    }
    let to = [a.nrows(), b.ncols()];
    let count = room.take(&to)?;
    work(room, count, a.ncols())?;
    let mut product = (a.dot(&b) * alpha).into_dyn();
    if given.optional(2).is_some() {
        product = product + stretched(given.floats(2)?, &to)?.mapv(|c| c * beta);
    }
    Ok(vec![Constant::Float(product)])
}
