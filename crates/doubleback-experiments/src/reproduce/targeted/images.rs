use burn::tensor::{Tensor, TensorData};

use doubleback::evaluate::TestSet;

/// By class, the places of its first `count` images in the test set.
pub(super) fn first_of_each(test: &TestSet<'_>, classes: usize, count: usize) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); classes];
    for (place, &label) in test.split.labels()[..test.count()].iter().enumerate() {
        if let Some(of_class) = places.get_mut(label as usize).filter(|places| places.len() < count) {
            of_class.push(place);
        }
    }
    places
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
