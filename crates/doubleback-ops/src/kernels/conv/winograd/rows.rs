//! How the tiles of all images are shared out.

use crate::options::Conv2dShape;

/// Bytes of transformed tiles that are worked on at once: with the transformed kernel they shall fit the second-level cache.
const CACHE: usize = 1 << 19;

/// Rows of tiles of all images, numbered through, in runs that fit the cache.
pub(super) struct Rows {
    /// Output pixels of a tile along each axis.
    pub tile: usize,
    /// Tiles in a row.
    pub across: usize,
    /// Rows in an image.
    pub down: usize,
    /// Rows in a run.
    pub run: usize,
}

impl Rows {
    pub fn new(shape: &Conv2dShape, tile: usize, points: usize) -> Self {
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
    pub fn place(&self, row: usize) -> [usize; 2] {
        [row / self.down, row % self.down * self.tile]
    }
}
