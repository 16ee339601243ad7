//! What is tried: the first images of each class, each towards every other class.

use doubleback::data::Dataset;

/// An image to be turned into another class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Its place among the test images.
    pub index: usize,
    /// Its class.
    pub original: usize,
    /// The class that it is to be taken for.
    pub target: usize,
}

/// Places of the test images of each class, in their order.
pub(super) fn by_class(dataset: &Dataset) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); dataset.classes.len()];
    for (index, &label) in dataset.test.labels().iter().enumerate() {
        if let Some(class) = places.get_mut(label as usize) {
            class.push(index);
        }
    }
    places
}

/// All attempts on the first `per_class` images of each class: by class, then by image, then by target.
pub(super) fn attempts(dataset: &Dataset, per_class: usize) -> Vec<Vec<Attempt>> {
    let classes = dataset.classes.len();
    let of_class = |(original, places): (usize, Vec<usize>)| {
        let images = places.into_iter().take(per_class);
        images
            .flat_map(|index| {
                let targets = (0..classes).filter(move |&target| target != original);
                targets.map(move |target| Attempt {
                    index,
                    original,
                    target,
                })
            })
            .collect()
    };
    by_class(dataset).into_iter().enumerate().map(of_class).collect()
}
