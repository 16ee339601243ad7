//! Intervals of proportions.

/// 95 % Wilson score interval of a proportion (Wilson 1927): `successes` of `count`, both ends in [0, 1].
///
/// ```
/// let (low, high) = doubleback::statistics::wilson(90, 100);
/// assert!((low - 0.8256).abs() < 1e-3 && (high - 0.9448).abs() < 1e-3);
/// ```
pub fn wilson(successes: usize, count: usize) -> (f64, f64) {
    wilson_of_fraction(successes as f64 / count.max(1) as f64, count as f64)
}

/// 95 % Wilson score interval of a fraction `p` of `n` trials, where `p n` need not be a whole number.
pub fn wilson_of_fraction(p: f64, n: f64) -> (f64, f64) {
    if n == 0.0 {
        return (0.0, 1.0);
    }
    // The 97.5 % quantile of the normal distribution.
    let z = 1.959_963_984_540_054_f64;
    let center = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (((center - half) / scale).max(0.0), ((center + half) / scale).min(1.0))
}
