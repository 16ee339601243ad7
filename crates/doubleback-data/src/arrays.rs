//! Arrays of numbers by name, out of `.npz` files that are no data set.

use crate::error::{NpyProblem, NpzProblem};
use crate::formats::npz::Npz;

/// Numbers in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its name in the file.
    pub name: String,
    /// Sizes of its axes.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Vec<f32>,
}

/// Of each list of names the first array that the file of these bytes has, read with the limits of data sets.
///
/// # Errors
/// When it is no `.npz` file, has none of the names of a list, or not fractions under one.
pub fn of_npz(bytes: Vec<u8>, wanted: &[&[&str]]) -> Result<Vec<Array>, NpzProblem> {
    let mut npz = Npz::open(bytes)?;
    wanted.iter().map(|names| first(&mut npz, names)).collect()
}

fn first(npz: &mut Npz, names: &[&str]) -> Result<Array, NpzProblem> {
    let found = names.iter().find(|name| npz.names().any(|known| known == **name));
    let name = found.ok_or_else(|| NpzProblem::Missing {
        array: names.join("` or `"),
        advice: "Save it with the others",
    })?;
    npz.read(name, |npy| {
        let (shape, by_column) = (npy.header.shape.clone(), npy.header.by_column);
        let values = npy.floats()?;
        let values = if by_column { by_row(&values, &shape) } else { values };
        Ok::<_, NpyProblem>(Array {
            name: (*name).to_owned(),
            shape,
            values,
        })
    })
}

/// Values whose first index varies fastest, with the last one doing so.
fn by_row(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let mut at = vec![0; shape.len()];
    let next = |_| {
        let place = shape
            .iter()
            .zip(&at)
            .rev()
            .fold(0, |place, (size, index)| place * size + index);
        for (index, size) in at.iter_mut().zip(shape).rev() {
            *index += 1;
            if *index < *size {
                break;
            }
            *index = 0;
        }
        values[place]
    };
    (0..values.len()).map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows() {
        assert_eq!(
            by_row(&[0.0, 3.0, 1.0, 4.0, 2.0, 5.0], &[2, 3]),
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        );
        assert_eq!(by_row(&[], &[0, 3]), [0.0; 0]);
    }
}
