use burn::tensor::{Tensor, TensorData};

use doubleback::evaluate::TestSet;

/// Places of the first `count` images of a class in the test set.
pub(super) fn first_of(test: &TestSet<'_>, class: usize, count: usize) -> Vec<usize> {
    let labels = &test.split.labels()[..test.count()];
    let of_class = |&place: &usize| labels[place] as usize == class;
    (0..labels.len()).filter(of_class).take(count).collect()
}

/// Images of the test set, and their labels.
pub(super) fn gather(test: &TestSet<'_>, places: &[usize]) -> (Tensor<4>, Vec<usize>) {
    let shape = test.shape;
    let dims = [places.len(), shape.channels, shape.height, shape.width];
    let pixels: Vec<f32> = places
        .iter()
        .flat_map(|&place| test.split.image(place).iter().copied())
        .collect();
    let labels = places
        .iter()
        .map(|&place| test.split.labels()[place] as usize)
        .collect();
    (Tensor::from_data(TensorData::new(pixels, dims), test.device), labels)
}
