use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// Most axes that really move.
const MOST_AXES: usize = 7;

/// Reorders the axes of each image's values, then views them as an image of another size. Its pullback is the inverse.
///
/// ```
/// use doubleback::nn::layers::{Permute, UnaryLayer};
///
/// // Channels first, of images of 4 x 5 pixels and 3 channels: as a vector in the order of other libraries.
/// let first = Permute { from: vec![20, 3], order: vec![1, 0], to: [1, 1, 60] };
/// assert_eq!(UnaryLayer::output(&first, [4, 5, 3]), Ok([1, 1, 60]));
/// // The channels of ShuffleNet's two halves by turns (Zhang et al. 2018).
/// let shuffle = Permute { from: vec![28 * 28, 2, 58], order: vec![0, 2, 1], to: [28, 28, 116] };
/// assert_eq!(UnaryLayer::output(&shuffle, [28, 28, 116]), Ok([28, 28, 116]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permute {
    /// Sizes of the axes as which the values of an image are seen, in the order in which they are stored (row-major).
    pub from: Vec<usize>,
    /// Which of these axes comes at each place.
    pub order: Vec<usize>,
    /// Height, width and channels that the result is viewed as.
    pub to: Size,
}

impl Permute {
    /// The same with as few axes as possible: none of size 1, and those that stay together as one.
    fn merged(&self) -> (Vec<usize>, Vec<usize>) {
        let many = |axis: &usize| self.from[*axis] != 1;
        let kept: Vec<usize> = (0..self.from.len()).filter(many).collect();
        // Runs of axes that follow each other before and after: place of the first, place after the last, values.
        let mut runs: Vec<[usize; 3]> = Vec::new();
        for &axis in self.order.iter().filter(|axis| many(axis)) {
            let place = kept.partition_point(|&before| before < axis);
            match runs.last_mut() {
                Some([_, end, count]) if *end == place => {
                    *end += 1;
                    *count *= self.from[axis];
                }
                _ => runs.push([place, place + 1, self.from[axis]]),
            }
        }
        let mut sorted = runs.clone();
        sorted.sort_unstable();
        let order = runs
            .iter()
            .map(|[place, ..]| sorted.partition_point(|run| run[0] < *place));
        (sorted.iter().map(|run| run[2]).collect(), order.collect())
    }
}

/// The product, if it can be counted.
fn product(sizes: &[usize]) -> Option<usize> {
    sizes.iter().try_fold(1usize, |count, &size| count.checked_mul(size))
}

impl UnaryLayer for Permute {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let values = product(&input);
        let mut order = self.order.clone();
        order.sort_unstable();
        if order.len() != self.from.len() || order.iter().enumerate().any(|(place, &axis)| place != axis) {
            return Err(format!("{:?} is not an order of {} axes", self.order, self.from.len()));
        }
        for sizes in [self.from.as_slice(), &self.to] {
            if values.is_none() || values != product(sizes) {
                return Err(format!("the values of {input:?} do not fill {sizes:?}"));
            }
        }
        match self.merged().0.len() {
            ..=MOST_AXES => Ok(self.to),
            axes => Err(format!("moves {axes} axes, more than {MOST_AXES}")),
        }
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (from, order) = self.merged();
        let (dims, [height, width, channels]) = (x.dims(), self.to);
        let y = permuted(x, &from, &order, [dims[0], height, width, channels]);
        let moved: Vec<usize> = order.iter().map(|&axis| from[axis]).collect();
        let mut back = vec![0; order.len()];
        for (place, &axis) in order.iter().enumerate() {
            back[axis] = place;
        }
        Ok((y, Box::new(move |g| Ok(permuted(g, &moved, &back, dims)))))
    }
}

fn permuted(x: Tensor<4>, from: &[usize], order: &[usize], to: [usize; 4]) -> Tensor<4> {
    match from.len() {
        2 => of_rank::<3>(x, from, order, to),
        3 => of_rank::<4>(x, from, order, to),
        4 => of_rank::<5>(x, from, order, to),
        5 => of_rank::<6>(x, from, order, to),
        6 => of_rank::<7>(x, from, order, to),
        7 => of_rank::<8>(x, from, order, to),
        // One axis does not move.
        _ => x.reshape(to),
    }
}

/// `R` is the number of axes with that of the batch, which stays the first.
fn of_rank<const R: usize>(x: Tensor<4>, from: &[usize], order: &[usize], to: [usize; 4]) -> Tensor<4> {
    let sizes: [usize; R] = std::array::from_fn(|axis| if axis == 0 { to[0] } else { from[axis - 1] });
    let axes: [usize; R] = std::array::from_fn(|place| if place == 0 { 0 } else { order[place - 1] + 1 });
    x.reshape(sizes).permute(axes).reshape(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_stay_together_are_one() {
        let merged = |from: &[usize], order: &[usize]| {
            let layer = Permute {
                from: from.to_vec(),
                order: order.to_vec(),
                to: [1, 1, 1],
            };
            layer.merged()
        };
        assert_eq!(merged(&[4, 5, 3], &[2, 0, 1]), (vec![20, 3], vec![1, 0]));
        assert_eq!(merged(&[4, 5, 3], &[0, 1, 2]), (vec![60], vec![0]));
        assert_eq!(merged(&[1, 4, 1, 3], &[3, 2, 1, 0]), (vec![4, 3], vec![1, 0]));
        assert_eq!(merged(&[1, 1], &[1, 0]), (vec![], vec![]));
        assert_eq!(
            merged(&[2, 3, 4, 5], &[0, 2, 1, 3]),
            (vec![2, 3, 4, 5], vec![0, 2, 1, 3])
        );
    }
}
