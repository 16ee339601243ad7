use burn::tensor::Tensor;

use doubleback::batch;
use doubleback::evaluate::TestSet;

/// Places in the split of the first `count` images of a class of the test set.
pub(super) fn first_of(test: &TestSet<'_>, class: usize, count: usize) -> Vec<usize> {
    let places = (0..test.count()).filter(|&place| test.label(place) == class);
    places.map(|place| test.index(place)).take(count).collect()
}

/// Images at places of the split, and their labels.
pub(super) fn gather(test: &TestSet<'_>, places: &[usize]) -> (Tensor<4>, Vec<usize>) {
    let labels = places
        .iter()
        .map(|&place| test.split.labels()[place] as usize)
        .collect();
    (batch::gather(test.split, test.shape, places, test.device), labels)
}
