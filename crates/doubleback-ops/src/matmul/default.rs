//! Default bodies of the matrix products.

use burn::backend::Backend;
use burn::backend::tensor::FloatTensor;

/// Matrix product with either matrix transposed first.
pub(crate) fn matmul<B: Backend>(
    a: FloatTensor<B>,
    b: FloatTensor<B>,
    left_transposed: bool,
    right_transposed: bool,
) -> FloatTensor<B> {
    let turned = |t, yes| if yes { B::float_transpose(t) } else { t };
    B::float_matmul(turned(a, left_transposed), turned(b, right_transposed))
}

/// Matrix product with either matrix transposed first, added to `onto`.
pub(crate) fn matmul_add<B: Backend>(
    a: FloatTensor<B>,
    b: FloatTensor<B>,
    left_transposed: bool,
    right_transposed: bool,
    onto: FloatTensor<B>,
) -> FloatTensor<B> {
    B::float_add(matmul::<B>(a, b, left_transposed, right_transposed), onto)
}
