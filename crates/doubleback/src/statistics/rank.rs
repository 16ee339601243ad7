//! Rank correlations.

/// Spearman's rank correlation, in [-1, 1]: Pearson's correlation of the ranks, where equal values share the mean of theirs.
/// `None` where it is not defined: lists of different lengths, fewer than two values, values that are not numbers, or all equal.
///
/// ```
/// use doubleback::statistics::spearman;
/// assert_eq!(spearman(&[0.1, 0.2, 0.7], &[3.0, 4.0, 5.0]), Some(1.0));
/// assert_eq!(spearman(&[0.1, 0.2, 0.7], &[3.0, 3.0, 3.0]), None);
/// ```
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    comparable(a, b).then(|| pearson(&ranks(a), &ranks(b))).flatten()
}

/// Kendall's tau-b, in [-1, 1]: concordant less discordant pairs, over the geometric mean of the pairs that are not tied on either side.
/// `None` as [`spearman`].
pub fn kendall(a: &[f64], b: &[f64]) -> Option<f64> {
    if !comparable(a, b) {
        return None;
    }
    let (mut balance, mut untied_a, mut untied_b) = (0i64, 0i64, 0i64);
    for i in 0..a.len() {
        for j in 0..i {
            let (x, y) = (order(a[i], a[j]), order(b[i], b[j]));
            balance += x * y;
            untied_a += x * x;
            untied_b += y * y;
        }
    }
    let scale = ((untied_a * untied_b) as f64).sqrt();
    (scale > 0.0).then(|| balance as f64 / scale)
}

fn comparable(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.len() > 1 && a.iter().chain(b).all(|value| !value.is_nan())
}

fn order(x: f64, y: f64) -> i64 {
    i64::from(x > y) - i64::from(x < y)
}

/// Ranks from 0; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    // Not by bits: zeros of either sign are equal.
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = below as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&place| ranks[place] = rank);
        below += equal.len();
    }
    ranks
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        product += x * y;
        square_a += x * x;
        square_b += y * y;
    }
    let scale = (square_a * square_b).sqrt();
    (scale > 0.0).then(|| (product / scale).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first two are examples in the documentation of SciPy's `spearmanr` and `kendalltau`.
    #[test]
    fn correlations_are_those_of_scipy() {
        let cases: [(&[f64], &[f64], f64, f64); 3] = [
            (
                &[1.0, 2.0, 3.0, 4.0, 5.0],
                &[5.0, 6.0, 7.0, 8.0, 7.0],
                0.820_782_681_668_123_3,
                0.737_864_787_372_621_8,
            ),
            (
                &[12.0, 2.0, 1.0, 12.0, 2.0],
                &[1.0, 4.0, 7.0, 1.0, 0.0],
                -0.5407380704358752,
                -0.471_404_520_791_031_73,
            ),
            (
                &[0.1, 0.4, 0.2, 0.9, 0.3, 0.05],
                &[3.0, 1.0, 4.0, 1.0, 5.0, 9.0],
                -0.753702346348183,
                -0.5520524474738834,
            ),
        ];
        for (a, b, rho, tau) in cases {
            assert!((spearman(a, b).unwrap() - rho).abs() < 1e-12);
            assert!((kendall(a, b).unwrap() - tau).abs() < 1e-12);
        }
    }

    #[test]
    fn what_has_no_order_has_no_correlation() {
        for (a, b) in [
            (vec![], vec![]),
            (vec![1.0], vec![2.0]),
            (vec![1.0, 2.0], vec![1.0]),
            (vec![1.0, 1.0], vec![1.0, 2.0]),
            (vec![1.0, f64::NAN], vec![1.0, 2.0]),
        ] {
            assert_eq!((spearman(&a, &b), kendall(&a, &b)), (None, None), "{a:?} {b:?}");
        }
    }
}
