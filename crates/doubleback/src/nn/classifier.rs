use std::ops::Range;

use burn::tensor::{DType, Tensor};

use super::layered::Layered;
use super::layers::Size;
use super::nearby::Nearby;
use super::pullback::{Pullback, by_autodiff, check_type};
use crate::data::{Bounds, ImageShape};
use crate::{Error, Result};

/// From the logits of some of the images, `[m, classes]`, and their places among all, to a cotangent of these logits. Images are asked about by themselves: what
/// it gives for one must not depend on the others.
pub type Cotangents<'c> = dyn Fn(&Tensor<2>, Range<usize>) -> Result<Tensor<2>> + Sync + 'c;

/// All that attacks, explanations and evaluation ask of a model, in inference mode.
///
/// Images are `[n, channels, height, width]` in the model's own [`bounds`](Classifier::bounds); normalization is part of the model, so that an
/// epsilon always means the same.
///
/// A model can be held and used by several threads at once.
pub trait Classifier: Send + Sync {
    /// Number of classes.
    fn classes(&self) -> usize;

    /// Channels, height and width of an image.
    fn shape(&self) -> ImageShape;

    /// Least and greatest pixel value.
    fn bounds(&self) -> Bounds;

    /// `[n, classes]`.
    ///
    /// # Errors
    /// When the images have another shape or type, or there is none.
    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>>;

    /// The logits and their pullback.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)>;

    /// The logits, and the gradient of the images at the cotangent that `cotangents` makes of them: what
    /// [`logits_with_pullback`](Self::logits_with_pullback) and one call of its pullback give. A network on the processor goes forth and back with a few
    /// images at a time, which takes a fraction of the memory.
    ///
    /// # Errors
    /// As [`logits`](Self::logits), when `cotangents` fails, or does not give what is shaped as the logits it is given.
    fn logits_with_gradient(&self, images: Tensor<4>, cotangents: &Cotangents<'_>) -> Result<(Tensor<2>, Tensor<4>)> {
        let n = images.dims()[0];
        let (logits, pullback) = self.logits_with_pullback(images)?;
        let gradient = pullback.apply(cotangents(&logits, 0..n)?)?;
        Ok((logits, gradient))
    }

    /// These images, to be asked again with small windows of them changed, where the model can do so for less than a forward pass: see
    /// [`nearby`](super::nearby()), which asks any model so.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    fn nearby(&self, _images: &Tensor<4>) -> Result<Option<Box<dyn Nearby + '_>>> {
        Ok(None)
    }

    /// The same model, where it can stop at its layers and go on from them: what explanations by layer ask for.
    fn as_staged(&self) -> Option<&dyn Staged> {
        None
    }

    /// The same model, where it can be run backwards by other rules than its layers' own pullbacks: what guided backpropagation and relevance propagation
    /// ask for.
    fn as_layered(&self) -> Option<&dyn Layered> {
        None
    }
}

/// A point of a model where one value, its latent, holds all that the later layers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Name of the layer that ends here; `input` is the first.
    pub name: String,
    /// Height, width and channels of the latent; vectors have height and width 1.
    pub size: Size,
}

