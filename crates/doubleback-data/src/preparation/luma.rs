//! The brightness of a color.

/// Weights of red, green and blue in luma.
pub(crate) const LUMA: [f64; 3] = [0.2989, 0.5870, 0.1140];

/// Brightness of `[red, green, blue]`.
pub(crate) fn luma(&[red, green, blue]: &[f64; 3]) -> f64 {
    LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
}
