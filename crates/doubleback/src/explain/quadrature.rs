use std::f64::consts::PI;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result, stop};

/// A rule by which an integral over [0, 1] is a weighted sum of points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quadrature {
    /// Gauss & Legendre: exact for polynomials of degree 2n - 1.
    #[default]
    GaussLegendre,
    /// Points from 0 to 1 at equal distances, of which the ends count half; its weights sum to 1.
    Trapezoid,
    /// The left ends of n equal parts.
    RiemannLeft,
    /// Their middles.
    RiemannMiddle,
    /// Their right ends.
    RiemannRight,
}

/// Most steps of a rule: more have no meaning in f32.
const MOST: usize = 100_000;

impl Quadrature {
    /// All of them.
    pub const ALL: [Quadrature; 5] = [
        Quadrature::GaussLegendre,
        Quadrature::Trapezoid,
        Quadrature::RiemannLeft,
        Quadrature::RiemannMiddle,
        Quadrature::RiemannRight,
    ];

    /// As in `gauss-legendre`.
    pub fn name(self) -> &'static str {
        match self {
            Quadrature::GaussLegendre => "gauss-legendre",
            Quadrature::Trapezoid => "trapezoid",
            Quadrature::RiemannLeft => "riemann-left",
            Quadrature::RiemannMiddle => "riemann-middle",
            Quadrature::RiemannRight => "riemann-right",
        }
    }

    /// Points and their weights, from the lowest point on.
    ///
    /// # Errors
    /// When there are no steps, or of [`Trapezoid`](Self::Trapezoid) fewer than 2, or more than 100,000; [`Interrupted`](Error::Interrupted): those of
    /// Gauss & Legendre take n² operations.
    pub fn points(self, steps: usize) -> Result<Vec<[f64; 2]>> {
        let least = if self == Quadrature::Trapezoid { 2 } else { 1 };
        if !(least..=MOST).contains(&steps) {
            return Err(Error::value(
                "steps",
                format!("{least} to {MOST} of {}", self.name()),
                steps,
            ));
        }
        let n = steps as f64;
        let equal = |offset: f64| (0..steps).map(|i| [(i as f64 + offset) / n, 1.0 / n]).collect();
        Ok(match self {
            Quadrature::GaussLegendre => gauss_legendre(steps)?,
            Quadrature::RiemannLeft => equal(0.0),
            Quadrature::RiemannMiddle => equal(0.5),
            Quadrature::RiemannRight => equal(1.0),
            Quadrature::Trapezoid => (0..steps)
                .map(|i| {
                    let share = if i == 0 || i == steps - 1 { 0.5 } else { 1.0 };
                    [i as f64 / (n - 1.0), share / (n - 1.0)]
                })
                .collect(),
        })
    }
}

/// Zeros of the Legendre polynomial by Newton's method, from Tricomi's estimates; they lie symmetrically.
fn gauss_legendre(n: usize) -> Result<Vec<[f64; 2]>> {
    let mut points = vec![[0.0; 2]; n];
    for i in 0..n.div_ceil(2) {
        stop::check()?;
        let mut x = -(PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        for _ in 0..100 {
            let (value, slope) = legendre(n, x);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        let (_, slope) = legendre(n, x);
        let weight = 1.0 / ((1.0 - x * x) * slope * slope);
        points[n - 1 - i] = [(1.0 - x) / 2.0, weight];
        points[i] = [(1.0 + x) / 2.0, weight];
    }
    Ok(points)
}

/// The Legendre polynomial of degree n at x, and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, n as f64 * (before - x * value) / (1.0 - x * x))
}

impl FromStr for Quadrature {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|rule| rule.name() == name);
        found.ok_or_else(|| Error::unknown("rule", name, Self::ALL.map(Self::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integral(rule: Quadrature, steps: usize, f: impl Fn(f64) -> f64) -> f64 {
        rule.points(steps)
            .unwrap()
            .into_iter()
            .map(|[x, weight]| weight * f(x))
            .sum()
    }

    #[test]
    fn gauss_legendre_is_exact_for_polynomials_of_twice_the_degree() {
        for steps in [1, 2, 3, 10, 50, 200] {
            for degree in 0..2 * steps.min(30) {
                let found = integral(Quadrature::GaussLegendre, steps, |x| x.powi(degree as i32));
                let expected = 1.0 / (degree as f64 + 1.0);
                assert!((found - expected).abs() < 1e-14, "{steps} {degree}: {found}");
            }
        }
        // The known points of three steps.
        let points = Quadrature::GaussLegendre.points(3).unwrap();
        let root = 0.6f64.sqrt();
        for (found, expected) in points.iter().zip([
            [0.5 - root / 2.0, 5.0 / 18.0],
            [0.5, 4.0 / 9.0],
            [0.5 + root / 2.0, 5.0 / 18.0],
        ]) {
            assert!((found[0] - expected[0]).abs() < 1e-15 && (found[1] - expected[1]).abs() < 1e-15);
        }
    }

    /// The path integral of x³ at 1 is that of 3 x².
    #[test]
    fn other_rules_have_the_errors_that_they_should() {
        let cube = |rule| integral(rule, 50, |x| 3.0 * x * x);
        let h = 1.0 / 50.0;
        assert!((cube(Quadrature::RiemannLeft) - (1.0 - 1.5 * h + 0.5 * h * h)).abs() < 1e-12);
        assert!((cube(Quadrature::RiemannRight) - (1.0 + 1.5 * h + 0.5 * h * h)).abs() < 1e-12);
        assert!((cube(Quadrature::RiemannMiddle) - (1.0 - 0.25 * h * h)).abs() < 1e-12);
        assert!((cube(Quadrature::Trapezoid) - (1.0 + 0.5 / 49f64.powi(2))).abs() < 1e-12);
        for rule in Quadrature::ALL {
            assert!((integral(rule, 7, |_| 1.0) - 1.0).abs() < 1e-14, "{}", rule.name());
            assert_eq!(rule.name().parse::<Quadrature>().unwrap(), rule);
        }
    }

    #[test]
    fn too_few_steps_are_refused() {
        assert!(Quadrature::GaussLegendre.points(0).is_err());
        let refused = Quadrature::Trapezoid.points(1).unwrap_err().to_string();
        assert_eq!(refused, "steps: 1 is not 2 to 100000 of trapezoid");
    }
}
