use burn::tensor::Tensor;

use doubleback::batch;
use doubleback::evaluate::TestSet;

/// By class, the places in the split of its first `count` images of the test set.
pub(super) fn first_of_each(test: &TestSet<'_>, classes: usize, count: usize) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); classes];
    for place in 0..test.count() {
        if let Some(of_class) = places.get_mut(test.label(place)).filter(|places| places.len() < count) {
            of_class.push(test.index(place));
        }
    }
    places
}

/// Images at places of the split, and their labels.
pub(super) fn gather(test: &TestSet<'_>, places: &[usize]) -> (Tensor<4>, Vec<usize>) {
    let labels = places
        .iter()
        .map(|&place| test.split.labels()[place] as usize)
        .collect();
    (batch::gather(test.split, test.shape, places, test.device), labels)
}
