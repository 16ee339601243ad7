use burn::tensor::{Int, Tensor, TensorData};

use super::Goal;

/// The images of a batch that no attack has beaten yet: only these are worth attacking again.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Ascending.
    places: Vec<usize>,
    /// Images of the batch.
    batch: usize,
}

impl Standing {
    /// All images of a batch of `batch`.
    pub fn all(batch: usize) -> Self {
        Self {
            places: (0..batch).collect(),
            batch,
        }
    }

    /// The images that are marked.
    pub fn of(marked: &[bool]) -> Self {
        Self {
            places: (0..marked.len()).filter(|&place| marked[place]).collect(),
            batch: marked.len(),
        }
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Places in the batch of those that are left, ascending.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Images left, of those of the batch.
    pub fn images(&self, batch: &Tensor<4>) -> Tensor<4> {
        if self.places.len() == self.batch {
            return batch.clone();
        }
        batch.clone().select(0, indices(self.places.iter().copied(), batch))
    }

    /// The goal of the images left.
    pub fn goal(&self, goal: &Goal) -> Goal {
        goal.of(&self.places)
    }

    /// The batch with those images left that are marked replaced by their place in `images`.
    pub fn replace(&self, batch: Tensor<4>, images: Tensor<4>, marked: &[bool]) -> Tensor<4> {
        if marked.len() == self.batch && marked.iter().all(|&marked| marked) {
            return images;
        }
        let mut rows: Vec<usize> = (0..self.batch).collect();
        for (row, (&place, _)) in self
            .places
            .iter()
            .zip(marked)
            .enumerate()
            .filter(|(_, (_, marked))| **marked)
        {
            rows[place] = self.batch + row;
        }
        let rows = indices(rows.into_iter(), &batch);
        Tensor::cat(vec![batch, images], 0).select(0, rows)
    }

    /// Leaves out those that are not marked; one mark for each that is left.
    pub fn keep(&mut self, marked: &[bool]) {
        let mut marked = marked.iter();
        self.places.retain(|_| marked.next().is_some_and(|&marked| marked));
    }

    /// What belongs to the images left, out of one value for each of the batch.
    pub fn select<'a, T>(&self, values: &'a mut [T]) -> Vec<&'a mut T> {
        let mut places = self.places.iter().peekable();
        let values = values.iter_mut().enumerate();
        values
            .filter_map(|(place, value)| places.next_if(|&&next| next == place).map(|_| value))
            .collect()
    }
}

fn indices(rows: impl Iterator<Item = usize>, like: &Tensor<4>) -> Tensor<1, Int> {
    let rows: Vec<i64> = rows.map(|row| row as i64).collect();
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), &like.device())
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::nn::to_vec;
    use doubleback_test_device::test_device;

    fn batch(values: &[f32]) -> Tensor<4> {
        Tensor::from_data(
            TensorData::new(values.to_vec(), [values.len(), 1, 1, 1]),
            &test_device(),
        )
    }

    #[test]
    fn images_leave_and_are_replaced_by_place() {
        let all = batch(&[0.0, 1.0, 2.0, 3.0]);
        let mut standing = Standing::all(4);
        standing.keep(&[true, false, true, true]);
        standing.keep(&[false, true, true]);
        assert_eq!(standing.places(), [2, 3]);
        assert_eq!(to_vec(standing.images(&all)).unwrap(), [2.0, 3.0]);
        assert_eq!(
            standing.goal(&Goal::AwayFrom(vec![5, 6, 7, 8])),
            Goal::AwayFrom(vec![7, 8])
        );
        let replaced = standing.replace(all.clone(), batch(&[20.0, 30.0]), &[false, true]);
        assert_eq!(to_vec(replaced).unwrap(), [0.0, 1.0, 2.0, 30.0]);
        let replaced = Standing::all(4).replace(all, batch(&[4.0, 5.0, 6.0, 7.0]), &[true; 4]);
        assert_eq!(to_vec(replaced).unwrap(), [4.0, 5.0, 6.0, 7.0]);
        let mut values = ["a", "b", "c", "d"];
        assert_eq!(standing.select(&mut values), [&"c", &"d"]);
        standing.keep(&[false, false]);
        assert!(standing.is_empty());
        assert_eq!(Standing::of(&[false, true]).places(), [1]);
    }
}
