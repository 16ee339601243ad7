//! Pixels made up from their neighbors.

/// Rows and columns to a neighbor, and its weight (Rong et al. 2022).
const NEIGHBORS: [([isize; 2], f64); 8] = [
    ([-1, -1], 1.0 / 12.0),
    ([-1, 0], 1.0 / 6.0),
    ([-1, 1], 1.0 / 12.0),
    ([0, -1], 1.0 / 6.0),
    ([0, 1], 1.0 / 6.0),
    ([1, -1], 1.0 / 12.0),
    ([1, 0], 1.0 / 6.0),
    ([1, 1], 1.0 / 12.0),
];

/// The number of a pixel that is no unknown.
const KNOWN: usize = usize::MAX;

/// The square of the residual at which the solution is left, against that at the start: what is left is below f32's resolution.
const TOLERANCE: f64 = 1e-20;

/// Makes up the removed pixels of a channel, such that each is the weighted mean of its neighbors; `middle` where all are removed.
///
/// The system is symmetric and positive definite as soon as one pixel is left: conjugate gradients (Hestenes & Stiefel 1952) solve it.
pub(super) fn impute(channel: &mut [f32], [height, width]: [usize; 2], removed: &[usize], middle: f32) {
    if removed.len() == channel.len() {
        channel.fill(middle);
        return;
    }
    let mut unknown = vec![KNOWN; channel.len()];
    for (number, &pixel) in removed.iter().enumerate() {
        unknown[pixel] = number;
    }
    let neighbors = |pixel: usize| {
        let (row, column) = (pixel / width, pixel % width);
        NEIGHBORS.iter().filter_map(move |&([down, right], weight)| {
            let row = row.checked_add_signed(down).filter(|&row| row < height)?;
            let column = column.checked_add_signed(right).filter(|&column| column < width)?;
            Some((row * width + column, weight))
        })
    };
    // By unknown: the weight of all its neighbors, and what the known ones bring.
    let own: Vec<f64> = removed
        .iter()
        .map(|&pixel| neighbors(pixel).map(|(_, weight)| weight).sum())
        .collect();
    let known = |&pixel: &usize| -> f64 {
        let known = neighbors(pixel).filter(|&(other, _)| unknown[other] == KNOWN);
        known.map(|(other, weight)| weight * f64::from(channel[other])).sum()
    };
    let right_side: Vec<f64> = removed.iter().map(known).collect();
    let apply = |x: &[f64]| -> Vec<f64> {
        let row = |(number, &pixel): (usize, &usize)| {
            let others = neighbors(pixel).filter(|&(other, _)| unknown[other] != KNOWN);
            own[number] * x[number] - others.map(|(other, weight)| weight * x[unknown[other]]).sum::<f64>()
        };
        removed.iter().enumerate().map(row).collect()
    };
    for (&pixel, value) in removed.iter().zip(conjugate_gradients(apply, right_side)) {
        channel[pixel] = value as f32;
    }
}

/// The solution of a symmetric, positive definite system, given what it makes of a vector.
fn conjugate_gradients(apply: impl Fn(&[f64]) -> Vec<f64>, right_side: Vec<f64>) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut x = vec![0.0; right_side.len()];
    let mut residual = right_side;
    let mut direction = residual.clone();
    let start = dot(&residual, &residual);
    let mut square = start;
    // In exact arithmetic as many steps as unknowns are enough.
    for _ in 0..10 * x.len() {
        if square <= TOLERANCE * start {
            break;
        }
        let image = apply(&direction);
        let step = square / dot(&direction, &image);
        x.iter_mut().zip(&direction).for_each(|(x, d)| *x += step * d);
        residual.iter_mut().zip(&image).for_each(|(r, a)| *r -= step * a);
        let next = dot(&residual, &residual);
        direction
            .iter_mut()
            .zip(&residual)
            .for_each(|(d, r)| *d = r + next / square * *d);
        square = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_pixel_is_the_mean_of_its_neighbors() {
        let mut channel = [1.0, 2.0, 3.0, 4.0, 100.0, 6.0, 7.0, 8.0, 9.0];
        impute(&mut channel, [3, 3], &[4], 0.5);
        assert!((channel[4] - 5.0).abs() < 1e-6);
        // A corner has three neighbors: (2 + 4) / 6 + 5 / 12 over 5 / 12.
        impute(&mut channel, [3, 3], &[0], 0.5);
        assert!((channel[0] - 17.0 / 5.0).abs() < 1e-6, "{}", channel[0]);
    }

    #[test]
    fn a_gap_in_a_row_is_bridged_in_a_straight_line() {
        let mut row = [0.0, 9.0, 9.0, 9.0, 1.0];
        impute(&mut row, [1, 5], &[2, 1, 3], 0.5);
        for (found, expected) in row.iter().zip([0.0, 0.25, 0.5, 0.75, 1.0]) {
            assert!((found - expected).abs() < 1e-6, "{row:?}");
        }
        impute(&mut row, [1, 5], &[0, 1, 2, 3, 4], 0.5);
        assert_eq!(row, [0.5; 5]);
    }

    #[test]
    fn one_pixel_that_is_left_gives_all() {
        let mut channel = vec![0.0; 28 * 28];
        channel[300] = 0.75;
        let removed: Vec<usize> = (0..28 * 28).filter(|&pixel| pixel != 300).collect();
        impute(&mut channel, [28, 28], &removed, 0.5);
        assert!(channel.iter().all(|value| (value - 0.75).abs() < 1e-6));
    }
}
