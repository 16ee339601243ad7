//! Fits a logistic model with crossed random effects.

use super::laplace::{Model, Observation};
use super::linear::Square;
use super::minimize::minimize;

/// Evaluations of the likelihood, at most, in each of the two searches.
const EVALUATIONS: usize = 2_000;
/// Length of steps from which second derivatives are taken.
const STEP: f64 = 2e-3;
/// A deviation below this is no different from none.
pub const NONE: f64 = 1e-3;
/// A deviation above this is no finding: with it, nearly all people or images would give one answer alone.
pub const MOST: f64 = 5.0;

/// A fitted model.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Fixed effects: logits.
    pub fixed: Vec<f64>,
    /// Their covariance, row by row; `None` if the likelihood has no clear top there.
    pub covariance: Option<Vec<Vec<f64>>>,
    /// Deviations of people and of images.
    pub deviations: [f64; 2],
    /// Logarithm of the likelihood, by Laplace's approximation.
    pub log_likelihood: f64,
    /// Whether the search ended at a place that it could not better.
    pub converged: bool,
}

/// Fits it by the greatest likelihood under Laplace's approximation: first over the deviations alone, with fixed effects where the joint density is greatest
/// (fast, and near), then over deviations and fixed effects together. `None` if the likelihood has no value at the start.
pub fn fit(observations: Vec<Observation>) -> Option<Fit> {
    let model = Model::new(observations);
    let mut effects = model.start();
    model.log_likelihood([0.5, 0.5], &mut effects, true)?;
    let first = minimize(&[0.5, 0.5], 0.3, EVALUATIONS, |place| {
        let value = model.log_likelihood([place[0], place[1]].map(f64::abs), &mut effects, true);
        -value.unwrap_or(f64::NEG_INFINITY)
    });
    // The effects are those of the last place, not of the best.
    model.log_likelihood([first.at[0], first.at[1]].map(f64::abs), &mut effects, true)?;
    let fixed_at = model.people();
    let mut start = first.at;
    start.extend_from_slice(&effects.dense[fixed_at..]);
    let mut height = |place: &[f64]| {
        effects.dense[fixed_at..].copy_from_slice(&place[2..]);
        let value = model.log_likelihood([place[0], place[1]].map(f64::abs), &mut effects, false);
        if value.is_none() {
            // What a bad place left behind is no start for the next one.
            effects = model.start();
        }
        -value.unwrap_or(f64::NEG_INFINITY)
    };
    let found = minimize(&start, 0.1, EVALUATIONS, &mut height);
    let log_likelihood = -height(&found.at);
    let deviations = [found.at[0], found.at[1]].map(f64::abs);
    // A deviation of zero stays there: the likelihood has an end in its direction, not a top.
    let free: Vec<usize> = (0..2 + model.columns())
        .filter(|&axis| axis >= 2 || deviations[axis] >= NONE)
        .collect();
    let covariance = covariance(&found.at, &free, &mut height).map(|all| {
        let skipped = free.iter().filter(|&&axis| axis < 2).count();
        all.into_iter()
            .skip(skipped)
            .map(|row| row[skipped..].to_vec())
            .collect()
    });
    Some(Fit {
        fixed: found.at[2..].to_vec(),
        covariance,
        deviations,
        log_likelihood,
        converged: found.converged && log_likelihood.is_finite(),
    })
}

/// The inverse of the second derivatives of a function at its least value, along these axes, by differences.
fn covariance(at: &[f64], free: &[usize], height: &mut impl FnMut(&[f64]) -> f64) -> Option<Vec<Vec<f64>>> {
    let mut shifted = |moves: &[(usize, f64)]| {
        let mut place = at.to_vec();
        for &(axis, by) in moves {
            place[axis] += by * STEP;
        }
        height(&place)
    };
    let size = free.len();
    let mut hessian = Square::identity(size, 0);
    for row in 0..size {
        for column in 0..=row {
            let (one, other) = (free[row], free[column]);
            let second = shifted(&[(one, 1.0), (other, 1.0)])
                - shifted(&[(one, 1.0), (other, -1.0)])
                - shifted(&[(one, -1.0), (other, 1.0)])
                + shifted(&[(one, -1.0), (other, -1.0)]);
            let value = second / (4.0 * STEP * STEP);
            hessian.add(row, column, value);
            if row != column {
                hessian.add(column, row, value);
            }
        }
    }
    let factor = hessian.cholesky()?;
    let unit = |at: usize| (0..size).map(|row| f64::from(u8::from(row == at))).collect();
    Some((0..size).map(|column| factor.solve(unit(column))).collect())
}
