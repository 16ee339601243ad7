//! From a data set in memory to tensors on a device.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::{ImageShape, Split};
use crate::nn::{cross_entropy, one_hot};
use crate::{Error, Result};

/// Images with their labels, on a device.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::batch::Batch;
///
/// let batch = Batch::of(Tensor::zeros([2, 1, 28, 28], &Device::flex()), vec![3, 8], 10)?;
/// assert_eq!((batch.len(), batch.targets.dims()), (2, [2, 10]));
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    /// Private, and never changed: `origin` says which they are.
    images: Tensor<4>,
    /// `[n, classes]`, zeros and ones.
    pub targets: Tensor<2>,
    /// The labels themselves.
    pub labels: Vec<usize>,
    origin: Option<Origin>,
    weights: Option<ImageWeights>,
    /// Share of the labels' weight that is spread over all classes.
    label_smoothing: f64,
}

/// Which images a batch has: those of a range of a split that [`Batches`] borrow, whose number no others ever get. Equal origins are equal
/// images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    /// Number of the [`Batches`].
    pub batches: u64,
    /// First image.
    pub start: usize,
    /// The image after the last.
    pub end: usize,
}

/// How much each image of a batch counts in means.
#[derive(Clone, Debug)]
pub(crate) struct ImageWeights {
    /// `[n, 1]`.
    of_images: Tensor<2>,
    sum: f64,
}

impl ImageWeights {
    /// `[n, 1, 1, 1]`.
    pub fn of_images(&self) -> Tensor<4> {
        let [n, _] = self.of_images.dims();
        self.of_images.clone().reshape([n, 1, 1, 1])
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.sum
    }
}

impl Batch {
    /// Images `start..end` of a split.
    ///
    /// # Errors
    /// When a label is not a class.
    pub fn new(split: &Split, shape: ImageShape, classes: usize, range: Range<usize>, device: &Device) -> Result<Self> {
        let labels = split.labels()[range.clone()]
            .iter()
            .map(|&label| label as usize)
            .collect();
        Self::of(tensor_of(split, shape, range, device), labels, classes)
    }

    /// Images of your own, `[n, channels, height, width]`, with the class of each.
    ///
    /// # Errors
    /// When a label is not a class, or there is not one for each image.
    pub fn of(images: Tensor<4>, labels: Vec<usize>, classes: usize) -> Result<Self> {
        if labels.len() != images.dims()[0] {
            return Err(Error::shape("labels of a batch", images.dims()[0], labels.len()));
        }
        Ok(Self {
            targets: one_hot(&labels, classes, &images)?,
            images,
            labels,
            origin: None,
            weights: None,
            label_smoothing: 0.0,
        })
    }

    /// The same images, each of which counts as much in means as its class weighs.
    ///
    /// # Errors
    /// When there is not a weight for each class, or those of the images are not positive numbers.
    pub fn with_class_weights(mut self, weights: &[f64]) -> Result<Self> {
        let classes = self.targets.dims()[1];
        if weights.len() != classes {
            return Err(Error::value(
                "class weights",
                format!("{classes}, one for each class"),
                weights.len(),
            ));
        }
        let of_images: Vec<f64> = self.labels.iter().map(|&label| weights[label]).collect();
        if let Some(weight) = of_images.iter().find(|weight| !(**weight > 0.0 && weight.is_finite())) {
            return Err(Error::value("class weight", "a positive number", weight));
        }
        let sum = of_images.iter().sum();
        let data = TensorData::new(of_images, [self.labels.len(), 1]);
        let of_images = Tensor::from_data(data, (&self.targets.device(), self.targets.dtype()));
        self.weights = Some(ImageWeights { of_images, sum });
        Ok(self)
    }

    /// The same images, whose cross-entropy with the true labels is that with smoothed ones: of K classes the true one weighs `1 - smoothing +
    /// smoothing / K`, any other `smoothing / K` (Szegedy et al. 2016), as PyTorch's `CrossEntropyLoss(label_smoothing)`. [`targets`](Self::targets) stay
    /// zeros and ones.
    ///
    /// # Errors
    /// When `smoothing` is not in [0, 1).
    pub fn with_label_smoothing(mut self, smoothing: f64) -> Result<Self> {
        check_label_smoothing(smoothing)?;
        self.label_smoothing = smoothing;
        Ok(self)
    }

