//! The least value of a function that has no derivative at hand.

use std::cell::Cell;

/// Where a function is least, as far as was found.
pub struct Minimum {
    /// The place.
    pub at: Vec<f64>,
    /// Whether the search ended because it had nothing more to find.
    pub converged: bool,
}

/// Searches within this of the least value.
const ACCURACY: f64 = 1e-7;
/// And of its place.
const NEAR: f64 = 1e-4;

/// The downhill simplex (Nelder & Mead 1965) from a start, with first steps of this length, at most so many evaluations. What is no number counts as
/// infinitely high.
pub fn minimize(start: &[f64], step: f64, evaluations: usize, mut function: impl FnMut(&[f64]) -> f64) -> Minimum {
    let used = Cell::new(0);
    let mut value_at = |place: &[f64]| {
        used.set(used.get() + 1);
        let value = function(place);
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let mut simplex: Vec<(f64, Vec<f64>)> = Vec::new();
    simplex.push((value_at(start), start.to_vec()));
    for axis in 0..start.len() {
        let mut place = start.to_vec();
        place[axis] += step;
        simplex.push((value_at(&place), place));
    }
    loop {
        simplex.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (best, worst) = (simplex[0].0, simplex[start.len()].0);
        let wide = simplex[1..]
            .iter()
            .flat_map(|(_, place)| place.iter().zip(&simplex[0].1))
            .map(|(one, other)| (one - other).abs())
            .fold(0.0, f64::max);
        let converged = worst - best < ACCURACY && wide < NEAR;
        if converged || used.get() >= evaluations {
            return Minimum {
                at: simplex.swap_remove(0).1,
                converged: converged && best.is_finite(),
            };
        }
        let last = start.len();
        let centre: Vec<f64> = (0..last)
            .map(|axis| simplex[..last].iter().map(|(_, place)| place[axis]).sum::<f64>() / last as f64)
            .collect();
        let along = |by: f64, worst: &[f64]| -> Vec<f64> {
            let pairs = centre.iter().zip(worst);
            pairs.map(|(centre, worst)| centre + by * (centre - worst)).collect()
        };
        let mirrored = along(1.0, &simplex[last].1);
        let value = value_at(&mirrored);
        let replacement = if value < simplex[0].0 {
            let further = along(2.0, &simplex[last].1);
            let beyond = value_at(&further);
            Some(if beyond < value {
                (beyond, further)
            } else {
                (value, mirrored)
            })
        } else if value < simplex[last - 1].0 {
            Some((value, mirrored))
        } else {
            let inside = along(if value < worst { 0.5 } else { -0.5 }, &simplex[last].1);
            let within = value_at(&inside);
            (within < value.min(worst)).then_some((within, inside))
        };
        match replacement {
            Some(replacement) => simplex[last] = replacement,
            None => {
                let best = simplex[0].1.clone();
                for vertex in &mut simplex[1..] {
                    for (coordinate, best) in vertex.1.iter_mut().zip(&best) {
                        *coordinate = f64::midpoint(*coordinate, *best);
                    }
                    vertex.0 = value_at(&vertex.1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_curved_valley_is_found() {
        let valley = |p: &[f64]| 10.0 * (p[1] - p[0] * p[0]).powi(2) + (1.0 - p[0]).powi(2);
        let found = minimize(&[-1.2, 1.0], 0.5, 2_000, valley);
        assert!(
            found.converged && found.at.iter().all(|value| (value - 1.0).abs() < 1e-4),
            "{:?}",
            found.at
        );
    }

    #[test]
    fn running_out_is_said() {
        assert!(!minimize(&[0.0], 1.0, 50, |p| p[0]).converged);
        assert!(!minimize(&[0.0], 1.0, 500, |_| f64::NAN).converged);
    }
}
