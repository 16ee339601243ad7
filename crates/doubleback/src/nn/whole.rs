use burn::tensor::{Tensor, TensorData};

use super::classifier::Classifier;
use super::loss::to_vec;
use super::nearby::{Change, Nearby, check_changes, check_some};
use crate::Result;

/// Images to ask a model about with windows of them changed: in its own way where it has one ([`Classifier::nearby`]), else by whole forward passes.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Change, FromFunction, nearby};
///
/// let shape = ImageShape { channels: 1, height: 2, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 4, |x: Tensor<4>| x.reshape([-1, 4]));
/// let images = Tensor::<4>::zeros([1, 1, 2, 2], &Device::flex());
/// let row = Change { image: 0, at: [1, 0], size: [1, 2], values: &[0.5, 1.0] };
/// let logits = nearby(&model, &images)?.logits(&[row])?;
/// assert_eq!(logits.into_data().try_to_vec::<f32>().unwrap(), [0.0, 0.0, 0.5, 1.0]);
/// # Ok::<(), doubleback::Error>(())
/// ```
///
/// # Errors
/// When the images do not fit the model.
pub fn nearby<'a>(model: &'a dyn Classifier, images: &Tensor<4>) -> Result<Box<dyn Nearby + 'a>> {
    match model.nearby(images)? {
        Some(own) => Ok(own),
        None => Ok(Box::new(Whole {
            model,
            values: to_vec(images.clone())?,
            like: images.clone(),
        })),
    }
}

/// Asks for whole images.
struct Whole<'a> {
    model: &'a dyn Classifier,
    values: Vec<f32>,
    like: Tensor<4>,
}

impl Whole<'_> {
    fn length(&self) -> usize {
        self.model.shape().len().max(1)
    }

    fn check(&self, changes: &[Change<'_>]) -> Result<()> {
        check_changes(changes, self.values.len() / self.length(), self.model.shape())
    }
}

impl Nearby for Whole<'_> {
    fn logits(&self, changes: &[Change<'_>]) -> Result<Tensor<2>> {
        check_some(changes)?;
        self.check(changes)?;
        let (length, shape) = (self.length(), self.model.shape());
        let mut values = Vec::with_capacity(changes.len() * length);
        for change in changes {
            let start = values.len();
            values.extend_from_slice(&self.values[change.image * length..][..length]);
            change.write(&mut values[start..], shape);
        }
        let dims = [changes.len(), shape.channels, shape.height, shape.width];
        let like = (&self.like.device(), self.like.dtype());
        self.model
            .logits(Tensor::from_data(TensorData::new(values, dims), like))
    }

    fn keep(&mut self, changes: &[Change<'_>]) -> Result<()> {
        self.check(changes)?;
        let (length, shape) = (self.length(), self.model.shape());
        for change in changes {
            change.write(&mut self.values[change.image * length..][..length], shape);
        }
        Ok(())
    }
}
