use burn::tensor::Tensor;

use crate::{Error, Result};

/// Matrix product. Its derivatives are matrix products with a transpose, so Burn's own is closed under differentiation as it stands.
///
/// # Shapes
/// `[rows, inner]` times `[inner, columns]`
///
/// # Errors
/// When the inner sizes differ.
pub fn matmul(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    if a.dims()[1] != b.dims()[0] {
        let found = format!("{:?} and {:?}", a.dims(), b.dims());
        return Err(Error::shape(
            "matmul",
            "columns of the left as many as rows of the right",
            found,
        ));
    }
    Ok(a.matmul(b))
}
