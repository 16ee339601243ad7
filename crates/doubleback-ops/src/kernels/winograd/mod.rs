//! Winograd's fast convolution (Lavin & Gray 2016) for 3x3 and 5x5 kernels at stride 1: a tile of output pixels at a time, from a product
//! for each of 36 or 64 points instead of one for each pixel and tap.
//!
//! A tile `d` of the image and the kernel `g` are evaluated as polynomials at a few points, multiplied point by point (a matrix product
//! over the channels for each point), and the product is interpolated: `y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A`. The same points, with kernel and
//! output changing places, give the weight gradient. The input gradient is a convolution.

mod forward;
mod points;
mod transform;
mod weight_grad;

use crate::Conv2dShape;

pub(crate) use forward::{conv2d_winograd, conv2d_winograd_gradient};
pub(crate) use weight_grad::conv2d_weight_grad_winograd;

/// Bytes of transformed tiles that are worked on at once: with the transformed kernel they shall fit the second-level cache.
const CACHE: usize = 1 << 19;

/// Whether to be used for a convolution.
///
/// 5x5 kernels take 2x2 pixels a tile here. 4x4 would be a quarter faster, but everything that follows inherits the rounding: gradients of
/// second order are then up to 2.2e-5 from those in f64, and with 2x2 here and 4x4 for gradients 1.7e-5 at most.
pub(crate) fn pays_forward(shape: &Conv2dShape) -> bool {
    pays(shape, if shape.kernel[0] == 5 { 2 } else { 4 })
}

/// Whether to be used for the gradient of an input or of a weight.
pub(crate) fn pays_gradient(shape: &Conv2dShape) -> bool {
    pays(shape, 4)
}

fn pays(shape: &Conv2dShape, tile: usize) -> bool {
    let [height, width] = shape.kernel;
    if height != width || !matches!(height, 3 | 5) || shape.stride != [1, 1] || shape.dilation != [1, 1] || disabled() {
        return false;
    }
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

/// Rows of tiles of all images, numbered through, in runs that fit the cache.
struct Rows {
    /// Output pixels of a tile along each axis.
    tile: usize,
    /// Tiles in a row.
    across: usize,
    /// Rows in an image.
    down: usize,
    /// Rows in a run.
    run: usize,
}

impl Rows {
    fn new(shape: &Conv2dShape, tile: usize, points: usize) -> Self {
        let [height, width] = shape.output();
        let across = width.div_ceil(tile);
        let bytes = across * points * (shape.channels_in + shape.channels_out) * size_of::<f32>();
        Self {
            tile,
            across,
            down: height.div_ceil(tile),
            run: (CACHE / bytes.max(1)).max(1),
        }
    }

    /// Image and top output pixel of a row.
    fn place(&self, row: usize) -> [usize; 2] {
        [row / self.down, row % self.down * self.tile]
    }
}
