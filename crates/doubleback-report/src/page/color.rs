//! Colors of pixels: a signed value on a diverging map, for saliency.

/// Blue for negative, white for zero, red-brown for positive; `value` in [-1, 1]. Distinct for every common color blindness.
pub fn diverging(value: f64) -> [u8; 3] {
    const NEGATIVE: [f64; 3] = [5.0, 72.0, 145.0];
    const POSITIVE: [f64; 3] = [166.0, 54.0, 3.0];
    let value = if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
    let end = if value < 0.0 { NEGATIVE } else { POSITIVE };
    end.map(|channel| (255.0 + (channel - 255.0) * value.abs()).round() as u8)
}

/// A byte from a pixel value and the bounds of the data.
pub fn byte(value: f32, [low, high]: [f32; 2]) -> u8 {
    let share = (value - low) / (high - low);
    if share.is_finite() {
        (share.clamp(0.0, 1.0) * 255.0).round() as u8
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_white_and_the_ends_differ() {
        assert_eq!(diverging(0.0), [255; 3]);
        assert_eq!(diverging(f64::NAN), [255; 3]);
        assert_eq!(diverging(-2.0), [5, 72, 145]);
        assert_eq!(diverging(1.0), [166, 54, 3]);
    }

    #[test]
    fn bytes_span_the_bounds() {
        assert_eq!(
            [-0.5, 0.0, 0.5, 9.0].map(|value| byte(value, [-0.5, 0.5])),
            [0, 128, 255, 255]
        );
        assert_eq!(byte(1.0, [1.0, 1.0]), 0);
    }
}
