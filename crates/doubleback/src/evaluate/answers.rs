//! What a model answers, with errors that say which model and which image they are about.

use burn::tensor::Tensor;

use super::Named;
use crate::attack::{Attack, Attacked};
use crate::nn::{first_bad, predictions};
use crate::not_finite::{NotFinite, Quantity};
use crate::{Error, Result};

impl Named<'_> {
    /// The class that the model takes each image for. `place` gives the place in the data of the image at a place of the batch.
    ///
    /// # Errors
    /// When the images do not fit the model; [`Error::NotFinite`] when its logits for an image are NaN or infinite, or the image is.
    pub fn predict(&self, images: &Tensor<4>, place: impl FnOnce(usize) -> usize) -> Result<Vec<usize>> {
        let logits = self.model.logits(images.clone())?;
        let found = predictions(&logits).or_else(|error| match error {
            Error::NotFinite(_) => {
                Err(first_bad(images.clone())?.map_or(error, |image| NotFinite::new(Quantity::Images, image).into()))
            }
            other => Err(other),
        });
        found.map_err(|error| error.of_model(self.name, place))
    }

    /// Attacks images of these true labels with the model's own gradients, as [`Attack::run`] does. `place` is as in [`predict`](Self::predict).
    ///
    /// # Errors
    /// As [`Attack::run`].
    pub fn attack(
        &self,
        attack: &Attack,
        images: &Tensor<4>,
        labels: &[usize],
        eps: &[f64],
        place: impl FnOnce(usize) -> usize,
    ) -> Result<Attacked> {
        let attacked = attack.run(self.model, images, labels, eps);
        attacked.map_err(|error| error.of_model(self.name, place))
    }
}
