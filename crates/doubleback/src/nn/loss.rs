//! Losses of logits, and the cotangents that turn a pullback into their input gradients.

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Tensor, TensorData};

use super::classifier::Classifier;
use crate::{Error, Result};

/// Mean over the batch of `-Σ_k target_k log p_k`, shape `[1]`.
pub fn cross_entropy(logits: &Tensor<2>, targets: &Tensor<2>) -> Tensor<1> {
    let n = logits.dims()[0] as f64;
    (log_softmax(logits.clone(), 1) * targets.clone()).sum() / -n
}

/// Labels as `[n, classes]` zeros and ones.
///
/// # Errors
/// When a label is not below `classes`.
pub fn one_hot(labels: &[usize], classes: usize, like: &Tensor<4>) -> Result<Tensor<2>> {
    let mut values = vec![0f32; labels.len() * classes];
    for (i, &label) in labels.iter().enumerate() {
        if label >= classes {
            return Err(Error::value(
                "label",
                format!("below the {classes} classes of the model"),
                label,
            ));
        }
        values[i * classes + label] = 1.0;
    }
    Ok(Tensor::from_data(
        TensorData::new(values, [labels.len(), classes]),
        (&like.device().inner(), like.dtype()),
    ))
}

/// What an attack climbs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loss {
    /// Cross-entropy, as in the paper. Its gradient is exactly zero in f32 once the probability of the label rounds to 1.
    #[default]
    CrossEntropy,
    /// Largest other logit minus that of the label (Carlini & Wagner 2017, without the floor): its gradient never underflows.
    Margin,
}

impl Loss {
    /// Gradient of each image's loss with respect to its logits, `[n, classes]`.
    ///
    /// # Errors
    /// When a label is not a class.
    pub fn cotangent(self, logits: &Tensor<2>, labels: &[usize], like: &Tensor<4>) -> Result<Tensor<2>> {
        let classes = logits.dims()[1];
        let truth = one_hot(labels, classes, like)?;
        match self {
            Loss::CrossEntropy => Ok(softmax(logits.clone(), 1) - truth),
            Loss::Margin => {
                let others = logits.clone() - truth.clone() * 1e30;
                let best = predictions(&others)?;
                Ok(one_hot(&best, classes, like)? - truth)
            }
        }
    }

    /// Gradient of each image's loss with respect to the image, shaped as the images, and the logits it was taken at.
    ///
    /// # Errors
    /// When images or labels do not fit the model.
    pub fn input_gradient(
        self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
    ) -> Result<(Tensor<4>, Tensor<2>)> {
        if labels.len() != images.dims()[0] {
            return Err(Error::shape("labels", images.dims()[0], labels.len()));
        }
        let (logits, pullback) = model.logits_with_pullback(images.clone())?;
        let gradient = pullback.apply(self.cotangent(&logits, labels, images)?)?;
        Ok((gradient, logits))
    }
}

/// Class of the largest logit of each image; the first of equals.
///
/// # Errors
/// When the device fails.
pub fn predictions(logits: &Tensor<2>) -> Result<Vec<usize>> {
    let classes = logits.dims()[1];
    let values = to_vec(logits.clone())?;
    Ok(values
        .chunks_exact(classes)
        .map(|row| {
            row.iter()
                .enumerate()
                .fold(0, |best, (k, &value)| if value > row[best] { k } else { best })
        })
        .collect())
}

/// The values of a tensor, in row-major order.
///
/// # Errors
/// When the device fails.
pub fn to_vec<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|e| Error::device("reading a tensor", e))
}
