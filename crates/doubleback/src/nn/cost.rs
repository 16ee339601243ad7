use super::layers::{LayerKind, Size};

/// Products that a layer sums for one image.
pub(super) fn multiply_adds(kind: &LayerKind, inputs: &[Size], output: Size) -> u64 {
    let product = |factors: &[usize]| factors.iter().fold(1, |all: u64, &one| all.saturating_mul(one as u64));
    let Some(&[height, width, channels]) = inputs.first() else {
        return 0;
    };
    match kind {
        LayerKind::Conv2d(conv) => {
            let taps = [conv.kernel[0], conv.kernel[1], channels / conv.groups.max(1)];
            product(&output).saturating_mul(product(&taps))
        }
        // Each input value reaches a kernel of output values.
        LayerKind::ConvTranspose2d(conv) => {
            let taps = [conv.kernel[0], conv.kernel[1], output[2]];
            product(&[height, width, channels]).saturating_mul(product(&taps))
        }
        LayerKind::Dense(dense) => product(&[height, width, channels, dense.units]),
        _ => 0,
    }
}
