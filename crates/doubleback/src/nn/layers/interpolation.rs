//! Interpolation along one axis, as the standard of ONNX defines it (operator Resize, versions 10 to 19).

use serde::{Deserialize, Serialize};

/// How [`Resize`](super::Resize) finds values between pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Interpolation {
    /// The nearest pixel.
    Nearest(Rounding),
    /// On the line between the two pixels around.
    Linear,
    /// On a cubic between the four pixels around (Keys 1981).
    Cubic {
        /// The coefficient of the kernel, between -1 and 0: -0.75 in PyTorch, -0.5 in TensorFlow.
        a: f64,
    },
}

/// Which pixel is the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// The nearer one; of two equally near ones the first.
    PreferFloor,
    /// The nearer one; of two equally near ones the second.
    PreferCeil,
    /// The one before.
    Floor,
    /// The one after.
    Ceil,
}

/// Which place `x` of the input a pixel `p` of the output is. `s` is output pixels per input pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coordinates {
    /// `(p + ½) / s - ½`.
    HalfPixel,
    /// The same around the middle of the image, where `s` does not give a whole number of pixels.
    HalfPixelSymmetric,
    /// As `half-pixel`, but 0 if there is only one pixel of output.
    PytorchHalfPixel,
    /// The first pixels are the same place, and so are the last.
    AlignCorners,
    /// `p / s`.
    Asymmetric,
    /// `(p + ½) / s`.
    HalfPixelForNearest,
}

/// Interpolation along an axis.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// Pixels of the input.
    pub from: usize,
    /// Pixels of the output.
    pub to: usize,
    /// Output pixels per input pixel, where that is not `to / from`.
    pub scale: Option<f64>,
    pub mode: Interpolation,
    pub coordinates: Coordinates,
    pub antialias: bool,
    pub exclude_outside: bool,
}

