//! The search in the L2 ball (algorithm 3 of the paper): mass moves from one window to another.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{Field, sign};

/// Tiles of the first point in each direction.
const TILES: usize = 5;
/// Least side of a window: less has no bump.
const LEAST_SIDE: usize = 3;

impl Field<'_> {
    /// A grid of tiles, each a bump of either sign in each channel, all of length eps, within the room of the values.
    pub(super) fn grid(&self, random: &mut ChaCha8Rng) -> Vec<f32> {
        let [channels, height, width] = self.dims;
        let mut change = vec![0f64; self.image.len()];
        for channel in 0..channels {
            for tile in 0..TILES * TILES {
                let (i, j) = (tile / TILES, tile % TILES);
                let (top, bottom) = (i * height / TILES, (i + 1) * height / TILES);
                let (left, right) = (j * width / TILES, (j + 1) * width / TILES);
                let size = [bottom - top, right - left];
                if size.contains(&0) {
                    continue;
                }
                let sign = sign(random);
                let upright = random.random();
                for (at, value) in bump(size, upright).into_iter().enumerate() {
                    let (row, column) = (top + at / size[1], left + at % size[1]);
                    change[(channel * height + row) * width + column] = sign * value;
                }
            }
        }
        self.of_length(&change)
    }

    /// The point with the mass of two windows, and what is left of eps, in one of them as a new bump.
    pub(super) fn with_bump(&self, point: &[f32], share: f64, random: &mut ChaCha8Rng) -> Vec<f32> {
        let [channels, height, width] = self.dims;
        // Odd, so that a bump has a middle.
        let side = (self.side(share, LEAST_SIDE) / 2 * 2 + 1).min(height.min(width));
        let mut change: Vec<f64> = self.changes(point).collect();
        let mut window = || {
            [
                random.random_range(0..=height - side),
                random.random_range(0..=width - side),
            ]
        };
        let (first, second) = (window(), window());
        let unused = (self.eps.powi(2) - squares(change.iter().copied())).max(0.0);
        let inside = |[top, left]: [usize; 2], row: usize, column: usize| {
            (top..top + side).contains(&row) && (left..left + side).contains(&column)
        };
        let fresh = bump([side, side], random.random());
        let fresh_length = squares(fresh.iter().copied()).sqrt();
        for channel in 0..channels {
            let place = |row: usize, column: usize| (channel * height + row) * width + column;
            let sign = sign(random);
            let (mut own, mut both) = (0.0, 0.0);
            for row in 0..height {
                for column in 0..width {
                    let square = change[place(row, column)].powi(2);
                    let (in_first, in_second) = (inside(first, row, column), inside(second, row, column));
                    own += if in_first { square } else { 0.0 };
                    both += if in_first || in_second { square } else { 0.0 };
                }
            }
            let own = own.sqrt();
            let mixed: Vec<f64> = (0..side * side)
                .map(|at| {
                    let old = change[place(first[0] + at / side, first[1] + at % side)];
                    let old = if own > 0.0 { old / own } else { 0.0 };
                    old + if fresh_length > 0.0 {
                        sign * fresh[at] / fresh_length
                    } else {
                        0.0
                    }
                })
                .collect();
            let mixed_length = squares(mixed.iter().copied()).sqrt();
            let available = (both + unused / channels as f64).sqrt();
            if mixed_length == 0.0 {
                continue;
            }
            for at in 0..side * side {
                change[place(second[0] + at / side, second[1] + at % side)] = 0.0;
            }
            for (at, value) in mixed.into_iter().enumerate() {
                change[place(first[0] + at / side, first[1] + at % side)] = value / mixed_length * available;
            }
        }
        let length = squares(change.iter().copied()).sqrt();
        if length > self.eps {
            change.iter_mut().for_each(|value| *value *= self.eps / length);
        }
        change
            .iter()
            .enumerate()
            .map(|(place, &change)| self.moved(place, change))
            .collect()
    }

    /// The image with a change brought to length eps.
    fn of_length(&self, change: &[f64]) -> Vec<f32> {
        let length = squares(change.iter().copied()).sqrt();
        let scale = if length > 0.0 { self.eps / length } else { 0.0 };
        change
            .iter()
            .enumerate()
            .map(|(place, &change)| self.moved(place, change * scale))
            .collect()
    }

    fn changes(&self, point: &[f32]) -> impl Iterator<Item = f64> {
        point.iter().zip(self.image).map(|(&a, &b)| f64::from(a) - f64::from(b))
    }
}

fn squares(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum()
}

/// A window half of which is a bump, the other half a hollow (the paper's η, eq. 2): side by side, or if `upright` one over the other.
fn bump([height, width]: [usize; 2], upright: bool) -> Vec<f64> {
    if upright {
        let turned = bump([width, height], false);
        return (0..height * width)
            .map(|at| turned[(at % width) * height + at / width])
            .collect();
    }
    let first = width / 2;
    let [left, right] = [first, width - first].map(|width| half(height, width));
    (0..height * width)
        .map(|at| {
            let (row, column) = (at / width, at % width);
            if column < first {
                left[row * first + column]
            } else {
                -right[row * (width - first) + column - first]
            }
        })
        .collect()
}

/// Highest in the middle, row by row: rings around it, of which the outer ones are fewer sums of `1 / (n + 1 - k)²`.
fn half(height: usize, width: usize) -> Vec<f64> {
    let middle = (height / 2).max(width / 2) as i64;
    let from_middle = |at: usize, size: usize| (at as i64 - size as i64 / 2).abs();
    (0..height * width)
        .map(|at| {
            let off = from_middle(at / width.max(1), height).max(from_middle(at % width.max(1), width));
            (0..=middle - off)
                .map(|k| 1.0 / ((middle + 1 - k) as f64).powi(2))
                .sum()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::data::Bounds;

    #[test]
    fn bumps_have_two_sides() {
        // Of a 3x3 window: a column of its own, and two.
        let n1 = [1.0 / 4.0, 1.0 / 4.0 + 1.0];
        let flat = bump([3, 3], false);
        assert_eq!(flat[..3], [n1[0], -n1[0], -n1[0]]);
        assert_eq!(flat[3..6], [n1[1], -n1[0], -n1[1]]);
        let upright = bump([3, 3], true);
        assert_eq!([upright[1], upright[4], upright[7]], [flat[3], flat[4], flat[5]]);
    }

    #[test]
    fn points_stay_in_the_ball_and_reach_the_corner() {
        let image: Vec<f32> = (0..6 * 7).map(|i| (i % 11) as f32 / 10.0).collect();
        let field = Field {
            dims: [1, 6, 7],
            image: &image,
            bounds: Bounds::UNIT,
            eps: 0.75,
        };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut point = field.grid(&mut random);
        let mut touched = vec![false; image.len()];
        for _ in 0..200 {
            let next = field.with_bump(&point, 0.1, &mut random);
            let length = squares(field.changes(&next)).sqrt();
            assert!(length <= 0.75 + 1e-6 && length > 0.2, "{length}");
            assert!(next.iter().all(|value| (0.0..=1.0).contains(value)));
            touched
                .iter_mut()
                .zip(next.iter().zip(&point))
                .for_each(|(touched, (a, b))| *touched |= a != b);
            point = next;
        }
        assert!(touched.iter().all(|&touched| touched));
    }
}
