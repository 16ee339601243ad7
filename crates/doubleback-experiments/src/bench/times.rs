use std::time::Instant;

use doubleback::Result;

/// What a repeated measurement gave, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// Middle value.
    pub median: f64,
    /// Least value: the one that other work on the machine disturbed least.
    pub min: f64,
}

impl Times {
    /// Of a list of milliseconds; zeros when it is empty.
    pub fn of(mut milliseconds: Vec<f64>) -> Self {
        milliseconds.sort_by(f64::total_cmp);
        let Some(&min) = milliseconds.first() else {
            return Self { median: 0.0, min: 0.0 };
        };
        let (low, high) = ((milliseconds.len() - 1) / 2, milliseconds.len() / 2);
        Self {
            median: (milliseconds[low] + milliseconds[high]) / 2.0,
            min,
        }
    }
}

/// Calls `work` `warm_up` times, then `runs` times with a clock.
///
/// # Errors
/// What `work` gives.
pub fn time(warm_up: usize, runs: usize, mut work: impl FnMut() -> Result<()>) -> Result<Times> {
    for _ in 0..warm_up {
        work()?;
    }
    let mut milliseconds = Vec::with_capacity(runs);
    for _ in 0..runs {
        let started = Instant::now();
        work()?;
        milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Times::of(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_least() {
        assert_eq!(Times::of(vec![3.0, 1.0, 2.0]), Times { median: 2.0, min: 1.0 });
        assert_eq!(Times::of(vec![4.0, 1.0, 2.0, 3.0]), Times { median: 2.5, min: 1.0 });
        assert_eq!(Times::of(vec![]), Times { median: 0.0, min: 0.0 });
    }
}
