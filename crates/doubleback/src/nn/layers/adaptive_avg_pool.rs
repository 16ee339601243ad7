use burn::tensor::{Tensor, TensorData};
use doubleback_ops::matmul;
use serde::{Deserialize, Serialize};

use super::layer::{Context, LARGEST, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// Mean of each of so many windows that cover any image: along an axis of `size` pixels window `i` of `n` goes from `⌊i · size / n⌋` to
/// `⌈(i + 1) · size / n⌉`, so that windows overlap where `n` does not divide `size`, and repeat pixels where it is more
/// (PyTorch's `AdaptiveAvgPool2d`, the end of VGG).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveAvgPool {
    /// Windows from top to bottom, and from left to right.
    pub windows: [usize; 2],
}

impl UnaryLayer for AdaptiveAvgPool {
    fn output(&self, [height, width, channels]: Size) -> std::result::Result<Size, String> {
        let [rows, columns] = self.windows;
        let small = |windows: usize, size: usize| windows > 0 && windows.saturating_mul(size) <= LARGEST;
        if !small(rows, height) || !small(columns, width) {
            return Err(format!(
                "{rows} x {columns} windows of {height} x {width} pixels: none, or too many"
            ));
        }
        Ok([rows, columns, channels])
    }

    /// The two maps, what is between them, and a copy of each to turn it.
    fn workspace(&self, [height, width, channels]: Size) -> usize {
        let [rows, columns] = self.windows;
        let between = rows.saturating_mul(width).saturating_mul(channels);
        let image = height.saturating_mul(width).saturating_mul(channels);
        let maps = rows
            .saturating_mul(height)
            .saturating_add(columns.saturating_mul(width));
        [between, between, image, maps]
            .into_iter()
            .fold(0, usize::saturating_add)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [_, height, width, _] = x.dims();
        let constant = |values: Vec<f64>, dims: [usize; 2]| {
            Tensor::<2>::from_data(TensorData::new(values, dims), (&x.device().inner(), x.dtype()))
        };
        let [rows, columns] = self.windows;
        let down = constant(means(height, rows), [height, rows]);
        let across = constant(means(width, columns), [width, columns]);
        let y = along_width(along_height(x, &down)?, &across)?;
        let (back_up, back_across) = (down.transpose(), across.transpose());
        let pullback = move |g| along_height(along_width(g, &back_across)?, &back_up);
        Ok((y, Box::new(pullback)))
    }
}

/// The map from the pixels along one axis to the means of their windows, `[size, windows]`.
fn means(size: usize, windows: usize) -> Vec<f64> {
    let mut map = vec![0.0; size * windows];
    for window in 0..windows {
        let (start, end) = (window * size / windows, ((window + 1) * size).div_ceil(windows));
        for pixel in start..end {
            map[pixel * windows + window] = 1.0 / (end - start) as f64;
        }
    }
    map
}

/// Applies a map `[height, rows]` to every column of every channel.
fn along_height(x: Tensor<4>, map: &Tensor<2>) -> Result<Tensor<4>> {
    let ([n, height, width, channels], [_, rows]) = (x.dims(), map.dims());
    let lines = x.permute([0, 2, 3, 1]).reshape([n * width * channels, height]);
    let mapped = matmul(lines, map.clone())?.reshape([n, width, channels, rows]);
    Ok(mapped.permute([0, 3, 1, 2]))
}

/// Applies a map `[width, columns]` to every row of every channel.
fn along_width(x: Tensor<4>, map: &Tensor<2>) -> Result<Tensor<4>> {
    let ([n, height, width, channels], [_, columns]) = (x.dims(), map.dims());
    let lines = x.permute([0, 1, 3, 2]).reshape([n * height * channels, width]);
    let mapped = matmul(lines, map.clone())?.reshape([n, height, channels, columns]);
    Ok(mapped.permute([0, 1, 3, 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_axis() {
        let third = 1.0 / 3.0;
        assert_eq!(means(4, 2), [0.5, 0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.5]);
        assert_eq!(means(1, 3), [1.0, 1.0, 1.0]);
        // Three windows of five pixels: 0-1, 1-3 and 3-4.
        let five = means(5, 3);
        let window = |index: usize| (0..5).map(|pixel| five[pixel * 3 + index]).collect::<Vec<_>>();
        assert_eq!(window(0), [0.5, 0.5, 0.0, 0.0, 0.0]);
        assert_eq!(window(1), [0.0, third, third, third, 0.0]);
        assert_eq!(window(2), [0.0, 0.0, 0.0, 0.5, 0.5]);
    }

    #[test]
    fn a_hostile_number_of_windows_is_refused() {
        for windows in [[0, 1], [1, 0], [usize::MAX, 1], [1, 1 << 60]] {
            assert!(AdaptiveAvgPool { windows }.output([7, 7, 3]).is_err());
        }
    }
}
