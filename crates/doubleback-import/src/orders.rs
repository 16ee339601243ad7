//! Orders in which programs store the values of a weight: here channels are last, in PyTorch and ONNX first.

use doubleback::nn::layers::Size;

/// A kernel `[height, width, in, out]` as `[out, in, height, width]`.
pub(crate) fn kernel(values: &[f32], [height, width, inputs, outputs]: [usize; 4]) -> Vec<f32> {
    let taps = height * width;
    let mut found = Vec::with_capacity(values.len());
    for output in 0..outputs {
        for input in 0..inputs {
            found.extend((0..taps).map(|tap| values[(tap * inputs + input) * outputs + output]));
        }
    }
    found
}

/// A matrix `[in, out]`, whose inputs are the values of an image by row, column and channel, as `[out, in]` with the inputs by channel, row and
/// column.
pub(crate) fn matrix(values: &[f32], outputs: usize, [height, width, channels]: Size) -> Vec<f32> {
    let pixels = height * width;
    let mut found = Vec::with_capacity(values.len());
    for output in 0..outputs {
        for channel in 0..channels {
            found.extend((0..pixels).map(|pixel| values[(pixel * channels + channel) * outputs + output]));
        }
    }
    found
}

/// The values of an image by row, column and channel, by channel, row and column.
pub(crate) fn image(values: &[f32], [height, width, channels]: Size) -> Vec<f32> {
    let pixels = height * width;
    let mut found = Vec::with_capacity(values.len());
    for channel in 0..channels {
        found.extend((0..pixels).map(|pixel| values[pixel * channels + channel]));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_come_first() {
        // A row of two pixels with two channels.
        let values = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(image(&values, [1, 2, 2]), [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(matrix(&values, 1, [1, 2, 2]), [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(matrix(&values, 2, [1, 1, 2]), [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(kernel(&values, [1, 2, 1, 2]), [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(kernel(&values, [1, 2, 2, 1]), [1.0, 3.0, 2.0, 4.0]);
    }
}
