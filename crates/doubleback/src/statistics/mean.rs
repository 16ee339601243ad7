//! Means of samples.

/// The mean of values, summed in their order; `None` of none.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    // The neutral value of addition, as of `Iterator::sum`.
    let (mut sum, mut count) = (-0.0, 0usize);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

/// 95 % interval of the mean of normally distributed values, by Student's t (Student 1908); `None` of fewer than two.
///
/// ```
/// // Mean 3, standard deviation √(14/3), and t = 3.182 for three degrees of freedom.
/// let [low, high] = doubleback::statistics::mean_interval(&[1.0, 2.0, 3.0, 6.0]).unwrap();
/// assert!((low - -0.4374).abs() < 1e-4 && (high - 6.4374).abs() < 1e-4);
/// ```
pub fn mean_interval(values: &[f64]) -> Option<[f64; 2]> {
    let freedom = values.len().checked_sub(1).filter(|&freedom| freedom > 0)?;
    let center = mean(values.iter().copied())?;
    let square: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    let error = (square / freedom as f64 / values.len() as f64).sqrt();
    let half = error * student(freedom);
    Some([center - half, center + half])
}

/// The 97.5 % quantile of Student's t distribution.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004, 2.262_157, 2.228_139,
        2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905, 2.109_816, 2.100_922, 2.093_024, 2.085_963,
        2.079_614, 2.073_873, 2.068_658, 2.063_899, 2.059_539, 2.055_529, 2.051_831, 2.048_407, 2.045_230, 2.042_272,
    ];
    match TABLE.get(freedom - 1) {
        Some(&quantile) => quantile,
        // The first terms of Cornish & Fisher's expansion; less than 1e-4 off from here on.
        None => {
            let (z, n) = (1.959_963_985_f64, freedom as f64);
            z + (z.powi(3) + z) / (4.0 * n) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_values_have_none() {
        assert_eq!((mean([]), mean([2.5]), mean([1.0, 2.0])), (None, Some(2.5), Some(1.5)));
        assert_eq!((mean_interval(&[]), mean_interval(&[2.5])), (None, None));
        assert_eq!(mean_interval(&[2.5, 2.5]), Some([2.5, 2.5]));
    }

    /// From tables: 2.03951 for 31 degrees of freedom, 1.98397 for 100.
    #[test]
    fn quantiles_beyond_the_table() {
        assert!((student(31) - 2.039_513).abs() < 1e-4);
        assert!((student(100) - 1.983_972).abs() < 1e-5);
    }
}