impl Line {
    /// Whether such a line can be computed.
    pub fn check(&self) -> Result<(), String> {
        let (from, to) = (self.from as f64, self.to as f64);
        if self.to == 0 || self.from == 0 {
            return Err(format!("{} pixels cannot become {}", self.from, self.to));
        }
        // What any rounding of `from * scale` gives; also a bound for how many pixels an antialiased one looks at.
        let whole = |scale: f64| (from * scale - to).abs() <= 1.0 && from * scale >= 0.5;
        if let Some(scale) = self.scale.filter(|&scale| !whole(scale)) {
            return Err(format!("a scale of {scale} does not make {to} pixels of {from}"));
        }
        match self.mode {
            Interpolation::Cubic { a } if !(-1.0..=0.0).contains(&a) => {
                Err(format!("cubic coefficient {a} is not in [-1, 0]"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.from == self.to
            && self.scale.is_none_or(|scale| scale == 1.0)
            && self.coordinates != Coordinates::HalfPixelForNearest
    }

    /// Whether every output is one of the inputs.
    pub fn is_choice(&self) -> bool {
        matches!(self.mode, Interpolation::Nearest(_))
    }

    /// The place of the input that a pixel of the output is.
    fn place(&self, pixel: usize) -> f64 {
        let (from, to, p) = (self.from as f64, self.to as f64, pixel as f64);
        // Of a quotient of sizes one rounding only: a whole result is exact.
        let unscaled = |p: f64| match self.scale {
            Some(scale) => p / scale,
            None => p * from / to,
        };
        match self.coordinates {
            Coordinates::HalfPixel => unscaled(p + 0.5) - 0.5,
            Coordinates::PytorchHalfPixel if self.to == 1 => 0.0,
            Coordinates::PytorchHalfPixel => unscaled(p + 0.5) - 0.5,
            Coordinates::HalfPixelSymmetric => {
                let adjustment = self.scale.map_or(1.0, |scale| to / (from * scale));
                from / 2.0 * (1.0 - adjustment) + unscaled(p + 0.5) - 0.5
            }
            Coordinates::AlignCorners if self.to == 1 => 0.0,
            Coordinates::AlignCorners => p * (from - 1.0) / (to - 1.0),
            Coordinates::Asymmetric => unscaled(p),
            Coordinates::HalfPixelForNearest => unscaled(p + 0.5),
        }
    }

    /// Which pixel of the input each of the output is, where every output is one of the inputs.
    pub fn places(&self) -> Vec<usize> {
        let last = (self.from - 1) as f64;
        let nearest = |pixel| {
            let place = self.place(pixel);
            let rounded = match self.mode {
                Interpolation::Nearest(Rounding::Floor) => place.floor(),
                Interpolation::Nearest(Rounding::Ceil) => place.ceil(),
                Interpolation::Nearest(Rounding::PreferCeil) => (place + 0.5).floor(),
                _ => (place - 0.5).ceil(),
            };
            rounded.clamp(0.0, last) as usize
        };
        (0..self.to).map(nearest).collect()
    }

    /// The coefficients of every input for every output, `[to, from]`.
    pub fn weights(&self) -> Vec<f64> {
        let mut weights = vec![0.0; self.to * self.from];
        for (pixel, row) in weights.chunks_exact_mut(self.from).enumerate() {
            self.fill(pixel, row);
        }
        weights
    }

    /// The coefficients of one output.
    fn fill(&self, pixel: usize, row: &mut [f64]) {
        let place = self.place(pixel);
        // An antialiased kernel is as much wider as the image becomes smaller.
        let scale = self.scale.unwrap_or(self.to as f64 / self.from as f64);
        let narrow = if self.antialias { scale.min(1.0) } else { 1.0 };
        let reach = match self.mode {
            Interpolation::Cubic { .. } => 2.0,
            _ => 1.0,
        } / narrow;
        let last = self.from as i64 - 1;
        let (first, end) = ((place - reach).ceil() as i64, (place + reach).floor() as i64);
        let mut sum = 0.0;
        for source in first..=end {
            let weight = self.kernel((source as f64 - place) * narrow);
            let outside = source < 0 || source > last;
            if outside && self.exclude_outside {
                continue;
            }
            row[source.clamp(0, last) as usize] += weight;
            sum += weight;
        }
        // The weights of a kernel at its own places have the sum 1 already.
        if narrow < 1.0 || self.exclude_outside {
            row.iter_mut().for_each(|weight| *weight /= sum);
        }
    }

    /// The weight of a pixel at this distance.
    fn kernel(&self, distance: f64) -> f64 {
        let x = distance.abs();
        match self.mode {
            Interpolation::Cubic { a } if x < 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
            Interpolation::Cubic { a } if x < 2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
            Interpolation::Cubic { .. } => 0.0,
            _ => (1.0 - x).max(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(from: usize, to: usize, mode: Interpolation, coordinates: Coordinates) -> Line {
        Line {
            from,
            to,
            scale: None,
            mode,
            coordinates,
            antialias: false,
            exclude_outside: false,
        }
    }

    #[test]
    fn weights_have_the_sum_one() {
        for mode in [Interpolation::Linear, Interpolation::Cubic { a: -0.75 }] {
            for antialias in [false, true] {
                for exclude_outside in [false, true] {
                    let line = Line {
                        antialias,
                        exclude_outside,
                        ..line(7, 3, mode, Coordinates::HalfPixel)
                    };
                    for row in line.weights().chunks(7) {
                        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn nearest_pixels_by_hand() {
        let places =
            |rounding, coordinates, from, to| line(from, to, Interpolation::Nearest(rounding), coordinates).places();
        assert_eq!(
            places(Rounding::Floor, Coordinates::Asymmetric, 3, 6),
            [0, 0, 1, 1, 2, 2]
        );
        assert_eq!(places(Rounding::PreferFloor, Coordinates::HalfPixel, 4, 2), [0, 2]);
        assert_eq!(places(Rounding::PreferCeil, Coordinates::HalfPixel, 4, 2), [1, 3]);
        assert_eq!(places(Rounding::Ceil, Coordinates::Asymmetric, 2, 3), [0, 1, 1]);
        assert_eq!(
            places(Rounding::Floor, Coordinates::AlignCorners, 3, 5),
            [0, 0, 1, 1, 2]
        );
    }
}
