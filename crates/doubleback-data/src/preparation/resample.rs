//! Resampling of bytes with antialiasing: a separable filter as wide as an output pixel, columns first, rounded to bytes after each direction, with
//! weights of 22 binary digits. So Pillow does it, and its results are met to the byte.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::unknown_name::UnknownName;

/// How values between pixels are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// A triangle, two pixels wide.
    #[default]
    Bilinear,
    /// Keys' cubic with a = -0.5, four pixels wide.
    Bicubic,
}

impl Interpolation {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Bilinear, Self::Bicubic];

    /// `bilinear` or `bicubic`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
        }
    }

    /// How far from its center the filter reaches, in pixels.
    fn reach(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    /// The filter at a distance from its center.
    fn at(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => -0.5 * (((x - 5.0) * x + 8.0) * x - 4.0),
            Self::Bicubic => 0.0,
        }
    }
}

impl fmt::Display for Interpolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Interpolation {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| UnknownName::new("interpolation", name, Self::ALL.map(Self::name)).to_string())
    }
}

/// Binary digits of a weight after the point: a sum of bytes times weights fits 32.
const DIGITS: u32 = 22;

/// The input pixels that an output pixel is made of: the first, and the weights from there on.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// Those of the output pixels in `kept`, of an axis that goes from `input` to `output` pixels.
fn taps(input: usize, output: usize, kept: &Range<usize>, interpolation: Interpolation) -> Vec<Taps> {
    let step = input as f64 / output as f64;
    let stretch = step.max(1.0);
    let (reach, shrink) = (interpolation.reach() * stretch, 1.0 / stretch);
    let of_pixel = |pixel: usize| {
        let center = (pixel as f64 + 0.5) * step;
        // A float to integer cast truncates, and takes what is below zero for it.
        let first = (center - reach + 0.5) as usize;
        let end = ((center + reach + 0.5) as usize).min(input);
        let at = |tap: usize| interpolation.at((tap as f64 - center + 0.5) * shrink);
        let weights: Vec<f64> = (first..end).map(at).collect();
        let sum: f64 = weights.iter().sum();
        let scaled = |weight: f64| (weight / sum * f64::from(1u32 << DIGITS)).round() as i32;
        Taps {
            first,
            weights: weights.into_iter().map(scaled).collect(),
        }
    };
    kept.clone().map(of_pixel).collect()
}

fn byte(sum: i32) -> u8 {
    (sum >> DIGITS).clamp(0, 255) as u8
}

const HALF: i32 = 1 << (DIGITS - 1);

/// A plane of `from` rows and columns brought to `to`, of which rows and columns in `kept` are made.
pub(crate) fn resample(
    plane: &[u8],
    from: [usize; 2],
    to: [usize; 2],
    kept: &[Range<usize>; 2],
    interpolation: Interpolation,
) -> Vec<u8> {
    let [rows, columns] = [0, 1].map(|axis| taps(from[axis], to[axis], &kept[axis], interpolation));
    let width = columns.len();
    // Of the input rows those that are looked at.
    let first = rows.iter().map(|taps| taps.first).min().unwrap_or_default();
    let end = rows
        .iter()
        .map(|taps| taps.first + taps.weights.len())
        .max()
        .unwrap_or_default();
    let mut narrow = Vec::with_capacity((end - first) * width);
    for row in plane.chunks_exact(from[1].max(1)).take(end).skip(first) {
        narrow.extend(columns.iter().map(|taps| {
            let pixels = row[taps.first..].iter().zip(&taps.weights);
            byte(pixels.fold(HALF, |sum, (&pixel, weight)| sum + i32::from(pixel) * weight))
        }));
    }
    let mut made = Vec::with_capacity(rows.len() * width);
    let mut sums = vec![HALF; width];
    for taps in &rows {
        sums.fill(HALF);
        let of_taps = narrow.chunks_exact(width.max(1)).skip(taps.first - first);
        for (row, weight) in of_taps.zip(&taps.weights) {
            for (sum, &pixel) in sums.iter_mut().zip(row) {
                *sum += i32::from(pixel) * weight;
            }
        }
        made.extend(sums.iter().map(|&sum| byte(sum)));
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_is_the_same_picture() {
        let plane: Vec<u8> = (0..35).map(|place| place * 7).collect();
        for interpolation in Interpolation::ALL {
            let same = resample(&plane, [5, 7], [5, 7], &[0..5, 0..7], interpolation);
            assert_eq!(same, plane);
            let middle = resample(&plane, [5, 7], [5, 7], &[1..3, 2..4], interpolation);
            assert_eq!(middle, [plane[9], plane[10], plane[16], plane[17]]);
        }
    }

    /// Halved, a pixel of the triangle sees four with weights 1/8, 3/8, 3/8, 1/8.
    #[test]
    fn halves_are_known() {
        let row = [0, 80, 160, 240, 8, 16, 24, 32];
        let half = resample(&row, [1, 8], [1, 4], &[0..1, 0..4], Interpolation::Bilinear);
        // At the border the weights that are there are made to sum to 1.
        let expected = [
            f64::from(80 * 3 + 160) / 7.0,
            f64::from(80 + 160 * 3 + 240 * 3 + 8) / 8.0,
        ];
        assert_eq!(half[..2], expected.map(|value| value.round() as u8));
    }
}
