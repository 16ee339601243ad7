//! Linear maps along one stored axis of activations (0: height, 1: width, 2: channels), with their transposes.

use std::ops::Range;

use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

use super::layer::Size;

/// Names of the stored axes, in their order.
const NAMES: [&str; 3] = ["height", "width", "channels"];

/// The values along an axis.
///
/// # Errors
/// When there is no such axis.
pub(super) fn along(size: Size, axis: usize) -> Result<usize, String> {
    let none = || format!("there is no axis {axis}: 0 is the height, 1 the width, 2 the channels");
    size.get(axis).copied().ok_or_else(none)
}

/// The name of an axis in messages.
pub(super) fn name(axis: usize) -> &'static str {
    NAMES.get(axis).copied().unwrap_or("axis")
}

/// A range along an axis.
pub(super) fn part(x: Tensor<4>, axis: usize, range: Range<usize>) -> Tensor<4> {
    match x.dims()[axis + 1] == range.len() {
        true => x,
        false => x.slice_dim(axis + 1, range),
    }
}

/// A value before and after what is there, so many times each.
pub(super) fn padded(x: Tensor<4>, axis: usize, [before, after]: [usize; 2], value: f64) -> Tensor<4> {
    let like = (&x.device(), x.dtype());
    let side = |count: usize| {
        let mut dims = x.dims();
        dims[axis + 1] = count;
        (count > 0).then(|| Tensor::full(dims, value, like))
    };
    let parts = [side(before), Some(x.clone()), side(after)];
    match (before, after) {
        (0, 0) => x,
        _ => Tensor::cat(parts.into_iter().flatten().collect(), axis + 1),
    }
}

/// A choice of places along an axis, in any order, any of them any number of times.
#[derive(Clone)]
pub(super) struct Choice {
    axis: usize,
    /// Along the axis of what is chosen from.
    size: usize,
    places: Tensor<1, Int>,
    /// Where each place went, if every one went to exactly one.
    back: Option<Tensor<1, Int>>,
}

impl Choice {
    /// Of these places along an axis of `x`, all of which there are.
    pub fn new(x: &Tensor<4>, axis: usize, places: &[usize]) -> Self {
        let device = x.device().inner();
        let tensor = |places: Vec<i64>| {
            let count = places.len();
            Tensor::from_data(TensorData::new(places, [count]), &device)
        };
        let size = x.dims()[axis + 1];
        let mut back = vec![-1; size];
        for (to, &from) in places.iter().enumerate() {
            if let Some(place) = back.get_mut(from) {
                *place = to as i64;
            }
        }
        let once = places.len() == size && !back.contains(&-1);
        Self {
            axis,
            size,
            places: tensor(places.iter().map(|&place| place as i64).collect()),
            back: once.then(|| tensor(back)),
        }
    }

    /// The values at these places.
    pub fn of(&self, x: Tensor<4>) -> Tensor<4> {
        x.select(self.axis + 1, self.places.clone())
    }

    /// The transpose: each value goes back to its place, where all that come are summed.
    pub fn transpose(&self, g: Tensor<4>) -> Tensor<4> {
        if let Some(back) = &self.back {
            return g.select(self.axis + 1, back.clone());
        }
        let mut dims = g.dims();
        dims[self.axis + 1] = self.size;
        let zeros = Tensor::zeros(dims, (&g.device(), g.dtype()));
        zeros.select_assign(self.axis + 1, self.places.clone(), g, IndexingUpdateOp::Add)
    }
}