    /// The images, `[n, channels, height, width]`.
    pub fn images(&self) -> &Tensor<4> {
        &self.images
    }

    /// Images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Mean cross-entropy of `logits` with the true labels, `[1]`. With class weights it is that of PyTorch's `CrossEntropyLoss(weight)`:
    /// `Σ_n w_n CE_n / Σ_n w_n`, where w_n is the weight of image n's true class. The labels are smoothed if they are to be.
    pub fn cross_entropy(&self, logits: &Tensor<2>) -> Tensor<1> {
        if self.label_smoothing == 0.0 {
            return self.cross_entropy_with(logits, &self.targets);
        }
        let spread = self.label_smoothing / self.targets.dims()[1] as f64;
        let smoothed = self.targets.clone() * (1.0 - self.label_smoothing) + spread;
        self.cross_entropy_with(logits, &smoothed)
    }

    /// Mean cross-entropy of `logits` with other labels of the same images, such as a teacher's: `[n, classes]`. What an image counts is still its
    /// true class's weight.
    pub fn cross_entropy_with(&self, logits: &Tensor<2>, targets: &Tensor<2>) -> Tensor<1> {
        match &self.weights {
            None => cross_entropy(logits, targets),
            Some(weights) => {
                // The mean is over so many images; the weighted one over so much weight.
                let scale = self.len() as f64 / weights.sum;
                cross_entropy(logits, &(targets.clone() * weights.of_images.clone())) * scale
            }
        }
    }

    /// How much each image counts, if not all count the same.
    pub(crate) fn weights(&self) -> Option<&ImageWeights> {
        self.weights.as_ref()
    }

    /// Which images these are, if [`Batches`] gave them.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.origin
    }
}

/// Refuses a share that leaves the true class nothing of its own.
pub(crate) fn check_label_smoothing(smoothing: f64) -> Result<()> {
    match (0.0..1.0).contains(&smoothing) {
        true => Ok(()),
        false => Err(Error::value("label smoothing", "at least 0 and below 1", smoothing)),
    }
}

/// A split in batches, gone through from the first image to the last, again and again; the last batch of a round may be smaller.
pub struct Batches<'a> {
    split: &'a Split,
    shape: ImageShape,
    classes: usize,
    size: usize,
    class_weights: Option<&'a [f64]>,
    device: &'a Device,
    number: u64,
}

impl<'a> Batches<'a> {
    /// `size` images a batch, at least 1.
    pub fn new(split: &'a Split, shape: ImageShape, classes: usize, size: usize, device: &'a Device) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            split,
            shape,
            classes,
            size: size.max(1),
            class_weights: None,
            device,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The same batches with a weight for each class, see [`Batch::with_class_weights`].
    #[must_use]
    pub fn weighted(mut self, class_weights: Option<&'a [f64]>) -> Self {
        self.class_weights = class_weights;
        self
    }

    /// The images of a step, counted from 0.
    ///
    /// # Errors
    /// When a label is not a class, or class weights do not fit.
    pub fn of_step(&self, step: usize) -> Result<Batch> {
        let (_, places) = self.places_of(step);
        let Range { start, end } = places;
        let mut batch = Batch::new(self.split, self.shape, self.classes, places, self.device)?;
        batch.origin = Some(Origin {
            batches: self.number,
            start,
            end,
        });
        self.weigh(batch)
    }

    /// The images of a step as they have become, `[n, channels, height, width]`. The batch has no origin: what is remembered of the images as they were is
    /// not theirs.
    pub(crate) fn of_step_as(&self, step: usize, images: Tensor<4>) -> Result<Batch> {
        let (_, places) = self.places_of(step);
        let labels = self.split.labels()[places].iter().map(|&label| label as usize);
        self.weigh(Batch::of(images, labels.collect(), self.classes)?)
    }

    /// In which round through the split a step is, counted from 0, and the places of its images there.
    pub(crate) fn places_of(&self, step: usize) -> (usize, Range<usize>) {
        let a_round = self.split.len().div_ceil(self.size).max(1);
        let start = step % a_round * self.size;
        let end = (start + self.size).min(self.split.len());
        (step / a_round, start..end)
    }

