//! Where the fast algorithm is faster, and how large its tiles may be.

use std::any::Any;
use std::sync::Arc;

use crate::kernels::conv::rounding::convolutions_are_direct;
use crate::kernels::memo::{Key, remembered};
use crate::options::Conv2dShape;

/// What a convolution is computed for: larger tiles are faster and round more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernels::conv) enum Purpose {
    /// Values that gradients are not taken through twice.
    Values,
    /// Values on a tape. All that follows inherits their rounding: with tiles of 4x4 pixels gradients of second order of resnet18 are three
    /// times as far from those in f64, and as often a ReLU turns.
    Tape,
    /// A gradient on a tape, which is differentiated in its turn.
    TapeGradient,
    /// A gradient that is the end.
    Gradient,
}

impl Purpose {
    /// Output pixels of a tile along each axis, for kernels of this size. With 5x5 kernels a tile of 4x4 is a quarter faster than one of 2x2
    /// and rounds more than with 3x3.
    pub(super) fn tile(self, kernel: usize) -> usize {
        match (self, kernel) {
            (Self::Gradient, _) | (Self::TapeGradient, 5) | (Self::Values, 3) => 4,
            _ => 2,
        }
    }

    /// Terms that other algorithms sum up at a time; all of them where speed counts more.
    pub(in crate::kernels::conv) fn terms(self) -> usize {
        match self.taped() {
            true => 64,
            false => usize::MAX / 2,
        }
    }

    /// A form of the weights with so many values, kept where the same weights may come again: training changes those on a tape.
    pub(in crate::kernels::conv) fn prepared<T: Any + Send + Sync>(
        self,
        key: Key,
        w: &[f32],
        values: usize,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        match self.taped() {
            true => Arc::new(make()),
            false => remembered(key, w, values * size_of::<f32>(), make),
        }
    }

    fn taped(self) -> bool {
        matches!(self, Self::Tape | Self::TapeGradient)
    }
}

/// Whether to be used.
pub(in crate::kernels::conv) fn pays(shape: &Conv2dShape, purpose: Purpose) -> bool {
    let [height, width] = shape.kernel;
    if height != width || !matches!(height, 3 | 5) || shape.stride != [1, 1] || shape.dilation != [1, 1] {
        return false;
    }
    if disabled() || (convolutions_are_direct() && purpose != Purpose::Gradient) {
        return false;
    }
    let tile = purpose.tile(height);
    let [rows, columns] = shape.output();
    let points = (height + tile - 1).pow(2);
    let (ci, co) = (shape.channels_in, shape.channels_out);
    // A value of a transformed tile costs as much as some 20 products; measured.
    let fast = rows.div_ceil(tile) * columns.div_ceil(tile) * points * (ci * co + 20 * (ci + co));
    let direct = rows * columns * height * width * ci * co;
    fast < direct
}

/// `DOUBLEBACK_WINOGRAD=0` turns it off, for comparisons.
fn disabled() -> bool {
    static OFF: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *OFF.get_or_init(|| std::env::var("DOUBLEBACK_WINOGRAD").is_ok_and(|value| value == "0"))
}
