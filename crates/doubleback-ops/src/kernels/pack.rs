//! Weights rearranged so that a register tile reads them in order.

use super::simd::isa;

/// A matrix `[rows, columns]` cut into panels of one or two vectors of columns, each panel row after row, short panels padded with zeros.
pub(crate) struct Panels {
    data: Vec<f32>,
    rows: usize,
    columns: usize,
    lanes: usize,
}

/// One panel of [`Panels`].
pub(crate) struct Panel<'a> {
    /// `rows` times `vectors * lanes` values.
    pub data: &'a [f32],
    /// First column.
    pub start: usize,
    /// Columns that are not padding.
    pub columns: usize,
    /// One or two.
    pub vectors: usize,
}

impl Panels {
    /// Packs the matrix whose entry (row, column) is `value(row, column)`.
    pub fn new(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let lanes = isa().lanes();
        let mut data = Vec::with_capacity(rows * columns.next_multiple_of(lanes));
        for start in (0..columns).step_by(2 * lanes) {
            let width = (columns - start).min(2 * lanes);
            let padded = width.next_multiple_of(lanes);
            for row in 0..rows {
                data.extend((0..padded).map(|i| if i < width { value(row, start + i) } else { 0.0 }));
            }
        }
        Self {
            data,
            rows,
            columns,
            lanes,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Panel<'_>> {
        let wide = 2 * self.lanes;
        (0..self.columns).step_by(wide).map(move |start| {
            let columns = (self.columns - start).min(wide);
            let vectors = columns.div_ceil(self.lanes);
            let first = start * self.rows;
            Panel {
                data: &self.data[first..first + vectors * self.lanes * self.rows],
                start,
                columns,
                vectors,
            }
        })
    }
}