/// A classifier that can stop at its layers and go on from them: what explanations by layer and the diagnosis ask of a model.
///
/// For a model of your own, write the first three functions: the pullbacks come from Burn's autodiff then. A [`Network`](super::Network) has all of them, and its
/// pullbacks are exact at both orders.
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Classifier, Network, Pool, Staged, paper_cnn, stage_indices};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// let names: Vec<String> = network.stages().into_iter().map(|stage| stage.name).collect();
/// assert_eq!(names, ["input", "conv1", "pool1", "conv2", "pool2", "dense1", "logits"]);
///
/// let images = Tensor::zeros([2, 1, 28, 28], &Device::flex());
/// let chosen = stage_indices(&network, &["pool1", "dense1"])?;
/// let latents = network.latents(images.clone(), &chosen)?;
/// assert_eq!(latents[0].dims(), [2, 14, 14, 32]);
/// let logits = network.logits_from(chosen[1], latents[1].clone())?;
/// assert_eq!(logits.into_data(), network.logits(images.clone())?.into_data());
///
/// // The pullback at the images is that up to a stage after that from the stage on.
/// let (latents, to_images) = network.latents_with_pullback(images, chosen[0])?;
/// let (logits, to_latents) = network.logits_from_with_pullback(chosen[0], latents)?;
/// let of_latents = to_latents.apply(logits.ones_like())?;
/// assert_eq!(of_latents.dims(), [2, 14, 14, 32]);
/// assert_eq!(to_images.apply(of_latents)?.dims(), [2, 1, 28, 28]);
/// # Ok::<(), doubleback::Error>(())
/// ```
pub trait Staged: Classifier {
    /// The stages in the order of computation: `input` first, the one that gives the logits last.
    fn stages(&self) -> Vec<Stage>;

    /// The latents `[n, height, width, channels]` of the stages with these indices, ascending, from one forward pass in inference mode.
    /// That of `input` is the images.
    ///
    /// # Errors
    /// When the images have another shape or type, or there is no such stage.
    fn latents(&self, images: Tensor<4>, stages: &[usize]) -> Result<Vec<Tensor<4>>>;

    /// The logits `[n, classes]` of a stage's latent `[n, height, width, channels]`.
    ///
    /// # Errors
    /// When the latent has another shape or type, or there is no such stage.
    fn logits_from(&self, stage: usize, latent: Tensor<4>) -> Result<Tensor<2>>;

    /// The logits `[n, classes]` of a stage's latent `[n, height, width, channels]`, and their pullback to that latent: from a cotangent of the
    /// logits to a gradient shaped as the latent. As written here it repeats [`logits_from`](Self::logits_from) at each call and cannot be
    /// differentiated itself.
    ///
    /// # Errors
    /// When the latent has another shape, or there is no such stage; from the pullback, when the cotangent is not shaped as the logits, or
    /// they do not depend on the latent.
    fn logits_from_with_pullback(&self, stage: usize, latent: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let logits = self.logits_from(stage, latent.clone())?;
        let pullback = by_autodiff("logits", &logits, latent, move |latent| self.logits_from(stage, latent));
        Ok((logits, pullback))
    }

    /// The latent `[n, height, width, channels]` of one stage, and its pullback to the images: from a cotangent of the latent to a gradient of the
    /// images, `[n, channels, height, width]`. As written here it repeats [`latents`](Self::latents) at each call and cannot be differentiated
    /// itself.
    ///
    /// # Errors
    /// When the images have another shape, or there is no such stage; from the pullback, when the cotangent is not shaped as the latent, or
    /// that does not depend on the images.
    fn latents_with_pullback(&self, images: Tensor<4>, stage: usize) -> Result<(Tensor<4>, Pullback<'_, 4>)> {
        let forward = move |images| {
            let latent = self.latents(images, &[stage])?.pop();
            latent.ok_or_else(|| Error::value("stages", "one latent each", "none"))
        };
        let latent = forward(images.clone())?;
        let pullback = by_autodiff("latent", &latent, images, forward);
        Ok((latent, pullback))
    }
}

/// Refuses images that a model of this shape, with tensors of this type if it has any, does not take: of another shape or type, or none at all.
pub(crate) fn check_images(shape: ImageShape, dtype: Option<DType>, images: &Tensor<4>) -> Result<()> {
    let [n, channels, height, width] = images.dims();
    if [channels, height, width] != [shape.channels, shape.height, shape.width] {
        return Err(Error::shape(
            "images",
            [n, shape.channels, shape.height, shape.width],
            images.dims(),
        ));
    }
    if n == 0 {
        return Err(Error::value("images", "at least one", 0));
    }
    check_type("images", dtype, images)
}
