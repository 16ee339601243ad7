//! Models trained over a grid of penalty weights, as Figures 7 and 9 draw them.

use doubleback_experiments::reproduce::LambdaPoint;

use crate::format::short;
use crate::reproduction::context::Context;

/// The grid of one defense, by weight; the normal model trained as long stands first where there is one.
pub struct Grid<'a> {
    pub defense: &'a str,
    pub points: Vec<&'a LambdaPoint>,
}

impl<'a> Grid<'a> {
    /// The normal model of the grid.
    pub fn normal(&self) -> Option<&'a LambdaPoint> {
        self.points.first().copied().filter(|point| point.lambda == 0.0)
    }
}

/// The grids of a run.
pub fn grids<'a>(context: &Context<'a>) -> Vec<Grid<'a>> {
    let all = &context.results.lambdas;
    let normal = all.iter().find(|point| point.lambda == 0.0);
    let mut grids: Vec<Grid> = Vec::new();
    for point in all
        .iter()
        .filter(|point| point.lambda > 0.0 && point.lambda.is_finite())
    {
        match grids.iter_mut().find(|grid| grid.defense == point.defense) {
            Some(grid) => grid.points.push(point),
            None => grids.push(Grid {
                defense: &point.defense,
                points: normal.into_iter().chain([point]).collect(),
            }),
        }
    }
    for grid in &mut grids {
        grid.points.sort_by(|a, b| a.lambda.total_cmp(&b.lambda));
    }
    grids
}

/// A weight to three digits.
pub fn weight(lambda: f64) -> String {
    if lambda == 0.0 || !lambda.is_finite() {
        return short(lambda);
    }
    let unit = 10_f64.powi(2 - lambda.abs().log10().floor() as i32);
    short((lambda * unit).round() / unit)
}

#[cfg(test)]
mod tests {
    use super::weight;

    #[test]
    fn weights_have_three_digits() {
        assert_eq!(
            [0.0, 109.8281, 0.195_312, 1.953_125, 56_234.0].map(weight),
            ["0", "110", "0.195", "1.95", "56200"]
        );
    }
}
