//! Weights rearranged so that a register tile reads them in order.

use rayon::prelude::*;

use super::buffer::{Buffer, Shared, Unwritten};
use super::simd::{Kernel, Simd, dispatch, isa};

/// Rows of a panel that a task packs.
const ROWS: usize = 64;

/// A matrix `[rows, columns]` cut into panels of one or two vectors of columns, each panel row after row, short panels padded with zeros.
pub(crate) struct Panels {
    data: Buffer,
    places: Places,
}

/// Where the panels of a matrix are.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    rows: usize,
    columns: usize,
    lanes: usize,
}

/// A panel's columns, and where it begins.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// First column.
    pub start: usize,
    /// Columns that are not padding.
    pub columns: usize,
    /// Columns with padding: a row of the panel.
    pub width: usize,
    /// Where its first value is.
    pub first: usize,
}

/// One panel of [`Panels`].
pub(crate) struct Panel<'a> {
    /// Its rows of `vectors * lanes` values.
    pub data: &'a [f32],
    /// Values from one row to the next.
    pub stride: usize,
    /// First column.
    pub start: usize,
    /// Columns that are not padding.
    pub columns: usize,
    /// One or two.
    pub vectors: usize,
}

impl Places {
    pub fn new(rows: usize, columns: usize) -> Self {
        let lanes = isa().lanes();
        Self { rows, columns, lanes }
    }

    /// Panels.
    pub fn count(self) -> usize {
        self.columns.div_ceil(2 * self.lanes)
    }

    pub fn at(self, panel: usize) -> Place {
        let start = panel * 2 * self.lanes;
        let columns = (self.columns - start).min(2 * self.lanes);
        Place {
            start,
            columns,
            width: columns.next_multiple_of(self.lanes),
            first: start * self.rows,
        }
    }

    /// Values of all panels.
    pub fn values(self) -> usize {
        self.rows * self.columns.next_multiple_of(self.lanes)
    }
}

impl Panels {
    /// Of values that lie as `places` says, with zeros behind the last column of each row.
    pub fn of(data: Buffer, places: Places) -> Self {
        assert_eq!(data.len(), places.values());
        Self { data, places }
    }

    /// Packs a matrix that lies row after row.
    pub fn of_rows(matrix: &[f32], rows: usize, columns: usize) -> Self {
        assert_eq!(matrix.len(), rows * columns);
        Self::packed(rows, columns, |place, row, part| {
            for (row, to) in (row..).zip(part.chunks_exact_mut(place.width)) {
                to[..place.columns].copy_from_slice(&matrix[row * columns + place.start..][..place.columns]);
            }
        })
    }

    /// Packs a matrix that lies column after column.
    pub fn of_columns(matrix: &[f32], rows: usize, columns: usize) -> Self {
        assert_eq!(matrix.len(), rows * columns);
        Self::packed(rows, columns, |place, row, part| {
            let from = &matrix[place.start * rows..][..place.columns * rows];
            let count = part.len() / place.width;
            // SAFETY: `from` has the panel's columns, of which the rows from `row` on are read, as many as `part` has.
            unsafe {
                dispatch(Turn {
                    from: from.as_ptr().add(row),
                    step: rows,
                    to: part.as_mut_ptr(),
                    to_step: place.width,
                    size: [place.columns, count],
                });
            }
        })
    }

    /// `fill` is given a panel, the first of some of its rows, and these rows, which are zeros.
    fn packed(rows: usize, columns: usize, fill: impl Fn(Place, usize, &mut [f32]) + Sync) -> Self {
        let places = Places::new(rows, columns);
        let mut data = Unwritten::<f32>::new(places.values());
        let (start, blocks) = (Shared(data.as_mut_ptr()), rows.div_ceil(ROWS));
        (0..places.count() * blocks).into_par_iter().for_each(|task| {
            let (place, row) = (places.at(task / blocks), task % blocks * ROWS);
            let values = (rows - row).min(ROWS) * place.width;
            // SAFETY: the rows of a panel follow each other from `first` on, and the next panel begins behind the last of them: these rows are inside the
            // room, and no other task's. Zeros are written before there is a slice.
            let part = unsafe {
                let part = start.get().add(place.first + row * place.width);
                std::ptr::write_bytes(part, 0, values);
                std::slice::from_raw_parts_mut(part, values)
            };
            fill(place, row, part);
        });
        // SAFETY: the tasks are all rows of all panels, and each wrote all of its own.
        let data = unsafe { data.assume_written() };
        Self { data, places }
    }

    pub fn iter(&self) -> impl Iterator<Item = Panel<'_>> {
        (0..self.places.count()).map(|panel| self.at(panel))
    }

    /// A panel of all rows.
    pub fn at(&self, panel: usize) -> Panel<'_> {
        let place = self.places.at(panel);
        Panel {
            data: &self.data[place.first..][..place.width * self.places.rows],
            stride: place.width,
            start: place.start,
            columns: place.columns,
            vectors: place.width / self.places.lanes,
        }
    }
}

/// `to[column][row] = from[row][column]` for `size` rows and columns of `from`, `step` and `to_step` values from row to row: the first must be valid
/// for reads of them, the second for writes.
pub(crate) struct Turn {
    pub from: *const f32,
    pub step: usize,
    pub to: *mut f32,
    pub to_step: usize,
    pub size: [usize; 2],
}

impl Kernel for Turn {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self {
            from,
            step,
            to,
            to_step,
            size: [rows, columns],
        } = self;
        let whole = [rows / S::LANES * S::LANES, columns / S::LANES * S::LANES];
        // SAFETY: whole blocks end at `whole`, at most at the last row and column, and what is left of them is copied value by value: all as the contract says.
        unsafe {
            for row in (0..whole[0]).step_by(S::LANES) {
                for column in (0..whole[1]).step_by(S::LANES) {
                    S::transpose(
                        from.add(row * step + column),
                        step,
                        to.add(column * to_step + row),
                        to_step,
                    );
                }
            }
            for row in 0..rows {
                let done = if row < whole[0] { whole[1] } else { 0 };
                for column in done..columns {
                    *to.add(column * to_step + row) = *from.add(row * step + column);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_hold_the_matrix_however_it_lies() {
        let (rows, columns) = (70, 37);
        let value = |row: usize, column: usize| (row * 100 + column) as f32;
        let by_rows: Vec<f32> = (0..rows * columns).map(|i| value(i / columns, i % columns)).collect();
        let by_columns: Vec<f32> = (0..rows * columns).map(|i| value(i % rows, i / rows)).collect();
        let lanes = isa().lanes();
        for panels in [
            Panels::of_rows(&by_rows, rows, columns),
            Panels::of_columns(&by_columns, rows, columns),
        ] {
            let mut seen = 0;
            for panel in panels.iter() {
                let width = panel.vectors * lanes;
                assert_eq!(panel.data.len(), rows * width);
                for (row, values) in panel.data.chunks_exact(width).enumerate() {
                    let expected = |c: usize| {
                        if c < panel.columns {
                            value(row, panel.start + c)
                        } else {
                            0.0
                        }
                    };
                    assert_eq!(values, (0..width).map(expected).collect::<Vec<_>>());
                }
                seen += panel.columns;
            }
            assert_eq!(seen, columns);
        }
    }
}
