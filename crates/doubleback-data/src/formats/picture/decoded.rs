//! What decoders give, and the limits that they hold to.

use image::DynamicImage;
use image::metadata::Orientation;

/// Most rows or columns of an image file.
pub const MAX_SIDE: u32 = 1 << 14;
/// Most bytes that decoding an image may take: enough for 64 million pixels in color.
pub const MAX_DECODED: u64 = 1 << 28;

/// Why a file that was cut off is no picture.
pub(super) const TOO_SHORT: &str = "the file ends before its picture does";

/// What a file holds.
pub(super) struct Decoded {
    pub image: DynamicImage,
    /// How it is to be turned.
    pub orientation: Orientation,
    /// Whether there are further pictures of an animation.
    pub animated: bool,
}

/// Refuses a picture whose pixels take more than [`MAX_DECODED`] bytes.
pub(super) fn check_memory(height: usize, width: usize, bytes_a_pixel: usize) -> Result<(), String> {
    let bytes = height.saturating_mul(width).saturating_mul(bytes_a_pixel);
    if bytes as u64 > MAX_DECODED {
        return Err(format!("its {height}x{width} pixels take too much memory"));
    }
    Ok(())
}
