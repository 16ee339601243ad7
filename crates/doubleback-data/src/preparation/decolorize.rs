//! Decolorize: contrast enhancing conversion from color to gray (Grundland & Dodgson, *Pattern Recognition* 40(11), 2007).
//!
//! Pixels are compared with random neighbours; where luma loses contrast, the predominant direction of color change tells which colors to
//! make lighter and which darker. Choices that the paper leaves open: the pairing is drawn once for a size of images, from a fixed seed, so
//! that an image's gray depends on the image alone; pairs that would lie outside are reflected at the border; quantiles are interpolated
//! linearly; and luma has the weights of [`Grayscale::Luma`](crate::Grayscale::Luma).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::preparation::luma::{LUMA, luma};

/// λ: how much is enhanced, from 0 (luma) to 1.
const ENHANCEMENT: f64 = 0.5;
/// η: share of the pixels at each end that count as outliers.
const OUTLIERS: f64 = 0.001;
/// Greatest saturation, that of red and green.
const MAX_SATURATION: f64 = 1.118_033_988_749_895;
const SEED: u64 = 2007;
/// Below this, colors do not differ.
const TINY: f64 = 1e-12;

/// The conversion of images of one size.
pub(crate) struct Decolorize {
    /// Index of each pixel's partner.
    partner: Vec<usize>,
}

/// Luma and the two chromatic channels, yellow against blue and red against green.
fn luma_chroma(pixel: &[f64; 3]) -> [f64; 3] {
    let [red, green, blue] = *pixel;
    [luma(pixel), (red + green) / 2.0 - blue, red - green]
}

impl Decolorize {
    /// Draws each pixel's partner: Gaussian pairing, at a mean distance of σ = √(2 min(height, width)) pixels.
    pub fn new(height: usize, width: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let sigma = (2.0 * height.min(width) as f64).sqrt();
        // The distance of normal displacements of this deviation along both axes has the mean σ.
        let deviation = sigma * std::f64::consts::FRAC_2_PI.sqrt();
        let partner = (0..height * width)
            .map(|index| {
                // Box & Muller: one pair of uniform numbers gives both displacements.
                let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
                let length = deviation * (-2.0 * u.ln()).sqrt();
                let (sine, cosine) = (v * std::f64::consts::TAU).sin_cos();
                let row = reflect(index / width, length * sine, height);
                row * width + reflect(index % width, length * cosine, width)
            })
            .collect();
        Self { partner }
    }

    /// Gray in [0, 1] of pixels in [0, 1].
    pub fn convert(&self, pixels: &[[f64; 3]]) -> Vec<f64> {
        let image: Vec<[f64; 3]> = pixels.iter().map(luma_chroma).collect();
        let axis = self.predominant_axis(pixels, &image);
        // The chromatic content along the axis, outliers apart within -1 to 1.
        let projected: Vec<f64> = image.iter().map(|[_, p, q]| axis[0] * p + axis[1] * q).collect();
        let sizes: Vec<f64> = projected.iter().map(|value| value.abs()).collect();
        let [scale] = quantiles(sizes, [1.0 - OUTLIERS]);
        let scale = if scale > TINY { scale.recip() } else { 0.0 };
        let enhanced: Vec<f64> = image
            .iter()
            .zip(&projected)
            .map(|([y, ..], projected)| y + ENHANCEMENT * projected * scale)
            .collect();
        // The range becomes that of luma, extended towards black and white.
        let ends = [OUTLIERS, 1.0 - OUTLIERS];
        let [low, high] = quantiles(enhanced.clone(), ends);
        let [dark, light] = quantiles(image.iter().map(|[y, ..]| *y).collect(), ends);
        let (dark, light) = ((1.0 - ENHANCEMENT) * dark, ENHANCEMENT + (1.0 - ENHANCEMENT) * light);
        let stretch = if high - low > TINY {
            (light - dark) / (high - low)
        } else {
            0.0
        };
        image
            .iter()
            .zip(&enhanced)
            .map(|([y, p, q], value)| {
                // Gray pixels stay what they are; others move no more than their saturation allows.
                let room = ENHANCEMENT * p.hypot(*q) / MAX_SATURATION;
                (dark + (value - low) * stretch)
                    .clamp(y - room, y + room)
                    .clamp(0.0, 1.0)
            })
            .collect()
    }

