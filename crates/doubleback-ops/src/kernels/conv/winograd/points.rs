//! The matrices of the transforms.

/// An 8x8 frame for any of them; rows and columns past the used ones are zero.
pub(crate) type Matrix = [[f32; 8]; 8];

/// The transforms of one set of points.
pub(crate) struct Points {
    /// `Bᵀ`: image tile to values at the points.
    pub input: Matrix,
    /// `G`: kernel to values at the points.
    pub kernel: Matrix,
    /// `Aᵀ`: products at the points to output pixels.
    pub output: Matrix,
    /// For the weight gradient, tile of output gradients to values at the points.
    pub cotangent: Matrix,
    /// For the weight gradient, sums of products at the points to taps.
    pub taps: Matrix,
}

/// F(4, 5): points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity.
static FOUR_FIVE: Points = points(
    [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5],
    8,
    5,
    [4.0, 18.0, 18.0, 360.0, 360.0, 2.8125, 2.8125, 4.0],
    [
        [4.0, 0.0, -21.0, 0.0, 21.0, 0.0, -4.0, 0.0],
        [0.0, -4.0, -4.0, 17.0, 17.0, -4.0, -4.0, 0.0],
        [0.0, 4.0, -4.0, -17.0, 17.0, 4.0, -4.0, 0.0],
        [0.0, 2.0, 1.0, -10.0, -5.0, 8.0, 4.0, 0.0],
        [0.0, -2.0, 1.0, 10.0, -5.0, -8.0, 4.0, 0.0],
        [0.0, 4.0, 8.0, -5.0, -10.0, 1.0, 2.0, 0.0],
        [0.0, -4.0, 8.0, 5.0, -10.0, -1.0, 2.0, 0.0],
        [0.0, -4.0, 0.0, 21.0, 0.0, -21.0, 0.0, 4.0],
    ],
);

/// F(2, 3): points 0, 1, -1 and infinity.
static TWO_THREE: Points = points(
    [0.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0],
    4,
    3,
    [1.0, 2.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0],
    [
        row([1.0, 0.0, -1.0, 0.0, 0.0, 0.0]),
        row([0.0, 1.0, 1.0, 0.0, 0.0, 0.0]),
        row([0.0, -1.0, 1.0, 0.0, 0.0, 0.0]),
        row([0.0, -1.0, 0.0, 1.0, 0.0, 0.0]),
        [0.0; 8],
        [0.0; 8],
        [0.0; 8],
        [0.0; 8],
    ],
);

/// F(4, 3).
static FOUR_THREE: Points = six_points(3);

/// F(2, 5).
static TWO_FIVE: Points = six_points(5);

/// The transforms with six points are at 0, `A`, `-A`, `B`, `-B` and infinity: of all eighths these round least, by a third less than
/// 0, 1, -1, 1/2, -2.
pub(super) const A: f32 = 0.625;
pub(super) const B: f32 = 1.5;

/// All entries of the image's transform are exact.
const fn six_points(taps: usize) -> Points {
    let (a, b) = (A as f64, B as f64);
    let (aa, bb) = (a * a, b * b);
    let (at_a, at_b) = (2.0 * aa * (aa - bb), 2.0 * bb * (bb - aa));
    points(
        [0.0, a, -a, b, -b, 0.0, 0.0],
        6,
        taps,
        [aa * bb, at_a, at_a, at_b, at_b, 1.0, 0.0, 0.0],
        [
            row([aa * bb, 0.0, -(aa + bb), 0.0, 1.0, 0.0]),
            row([0.0, -a * bb, -bb, a, 1.0, 0.0]),
            row([0.0, a * bb, -bb, -a, 1.0, 0.0]),
            row([0.0, -b * aa, -aa, b, 1.0, 0.0]),
            row([0.0, b * aa, -aa, -b, 1.0, 0.0]),
            row([0.0, aa * bb, 0.0, -(aa + bb), 0.0, 1.0]),
            [0.0; 8],
            [0.0; 8],
        ],
    )
}

/// A row of a frame.
const fn row(values: [f64; 6]) -> [f32; 8] {
    let mut row = [0.0; 8];
    let mut i = 0;
    while i < values.len() {
        row[i] = values[i] as f32;
        i += 1;
    }
    row
}

/// The transforms with `N` points for kernels of size `R`.
#[inline(always)]
pub(crate) fn of<const N: usize, const R: usize>() -> &'static Points {
    match (N, R) {
        (8, _) => &FOUR_FIVE,
        (4, _) => &TWO_THREE,
        (_, 3) => &FOUR_THREE,
        _ => &TWO_FIVE,
    }
}

/// All matrices from the finite points, the inverse Vandermonde matrix with exact entries, and what its rows were multiplied by for that.
const fn points(at: [f64; 7], n: usize, taps: usize, scale: [f64; 8], input: Matrix) -> Points {
    Points {
        input,
        kernel: powers(at, n, taps, scale, false),
        output: powers(at, n, n + 1 - taps, [1.0; 8], true),
        cotangent: powers(at, n, n + 1 - taps, [1.0; 8], false),
        taps: powers(at, n, taps, scale, true),
    }
}

/// Powers 0 to `count - 1` of each point over its scale, a row a point or a column a point; the last point is infinity.
const fn powers(at: [f64; 7], n: usize, count: usize, scale: [f64; 8], transposed: bool) -> Matrix {
    let mut matrix = [[0.0; 8]; 8];
    let mut i = 0;
    while i < n {
        let (mut power, mut j) = (1.0, 0);
        while j < count {
            let value = if i < n - 1 {
                power
            } else if j == count - 1 {
                1.0
            } else {
                0.0
            };
            let value = (value / scale[i]) as f32;
            if transposed {
                matrix[j][i] = value;
            } else {
                matrix[i][j] = value;
            }
            if i < n - 1 {
                power *= at[i];
            }
            j += 1;
        }
        i += 1;
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Σ_p left[i][p] (Σ_a a[p][j]) (Σ_b b[p][k])` must be 1 where i + j = k (or what else `holds` says) and 0 elsewhere.
    fn check(points: &Points, n: usize, taps: usize) {
        let product = |out: &Matrix, filter: &Matrix, i: usize, j: usize, k: usize| -> f64 {
            (0..n)
                .map(|p| out[i][p] as f64 * filter[p][j] as f64 * points.input[p][k] as f64)
                .sum()
        };
        for k in 0..n {
            for i in 0..n + 1 - taps {
                for j in 0..taps {
                    let expected = f64::from(u8::from(i + j == k));
                    assert!((product(&points.output, &points.kernel, i, j, k) - expected).abs() < 1e-5);
                    assert!((product(&points.taps, &points.cotangent, j, i, k) - expected).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn interpolation_is_exact() {
        check(of::<8, 5>(), 8, 5);
        check(of::<6, 3>(), 6, 3);
        check(of::<4, 3>(), 4, 3);
        check(of::<6, 5>(), 6, 5);
    }
}
