//! How the tiles of all images are shared out.

use crate::options::Conv2dShape;

/// Bytes of transformed tiles that are worked on at once: with the transformed kernel they shall fit the second-level cache.
const CACHE: usize = 1 << 19;

/// Bytes of a transformed kernel up to which reading it again for each run of tiles costs less than the larger runs; measured.
const MANY: usize = 4 << 20;

/// Least and most bytes of transformed tiles that threads share.
const SHARED: usize = 4 << 20;
const MOST: usize = 32 << 20;

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
    /// Whether the transformed kernel is too large for the second-level cache: then a run is as many rows as pay for reading it, and threads share
    /// a run instead of taking one each.
    pub many_weights: bool,
}

impl Rows {
    pub fn new(shape: &Conv2dShape, tile: usize, points: usize) -> Self {
        let [height, width] = shape.output();
        let across = width.div_ceil(tile);
        let bytes = across * points * (shape.channels_in + shape.channels_out) * size_of::<f32>();
        let weights = points * shape.channels_in * shape.channels_out * size_of::<f32>();
        let many_weights = weights > MANY;
        let together = match many_weights {
            true => (weights / 4).clamp(SHARED, MOST),
            false => CACHE,
        };
        Self {
            tile,
            across,
            down: height.div_ceil(tile),
            run: (together / bytes.max(1)).max(1),
            many_weights,
        }
    }

    /// Image and top output pixel of a row.
    pub fn place(&self, row: usize) -> [usize; 2] {
        [row / self.down, row % self.down * self.tile]
    }
}