    /// Sum of the chromatic differences of all pairs, each by the share of its contrast that luma loses, and in the direction in which luma
    /// increases.
    fn predominant_axis(&self, pixels: &[[f64; 3]], image: &[[f64; 3]]) -> [f64; 2] {
        // Most luma that a color difference of length 1 can make.
        let most = LUMA.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        let mut axis = [0.0; 2];
        for (index, &partner) in self.partner.iter().enumerate() {
            let (a, b) = (&pixels[index], &pixels[partner]);
            let difference = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
            let change = image[index][0] - image[partner][0];
            if difference < TINY || change == 0.0 {
                continue;
            }
            let lost = 1.0 - change.abs() / (most * difference);
            for (sum, channel) in axis.iter_mut().zip([1, 2]) {
                *sum += change.signum() * lost * (image[index][channel] - image[partner][channel]);
            }
        }
        axis
    }
}

/// `start` moved by `by`, to a whole number within `0..size`, reflected at both ends.
fn reflect(start: usize, by: f64, size: usize) -> usize {
    let period = 2 * size as i64;
    let at = (start as i64 + by.round() as i64).rem_euclid(period);
    // Both are within 0..period, which is twice a usize that fits.
    at.min(period - 1 - at) as usize
}

/// Values below which these shares of all values lie, interpolated linearly.
fn quantiles<const K: usize>(mut values: Vec<f64>, shares: [f64; K]) -> [f64; K] {
    values.sort_unstable_by(f64::total_cmp);
    shares.map(|share| {
        let place = share * (values.len().saturating_sub(1)) as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        match (values.get(below), values.get(above)) {
            (Some(low), Some(high)) => low + (high - low) * place.fract(),
            _ => 0.0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Left half of one color, right half of another.
    fn halves(left: [f64; 3], right: [f64; 3]) -> Vec<[f64; 3]> {
        (0..32 * 32).map(|i| if i % 32 < 16 { left } else { right }).collect()
    }

    #[test]
    fn gray_images_stay_as_they_are() {
        let image: Vec<[f64; 3]> = (0..1024).map(|i| [f64::from(i * 37 % 256) / 255.0; 3]).collect();
        for (gray, pixel) in Decolorize::new(32, 32).convert(&image).iter().zip(&image) {
            assert!((gray - luma(pixel)).abs() < 1e-12, "{gray} and {pixel:?}");
        }
    }

    #[test]
    fn colors_of_almost_equal_luma_become_distinct() {
        // Luma of the two differs by 0.01.
        let (red, green) = ([0.8, 0.2, 0.2], [0.2, 0.4884, 0.2]);
        let image = halves(red, green);
        let contrast = |gray: &[f64]| (gray[0] - gray[31]).abs();
        let gray = Decolorize::new(32, 32).convert(&image);
        let before: Vec<f64> = image.iter().map(luma).collect();
        assert!(contrast(&before) < 0.02, "{}", contrast(&before));
        assert!(contrast(&gray) > 0.2, "{}", contrast(&gray));
        // The order of luma is kept.
        assert_eq!(gray[0] > gray[31], before[0] > before[31]);
    }

    #[test]
    fn one_color_and_one_pixel_are_no_special_case() {
        for size in [1, 2, 32] {
            let image = vec![[0.9, 0.1, 0.3]; size * size];
            let gray = Decolorize::new(size, size).convert(&image);
            assert!(gray.iter().all(|v| (0.0..=1.0).contains(v)), "{gray:?}");
        }
    }

    #[test]
    fn partners_are_at_a_mean_distance_of_sigma() {
        // Far from the borders nothing is reflected.
        let size = 400;
        let (partner, sigma) = (Decolorize::new(size, size).partner, (2.0 * size as f64).sqrt());
        let middle = |index: &usize| (150..250).contains(&(index / size)) && (150..250).contains(&(index % size));
        let distances: Vec<f64> = (0..size * size)
            .filter(middle)
            .map(|index| {
                let along = |f: fn(usize, usize) -> usize| f(index, size) as f64 - f(partner[index], size) as f64;
                along(|i, s| i / s).hypot(along(|i, s| i % s))
            })
            .collect();
        let mean = distances.iter().sum::<f64>() / distances.len() as f64;
        assert!((mean / sigma - 1.0).abs() < 0.03, "{mean} of {sigma}");
    }

    #[test]
    fn reflection_stays_within() {
        assert_eq!([-1.0, -3.0, 2.0, 3.0, 9.0].map(|by| reflect(0, by, 3)), [0, 2, 2, 2, 2]);
        assert_eq!(reflect(0, 1e18, 1), 0);
    }
}
