//! What methods that look at one layer of a model take from it.

use burn::tensor::Tensor;

use super::check_targets;
use crate::nn::{Classifier, Staged, one_hot, stage_indices, with_direct_convolutions};
use crate::{Error, Result};

/// A stage's latent, and the gradient of the targets' logits there.
pub(super) struct AtStage {
    /// `[n, height, width, channels]`.
    pub latent: Tensor<4>,
    /// `[n, height, width, channels]`.
    pub gradient: Tensor<4>,
}

impl AtStage {
    /// At the stage of this name; if there is none, at the last one that has more than one pixel.
    ///
    /// # Errors
    /// When images or targets do not fit the model or each other, the model has no stages, or there is none of this name or with more than one pixel.
    pub fn of(model: &dyn Classifier, images: &Tensor<4>, targets: &[usize], stage: Option<&str>) -> Result<Self> {
        check_targets(model, images, targets)?;
        let staged = model.as_staged().ok_or_else(|| {
            let expected = "one with stages, as networks are: there is no layer to look at otherwise";
            Error::value("model of a method that looks at a layer", expected, "a function")
        })?;
        let stage = index(staged, stage)?;
        with_direct_convolutions(true, || {
            let latent = staged.latents(images.clone(), &[stage])?.pop();
            let latent = latent.ok_or_else(|| Error::internal("looking at a layer", "it has no latent"))?;
            let (_, pullback) = staged.logits_from_with_pullback(stage, latent.clone())?;
            let gradient = pullback.apply(one_hot(targets, model.classes(), images)?)?;
            Ok(Self { latent, gradient })
        })
    }

    /// The sum over the channels, each of which has a weight, `[n, 1, 1, channels]`: `[n, 1, height, width]`.
    pub fn weighted(&self, weights: Tensor<4>, relu: bool) -> Tensor<4> {
        let [n, height, width, _] = self.latent.dims();
        let map = (self.latent.clone() * weights)
            .sum_dim(3)
            .reshape([n, 1, height, width]);
        match relu {
            true => map.clamp_min(0.0),
            false => map,
        }
    }
}

/// The stage of this name; if there is none, the last one after the images that has more than one pixel.
fn index(model: &dyn Staged, name: Option<&str>) -> Result<usize> {
    let Some(name) = name else {
        let stages = model.stages();
        let pixels = stages
            .iter()
            .skip(1)
            .rposition(|stage| stage.size[0] * stage.size[1] > 1);
        return pixels.map(|place| place + 1).ok_or_else(|| {
            let expected = "one with more than one pixel: the method needs a map to look at";
            Error::value("stage after the images", expected, "none")
        });
    };
    let found = stage_indices(model, &[name])?.pop();
    found.ok_or_else(|| Error::internal("looking for a layer", "it has no index"))
}