    fn weigh(&self, batch: Batch) -> Result<Batch> {
        match self.class_weights {
            None => Ok(batch),
            Some(weights) => batch.with_class_weights(weights),
        }
    }
}

/// Images `range` of a split as `[n, channels, height, width]`.
pub fn tensor_of(split: &Split, shape: ImageShape, range: Range<usize>, device: &Device) -> Tensor<4> {
    let dims = [range.len(), shape.channels, shape.height, shape.width];
    Tensor::from_data(TensorData::new(split.values(range), dims), device)
}

/// Images at some places of a split as `[n, channels, height, width]`, in the order of the places.
///
/// # Panics
/// If a place is not less than the split's length, as indexing a slice does.
pub fn gather(split: &Split, shape: ImageShape, places: &[usize], device: &Device) -> Tensor<4> {
    let dims = [places.len(), shape.channels, shape.height, shape.width];
    let values: Vec<f32> = places.iter().flat_map(|&place| split.image(place)).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

#[cfg(test)]
mod tests {
    use doubleback_test_device::test_device;

    use super::*;
    use crate::nn::to_vec;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    fn split() -> Split {
        Split::new((0..10).map(|v| v as f32 / 10.0).collect(), vec![0, 1, 2, 0, 1], SHAPE).unwrap()
    }

    #[test]
    fn a_round_ends_with_a_smaller_batch_and_begins_again() {
        let (split, device) = (split(), test_device());
        let batches = Batches::new(&split, SHAPE, 3, 2, &device);
        let labels: Vec<Vec<usize>> = (0..4).map(|step| batches.of_step(step).unwrap().labels).collect();
        assert_eq!(labels, [vec![0, 1], vec![2, 0], vec![1], vec![0, 1]]);
    }

    #[test]
    fn equal_origins_are_equal_images() {
        let (split, device) = (split(), test_device());
        let [first, second] = [0, 1].map(|_| Batches::new(&split, SHAPE, 3, 2, &device));
        let origin = |batches: &Batches, step| batches.of_step(step).unwrap().origin().unwrap();
        assert_eq!(origin(&first, 0), origin(&first, 3));
        assert_ne!(origin(&first, 0), origin(&first, 1));
        assert_ne!(
            origin(&first, 0),
            origin(&second, 0),
            "another split could be there by now"
        );
        let own = Batch::of(first.of_step(0).unwrap().images().clone(), vec![0, 1], 3).unwrap();
        assert_eq!(own.origin(), None);
    }

    #[test]
    fn changed_images_have_no_origin() {
        let (split, device) = (split(), test_device());
        let batches = Batches::new(&split, SHAPE, 3, 2, &device);
        let plain = batches.of_step(3).unwrap();
        let changed = batches.of_step_as(3, plain.images().clone() * 2.0).unwrap();
        assert_eq!((changed.origin(), &changed.labels), (None, &plain.labels));
        assert!(plain.origin().is_some());
        assert_eq!(
            [2, 3, 7].map(|step| batches.places_of(step)),
            [(0, 4..5), (1, 0..2), (2, 2..4)]
        );
    }

    #[test]
    fn weights_are_those_of_the_classes() {
        let (split, device) = (split(), test_device());
        let batches = Batches::new(&split, SHAPE, 3, 4, &device).weighted(Some(&[0.5, 2.0, 4.0]));
        let batch = batches.of_step(0).unwrap();
        let weights = batch.weights().unwrap();
        assert_eq!(weights.sum(), 7.0);
        assert_eq!(to_vec(weights.of_images()).unwrap(), [0.5, 2.0, 4.0, 0.5]);
        let message = |weights: &[f64]| {
            let batch = Batch::new(&split, SHAPE, 3, 0..4, &device).unwrap();
            batch.with_class_weights(weights).unwrap_err().to_string()
        };
        assert_eq!(message(&[1.0, 2.0]), "class weights: 2 is not 3, one for each class");
        assert_eq!(message(&[1.0, 0.0, 1.0]), "class weight: 0 is not a positive number");
        assert!(message(&[1.0, f64::NAN, 1.0]).ends_with("NaN is not a positive number"));
    }
}
