use burn::tensor::Tensor;

use super::{Attribution, Explainer, InternalBatch, check_targets};
use crate::Result;
use crate::nn::{Classifier, check_images};

/// Any method, given so many images at a time: what bounds the memory of a method that asks about the images themselves.
pub struct InBatches<E> {
    /// The method.
    pub of: E,
    /// Images at a time.
    pub internal_batch: InternalBatch,
}

impl<E: Explainer> Explainer for InBatches<E> {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        check_images(model.shape(), None, images)?;
        check_targets(model, images, targets)?;
        let (n, at_once) = (targets.len(), self.internal_batch.images(model.shape()));
        if n <= at_once {
            return self.of.explain(model, images, targets);
        }
        let (mut values, mut gap) = (Vec::new(), Vec::new());
        for start in (0..n).step_by(at_once) {
            let places = start..(start + at_once).min(n);
            let found = self
                .of
                .explain(model, &images.clone().slice([places.clone()]), &targets[places])?;
            values.push(found.values);
            gap.extend(found.gap.unwrap_or_default());
        }
        Ok(Attribution {
            values: Tensor::cat(values, 0),
            gap: (gap.len() == n).then_some(gap),
        })
    }
}
