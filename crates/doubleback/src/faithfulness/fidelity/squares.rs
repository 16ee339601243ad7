//! Squares of images that give way to something else, asked about cheaply.

use super::super::answers::Answer;
use super::super::explained::Explained;
use crate::nn::{Change, nearby, to_vec};
use crate::{Error, Result};

/// A place and a size, each rows and columns.
type Window = [[usize; 2]; 2];

/// The squares of an image: from the first row and column on, `stride` apart, the last ones at the end.
pub(super) fn squares(image: [usize; 2], side: usize, stride: usize) -> Result<Vec<Window>> {
    for (name, found) in [("side", side), ("stride", stride)] {
        if found == 0 {
            return Err(Error::value(name, "at least 1 pixel", found));
        }
    }
    let size = image.map(|length| side.min(length));
    let [rows, columns] = [0, 1].map(|axis| {
        let last = image[axis] - size[axis];
        (0..last).step_by(stride).chain([last]).collect::<Vec<_>>()
    });
    let row = |&row: &usize| columns.iter().map(move |&column| [[row, column], size]);
    Ok(rows.iter().flat_map(row).collect())
}

/// Images of which one square after the other gives way to `fills`, image by image.
pub(super) struct Squares<'a, 'b> {
    pub explained: &'a Explained<'b>,
    pub squares: Vec<Window>,
    pub fills: Vec<Vec<f32>>,
}

impl Squares<'_, '_> {
    /// By image and square, what the map says of the change and what the model: `Iᵀa` and `f(x) - f(x - I)`.
    pub fn changes(&self, answer: Answer) -> Result<Vec<Vec<[f64; 2]>>> {
        let (explained, count) = (self.explained, self.squares.len());
        let as_they_are = explained.answers_as_they_are(answer)?;
        let asked = nearby(explained.model(), explained.images())?;
        let rows = explained.len() * count;
        let mut answers = Vec::with_capacity(rows);
        for start in (0..rows).step_by(explained.portion()) {
            let end = rows.min(start + explained.portion());
            let values: Vec<Vec<f32>> = (start..end)
                .map(|row| self.values(&self.fills[row / count], row))
                .collect();
            let changes: Vec<Change<'_>> = (start..end)
                .zip(&values)
                .map(|(row, values)| {
                    let [at, size] = self.squares[row % count];
                    Change {
                        image: row / count,
                        at,
                        size,
                        values,
                    }
                })
                .collect();
            let logits = to_vec(asked.logits(&changes)?)?;
            explained.read(answer, start, &logits, |row| row / count, &mut answers)?;
        }
        let pair = |row: usize| {
            let image = row / count;
            [self.said(row), as_they_are[image] - answers[row]]
        };
        Ok((0..explained.len())
            .map(|image| (image * count..(image + 1) * count).map(pair).collect())
            .collect())
    }

    /// What an image, or what is shaped as it, has in a row's square, channel by channel.
    fn values<T: Copy>(&self, image: &[T], row: usize) -> Vec<T> {
        let shape = self.explained.shape();
        let [[top, left], [height, width]] = self.squares[row % self.squares.len()];
        let rows =
            (0..shape.channels).flat_map(|channel| (top..top + height).map(move |row| channel * shape.height + row));
        rows.flat_map(|row| &image[row * shape.width + left..][..width])
            .copied()
            .collect()
    }

    fn said(&self, row: usize) -> f64 {
        let (explained, image) = (self.explained, row / self.squares.len());
        let maps = explained.maps();
        // The map of one channel counts for each.
        let repeats = explained.shape().channels / maps.shape().channels;
        let from = self.values(explained.pixels(image), row);
        let to = self.values(&self.fills[image], row);
        let map: Vec<f32> = maps.map(image).repeat(repeats);
        let map = self.values(&map, row);
        let terms = map.iter().zip(from.iter().zip(&to));
        terms
            .map(|(&a, (&from, &to))| f64::from(a) * (f64::from(from) - f64::from(to)))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_reach_the_last_row_and_column() {
        let places = |image, side, stride| -> Vec<[usize; 2]> {
            squares(image, side, stride)
                .unwrap()
                .into_iter()
                .map(|[at, _]| at)
                .collect()
        };
        assert_eq!(places([2, 3], 2, 1), [[0, 0], [0, 1]]);
        assert_eq!(places([1, 5], 1, 3), [[0, 0], [0, 3], [0, 4]]);
        assert_eq!(squares([2, 3], 9, 1).unwrap(), [[[0, 0], [2, 3]]]);
        assert!(squares([2, 3], 0, 1).is_err() && squares([2, 3], 1, 0).is_err());
    }
}
