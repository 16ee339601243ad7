//! Where the fast algorithm is faster.

use crate::options::Conv2dShape;

/// Whether to be used for a convolution.
///
/// 5x5 kernels take 2x2 pixels a tile here. 4x4 would be a quarter faster, but everything that follows inherits the rounding: gradients of
/// second order are then up to 2.2e-5 from those in f64, and with 2x2 here and 4x4 for gradients 1.7e-5 at most.
pub(in crate::kernels::conv) fn pays_forward(shape: &Conv2dShape) -> bool {
    pays(shape, if shape.kernel[0] == 5 { 2 } else { 4 })
}

/// Whether to be used for the gradient of an input or of a weight.
pub(in crate::kernels::conv) fn pays_gradient(shape: &Conv2dShape) -> bool {
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
