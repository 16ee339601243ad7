//! Perturbation sizes, which come as the nearest float of what was asked for.

/// Whether two perturbation sizes are the same but for rounding, such as an f32's.
pub fn same_eps(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6
}

/// The finite values, sorted, each once.
pub fn distinct(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| same_eps(*a, *b));
    values
}
