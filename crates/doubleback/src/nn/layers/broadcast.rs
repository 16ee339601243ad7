//! Sizes of activations that are repeated along axes where they are 1, as NumPy has it.

use burn::tensor::Tensor;

use super::layer::Size;

/// The size of a function of two values of these sizes.
pub(super) fn broadcast(a: Size, b: Size) -> Result<Size, String> {
    let mut size = a;
    for axis in 0..3 {
        size[axis] = match (a[axis], b[axis]) {
            (a, b) if a == b => a,
            (1, b) => b,
            (a, 1) => a,
            _ => return Err(format!("cannot be of {a:?} and {b:?} values: sizes must be equal or 1")),
        };
    }
    Ok(size)
}

/// Values of one image in all.
pub(super) fn count(size: Size) -> usize {
    size.iter().fold(1, |count, &size| count.saturating_mul(size))
}

/// The transpose of repeating: sums over the axes along which values of this size were repeated. Not over the batch.
pub(super) fn summed(mut g: Tensor<4>, size: Size) -> Tensor<4> {
    for axis in (0..3).rev() {
        if size[axis] == 1 && g.dims()[axis + 1] != 1 {
            g = g.sum_dim(axis + 1);
        }
    }
    g
}

/// Height, width and channels.
pub(super) fn size_of(x: &Tensor<4>) -> Size {
    let [_, height, width, channels] = x.dims();
    [height, width, channels]
}

/// All of them in the size of them together, which [`broadcast`] accepts.
pub(super) fn repeated<const N: usize>(values: [Tensor<4>; N]) -> [Tensor<4>; N] {
    let mut dims = [1; 4];
    for value in &values {
        for (size, own) in dims.iter_mut().zip(value.dims()) {
            *size = if own == 1 { *size } else { own };
        }
    }
    values.map(|value| match value.dims() == dims {
        true => value,
        false => value.expand(dims),
    })
}
