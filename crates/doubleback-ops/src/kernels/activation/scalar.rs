//! Functions of one number that become vector instructions: the exponential and the error function are polynomials, with errors of a few units in the last
//! place.

/// `exp(-|x|)`; where that is less than about 1e-38, that.
#[inline(always)]
pub fn below(x: f32) -> f32 {
    /// Added and taken away again, it rounds to a whole number, which is then in the last bits.
    const WHOLE: f32 = 12_582_912.0;
    /// The logarithm of 2 in two parts, of which the first times a whole number is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    /// Of `(exp(r) - 1 - r) / r²` where `|r|` is at most `ln 2 / 2`, to 3e-9.
    const TERMS: [f32; 5] = [0.499_999_94, 0.166_665_21, 0.041_668_39, 0.008_368_71, 0.001_381_461_2];
    let x = -x.abs();
    // Not `max`, which would make a number of what is none.
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + WHOLE;
    let whole = shifted - WHOLE;
    let r = x - whole * LN_2[0] - whole * LN_2[1];
    let power = f32::from_bits(shifted.to_bits().wrapping_sub(WHOLE.to_bits()).wrapping_add(127) << 23);
    (1.0 + (r + r * r * polynomial(r, &TERMS))) * power
}

#[inline(always)]
pub fn polynomial<const N: usize>(x: f32, terms: &[f32; N]) -> f32 {
    let mut sum = terms[N - 1];
    for term in terms[..N - 1].iter().rev() {
        sum = sum * x + term;
    }
    sum
}

/// `min(max(x, min), max)`.
#[inline(always)]
pub fn clipped(x: f32, min: f32, max: f32) -> f32 {
    let x = if x > max { max } else { x };
    if x < min { min } else { x }
}

/// 0 where `x` is not above `min` or not below `max`, else 1.
#[inline(always)]
pub fn within(x: f32, min: f32, max: f32) -> f32 {
    if x <= min || x >= max { 0.0 } else { 1.0 }
}

/// Of a hard swish.
#[inline(always)]
pub fn gate(x: f32) -> f32 {
    clipped(x + 3.0, 0.0, 6.0) / 6.0
}

/// Where a softplus is a line.
pub const LINE: f32 = 20.0;

/// `log(1 + e)` where `e` is from 0 to 1, by the series of the inverse hyperbolic tangent at `e / (2 + e)`, which is at most 1/3: to 1e-9.
#[inline(always)]
pub fn log_1p(e: f32) -> f32 {
    const TERMS: [f32; 9] = [
        2.0,
        2.0 / 3.0,
        2.0 / 5.0,
        2.0 / 7.0,
        2.0 / 9.0,
        2.0 / 11.0,
        2.0 / 13.0,
        2.0 / 15.0,
        2.0 / 17.0,
    ];
    let s = e / (2.0 + e);
    s * polynomial(s * s, &TERMS)
}

/// Of `x` with `e = exp(-|x|)`.
#[inline(always)]
pub fn sigmoid(x: f32, e: f32) -> f32 {
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}

/// Of `e = exp(-|x|)`.
#[inline(always)]
pub fn sigmoid_slope(e: f32) -> f32 {
    e / ((1.0 + e) * (1.0 + e))
}

/// Of `x` with `e = exp(-2|x|)`.
#[inline(always)]
pub fn tanh(x: f32, e: f32) -> f32 {
    /// Of `(tanh(x) / x - 1) / x²` by `x²` where `|x|` is at most 5/8, to 4e-9.
    const TERMS: [f32; 5] = [
        -0.333_332_84,
        0.133_314_91,
        -0.053_743_497,
        0.020_650_579,
        -0.005_717_036,
    ];
    let square = x * x;
    let small = x + x * square * polynomial(square, &TERMS);
    let large = ((1.0 - e) / (1.0 + e)).copysign(x);
    if x.abs() < 0.625 { small } else { large }
}

/// Where `exp(-x² / 2)` is not 0, `x`, else the end of that.
#[inline(always)]
pub fn near(x: f32) -> f32 {
    clipped(x, -40.0, 40.0)
}

/// The normal distribution's density; `x` is [`near`].
#[inline(always)]
pub fn normal_density(x: f32) -> f32 {
    0.398_942_3 * below(0.5 * x * x)
}

/// The normal distribution's share below `x`.
#[inline(always)]
pub fn normal_below(x: f32) -> f32 {
    /// Of `erf(z) / z` by `z²` where `|z|` is at most 1, to 3e-11.
    const NEAR: [f32; 8] = [
        std::f32::consts::FRAC_2_SQRT_PI,
        -0.376_126_38,
        0.112_837_83,
        -0.026_865_445,
        0.005_221_075,
        -0.000_848_471_1,
        0.000_112_705_44,
        -9.680_136e-6,
    ];
    /// Of `exp(z²) erfc(z) / t` by `t = 1 / (1 + 0.4 z)` where `z` is at most 10, to 8e-9.
    const FAR: [f32; 10] = [
        0.225_706_9,
        0.224_952_03,
        0.214_919_1,
        0.129_679_56,
        0.272_066_38,
        -0.284_366_97,
        0.547_435_8,
        -0.498_811_78,
        0.198_013_35,
        -0.029_594_362,
    ];
    let z = near(x) * std::f32::consts::FRAC_1_SQRT_2;
    let middle = 0.5 + 0.5 * z * polynomial(z * z, &NEAR);
    let t = 1.0 / (1.0 + 0.4 * z.abs());
    let tail = 0.5 * t * polynomial(t, &FAR) * below(z * z);
    let far = if x > 0.0 { 1.0 - tail } else { tail };
    if z.abs() < 0.75 { middle } else { far }
}

pub const CUBIC: f32 = 0.044_715;
/// The root of `2 / π`.
pub const SCALE: f32 = 0.797_884_6;

/// `u = √(2/π) (x + 0.044715 x³)` and its derivative; `x` is [`near`].
#[inline(always)]
pub fn bent(x: f32) -> [f32; 2] {
    let square = x * x;
    [SCALE * x * (1.0 + CUBIC * square), SCALE * (1.0 + 3.0 * CUBIC * square)]
}

/// `u` and `v`, one of which is 1, with `exp(x) = u / v`.
#[inline(always)]
pub fn fraction(x: f32) -> [f32; 2] {
    let e = below(x);
    if x < 0.0 { [e, 1.0] } else { [1.0, e] }
}
