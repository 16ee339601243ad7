//! From a data set in memory to tensors on a device.

use burn::tensor::{Device, Tensor, TensorData};

use crate::Result;
use crate::data::{ImageShape, Split};
use crate::nn::one_hot;

/// Images with their labels, on a device.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[n, channels, height, width]`.
    pub images: Tensor<4>,
    /// `[n, classes]`, zeros and ones.
    pub targets: Tensor<2>,
    /// The labels themselves.
    pub labels: Vec<usize>,
}

impl Batch {
    /// Images `start..end` of a split.
    ///
    /// # Errors
    /// When a label is not a class.
    pub fn new(
        split: &Split,
        shape: ImageShape,
        classes: usize,
        range: std::ops::Range<usize>,
        device: &Device,
    ) -> Result<Self> {
        let images = tensor_of(split, shape, range.clone(), device);
        let labels: Vec<usize> = split.labels()[range].iter().map(|&label| label as usize).collect();
        let targets = one_hot(&labels, classes, &images)?;
        Ok(Self {
            images,
            targets,
            labels,
        })
    }

    /// Images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// Images `range` of a split as `[n, channels, height, width]`.
pub fn tensor_of(split: &Split, shape: ImageShape, range: std::ops::Range<usize>, device: &Device) -> Tensor<4> {
    let dims = [range.len(), shape.channels, shape.height, shape.width];
    let values = split.images()[range.start * shape.len()..range.end * shape.len()].to_vec();
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// Images at some places of a split as `[n, channels, height, width]`, in the order of the places.
///
/// # Panics
/// If a place is not less than the split's length, as indexing a slice does.
pub fn gather(split: &Split, shape: ImageShape, places: &[usize], device: &Device) -> Tensor<4> {
    let dims = [places.len(), shape.channels, shape.height, shape.width];
    let values: Vec<f32> = places.iter().flat_map(|&place| split.image(place)).copied().collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}
