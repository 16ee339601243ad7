//! Linear equations with a symmetric positive definite matrix.

/// A square matrix, row by row.
#[derive(Clone, Debug)]
pub struct Square {
    size: usize,
    values: Vec<f64>,
}

impl Square {
    /// The identity on the first so many rows, and zero on the others.
    pub fn identity(size: usize, ones: usize) -> Self {
        let mut values = vec![0.0; size * size];
        for at in 0..ones {
            values[at * size + at] = 1.0;
        }
        Self { size, values }
    }

    /// Adds to an element.
    pub fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.size + column] += value;
    }

    /// An element.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    /// Its Cholesky factor, lower; `None` if it is not positive definite.
    pub fn cholesky(mut self) -> Option<Factor> {
        let n = self.size;
        for column in 0..n {
            for row in column..n {
                let (above, below) = self.values.split_at(row * n);
                let own = &below[..column];
                let sum: f64 = if row == column {
                    own.iter().map(|value| value * value).sum()
                } else {
                    own.iter()
                        .zip(&above[column * n..])
                        .map(|(one, other)| one * other)
                        .sum()
                };
                let rest = self.values[row * n + column] - sum;
                self.values[row * n + column] = if row == column {
                    if rest <= 0.0 || !rest.is_finite() {
                        return None;
                    }
                    rest.sqrt()
                } else {
                    rest / self.values[column * n + column]
                };
            }
        }
        Some(Factor { lower: self })
    }
}

/// A Cholesky factor.
pub struct Factor {
    lower: Square,
}

impl Factor {
    /// Logarithm of the determinant of the matrix's first rows and columns.
    pub fn log_determinant(&self, rows: usize) -> f64 {
        (0..rows).map(|at| 2.0 * self.lower.at(at, at).ln()).sum()
    }

    /// What the matrix times it is the right-hand side.
    pub fn solve(&self, mut right: Vec<f64>) -> Vec<f64> {
        let n = self.lower.size;
        for row in 0..n {
            let sum: f64 = (0..row).map(|column| self.lower.at(row, column) * right[column]).sum();
            right[row] = (right[row] - sum) / self.lower.at(row, row);
        }
        for row in (0..n).rev() {
            let sum: f64 = (row + 1..n).map(|below| self.lower.at(below, row) * right[below]).sum();
            right[row] = (right[row] - sum) / self.lower.at(row, row);
        }
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_solved() {
        let mut matrix = Square::identity(2, 0);
        for (row, column, value) in [(0, 0, 4.0), (0, 1, 2.0), (1, 0, 2.0), (1, 1, 3.0)] {
            matrix.add(row, column, value);
        }
        let factor = matrix.cholesky().unwrap();
        assert!((factor.log_determinant(2) - 8.0_f64.ln()).abs() < 1e-12);
        let solution = factor.solve(vec![2.0, 5.0]);
        assert!((solution[0] + 0.5).abs() < 1e-12 && (solution[1] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_definite_has_no_factor() {
        assert!(Square::identity(2, 1).cholesky().is_none());
    }
}
