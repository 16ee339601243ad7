use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::{Error, Result};

/// Most axes that the values of an image may be cut into.
const MOST_AXES: usize = 8;

/// The values of an image in another order: read as a tensor of sizes `from`, its axes in the order `order`, and the result as an image of size
/// `to`.
///
/// ```
/// use doubleback::nn::layers::Permute;
///
/// // The channels of ShuffleNet's two halves by turns (Zhang et al. 2018).
/// let shuffle = Permute { from: vec![28, 28, 2, 58], order: vec![0, 1, 3, 2], to: [28, 28, 116] };
/// # let _ = shuffle;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permute {
    /// Sizes whose product is the number of values of an image, at most 8 of them.
    pub from: Vec<usize>,
    /// The axes of `from`, each once, in the order of the result.
    pub order: Vec<usize>,
    /// Height, width and channels of the result.
    pub to: Size,
}

impl UnaryLayer for Permute {
    fn output(&self, [height, width, channels]: Size) -> std::result::Result<Size, String> {
        let axes = self.from.len();
        if axes == 0 || axes > MOST_AXES {
            return Err(format!("permutes {axes} axes: 1 to {MOST_AXES} are possible"));
        }
        let mut sorted = self.order.clone();
        sorted.sort_unstable();
        if sorted != (0..axes).collect::<Vec<_>>() {
            let order = &self.order;
            return Err(format!("{order:?} must have each axis from 0 to {} once", axes - 1));
        }
        let count = |sizes: &[usize]| {
            let product = |count: usize, &size: &usize| count.checked_mul(size);
            sizes.iter().try_fold(1, product)
        };
        let values = height * width * channels;
        for sizes in [self.from.as_slice(), &self.to] {
            if count(sizes) != Some(values) {
                return Err(format!("{values} values do not fill {sizes:?}"));
            }
        }
        Ok(self.to)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [_, height, width, channels] = x.dims();
        let y = permuted(x, &self.from, &self.order, self.to)?;
        // The inverse permutation, which is the transpose.
        let turned: Vec<usize> = self.order.iter().map(|&axis| self.from[axis]).collect();
        let mut back = vec![0; self.order.len()];
        for (place, &axis) in self.order.iter().enumerate() {
            back[axis] = place;
        }
        let pullback = move |g| permuted(g, &turned, &back, [height, width, channels]);
        Ok((y, Box::new(pullback)))
    }
}

fn permuted(x: Tensor<4>, from: &[usize], order: &[usize], to: Size) -> Result<Tensor<4>> {
    match from.len() {
        1 => Ok(turned::<2>(x, from, order, to)),
        2 => Ok(turned::<3>(x, from, order, to)),
        3 => Ok(turned::<4>(x, from, order, to)),
        4 => Ok(turned::<5>(x, from, order, to)),
        5 => Ok(turned::<6>(x, from, order, to)),
        6 => Ok(turned::<7>(x, from, order, to)),
        7 => Ok(turned::<8>(x, from, order, to)),
        MOST_AXES => Ok(turned::<9>(x, from, order, to)),
        axes => Err(Error::shape("axes of a permutation", "1 to 8", axes)),
    }
}

/// `D` is one more than there are axes in `from`: the images of the batch.
fn turned<const D: usize>(x: Tensor<4>, from: &[usize], order: &[usize], to: Size) -> Tensor<4> {
    let n = x.dims()[0];
    let mut sizes = [n; D];
    sizes[1..].copy_from_slice(from);
    let mut axes = [0; D];
    for (place, &axis) in order.iter().enumerate() {
        axes[place + 1] = axis as isize + 1;
    }
    let [height, width, channels] = to;
    x.reshape(sizes).permute(axes).reshape([n, height, width, channels])
}
