//! The public functions, which check.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::MatmulOps;
use crate::error::{Error, Result, expect_one_type};
use crate::options::{ADDRESSABLE, addressable};

/// Matrix product `a · b`.
///
/// # Shapes
/// `[rows, inner]` times `[inner, columns]`
///
/// # Errors
/// When the inner sizes or the float types differ, or the result has more values than memory has addresses.
pub fn matmul(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    product(a, b, "matmul", false, false)
}

/// Matrix product `a · bᵀ`, the vjp of `a' · b` at the cotangent `a`.
///
/// # Shapes
/// `[rows, inner]` times `[columns, inner]`
///
/// # Errors
/// As [`matmul`].
pub fn matmul_transposed(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    product(a, b, "matmul_transposed", false, true)
}

fn product(
    a: Tensor<2>,
    b: Tensor<2>,
    name: &'static str,
    left_transposed: bool,
    right_transposed: bool,
) -> Result<Tensor<2>> {
    expect_one_type(name, &[("left matrix", a.dtype()), ("right matrix", b.dtype())])?;
    let inner = |dims: [usize; 2], first: bool| if first { dims[0] } else { dims[1] };
    if inner(a.dims(), left_transposed) != inner(b.dims(), !right_transposed) {
        let found = format!("{:?} and {:?}", a.dims(), b.dims());
        return Err(Error::shape(name, "the same inner size in both matrices", found));
    }
    let outer = |dims: [usize; 2], first: bool| if first { dims[1] } else { dims[0] };
    let result = [outer(a.dims(), left_transposed), outer(b.dims(), !right_transposed)];
    if !addressable(&result) {
        return Err(Error::shape(name, ADDRESSABLE, format!("a result of {result:?}")));
    }
    Ok(Tensor::from_dispatch(Dispatch::matmul(
        a.into_dispatch(),
        b.into_dispatch(),
        left_transposed,
        right_transposed,
    )))
}
