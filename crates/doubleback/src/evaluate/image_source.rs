//! Where images come from, when they need not be in memory.

use burn::tensor::Tensor;

use super::test_set::TestSet;
use crate::Result;

/// Images that are read when their turn comes.
pub trait ImageSource {
    /// How many there are.
    fn count(&self) -> usize;

    /// Those at some places, ascending and each below [`count`](Self::count): `[n, channels, height, width]`.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read(&self, places: &[usize]) -> Result<Tensor<4>>;
}

impl ImageSource for TestSet<'_> {
    fn count(&self) -> usize {
        TestSet::count(self)
    }

    fn read(&self, places: &[usize]) -> Result<Tensor<4>> {
        let index: Vec<usize> = places.iter().map(|&place| self.index(place)).collect();
        Ok(self.gather(&index))
    }
}
