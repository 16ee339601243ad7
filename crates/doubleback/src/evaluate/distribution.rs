use super::measurements::{Distribution, Histogram};

/// Values at or below this are counted apart, as in the paper's Figure 4.
pub const FLOOR: f64 = 1e-20;

/// Bins a decade.
const BINS: usize = 4;

impl Distribution {
    /// Summarizes non-negative values. Values that are not numbers are left out of the count.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let quantile = |q: f64| match count {
            0 => 0.0,
            _ => sorted[((count - 1) as f64 * q).round() as usize],
        };
        let logs: Vec<f64> = sorted.iter().filter(|&&v| v > FLOOR).map(|v| v.log10()).collect();
        let low = logs.first().map_or(0.0, |v| v.floor());
        let high = logs.last().map_or(1.0, |v| v.ceil()).max(low + 1.0);
        let mut counts = vec![0; (high - low) as usize * BINS];
        let last = counts.len() - 1;
        for log in &logs {
            counts[(((log - low) * BINS as f64) as usize).min(last)] += 1;
        }
        Self {
            mean: if count == 0 {
                0.0
            } else {
                sorted.iter().sum::<f64>() / count as f64
            },
            quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(quantile),
            floored: count - logs.len(),
            count,
            log10: Histogram { low, high, counts },
        }
    }

    /// The middle value.
    pub fn median(&self) -> f64 {
        self.quantiles[2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once() {
        let values = [0.0, 1e-21, 1e-5, 2e-5, 1.0, 9.9];
        let d = Distribution::of(&values);
        assert_eq!((d.count, d.floored), (6, 2));
        assert_eq!(d.log10.counts.iter().sum::<usize>(), 4);
        assert_eq!((d.log10.low, d.log10.high), (-5.0, 1.0));
    }

    #[test]
    fn nothing_is_no_reason_to_fail() {
        let d = Distribution::of(&[]);
        assert_eq!((d.count, d.mean, d.median()), (0, 0.0, 0.0));
        assert_eq!(Distribution::of(&[0.0; 3]).floored, 3);
    }
}
