use burn::tensor::Tensor;

use super::layer::UnaryPullback;

/// The product along some axes of a tensor, not the first, and its pullback: made of multiplications only, so that zeros among the factors
/// are right at every order.
pub(super) fn product(x: Tensor<4>, axes: &[usize]) -> (Tensor<4>, UnaryPullback) {
    let dims = x.dims();
    // The factors of one product side by side.
    let kept = (0..4).filter(|axis| !axes.contains(axis));
    let order: Vec<usize> = kept.chain(axes.iter().copied()).collect();
    let order: [usize; 4] = std::array::from_fn(|place| order[place]);
    let factors: usize = axes.iter().map(|&axis| dims[axis]).product();
    let turned = order.map(|axis| dims[axis]);
    let mut back = [0; 4];
    for (place, &axis) in order.iter().enumerate() {
        back[axis] = place;
    }
    let mut output = dims;
    for &axis in axes {
        output[axis] = 1;
    }

    let rows = dims.iter().product::<usize>() / factors.max(1);
    let mut y = x.permute(order).reshape([rows, factors]);
    let mut halves = Vec::new();
    while y.dims()[1] > 1 {
        let width = y.dims()[1];
        let half = width / 2;
        let left = y.clone().slice_dim(1, 0..half);
        let right = y.clone().slice_dim(1, half..2 * half);
        let both = left.clone() * right.clone();
        halves.push((left, right));
        y = match width % 2 {
            0 => both,
            _ => Tensor::cat(vec![both, y.slice_dim(1, width - 1..width)], 1),
        };
    }
    let pullback = move |g: Tensor<4>| {
        let mut g = g.reshape([rows, 1]);
        for (left, right) in halves.iter().rev() {
            let (half, width) = (left.dims()[1], g.dims()[1]);
            let of_both = g.clone().slice_dim(1, 0..half);
            let mut parts = vec![of_both.clone() * right.clone(), of_both * left.clone()];
            if width > half {
                parts.push(g.slice_dim(1, half..width));
            }
            g = Tensor::cat(parts, 1);
        }
        Ok(g.reshape(turned).permute(back))
    };
    // The axes that are kept are in their order, so that no value moves.
    (y.reshape(output), Box::new(pullback))
}
