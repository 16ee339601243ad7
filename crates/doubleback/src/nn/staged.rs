use burn::tensor::Tensor;

use super::classifier::{Classifier, Pullback, by_autodiff, check_cotangent, check_images, check_type};
use super::layer_spec::{IMAGES, LayerSpec};
use super::layers::{LayerKind, Size};
use super::layout::{to_nchw, to_nhwc};
use super::mode::Mode;
use super::network::{Network, as_logits};
use crate::{Error, Result};

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
/// For a model of your own, write the first three functions: the pullbacks come from Burn's autodiff then. A [`Network`] has all of them, and its
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

/// The indices of the stages of these names, ascending.
///
/// # Errors
/// When there is none of a name; the message suggests the nearest.
pub fn stage_indices(model: &dyn Staged, names: &[impl AsRef<str>]) -> Result<Vec<usize>> {
    let stages = model.stages();
    let find = |name: &str| {
        let found = stages.iter().position(|stage| stage.name == name);
        found.ok_or_else(|| Error::unknown("layer", name, stages.iter().map(|stage| stage.name.as_str())))
    };
    let mut indices = names
        .iter()
        .map(|name| find(name.as_ref()))
        .collect::<Result<Vec<_>>>()?;
    indices.sort_unstable();
    indices.dedup();
    Ok(indices)
}

impl Network {
    /// The value at the end of each stage, and the stage's name. Layers with one name before the dot are one stage. Flattening makes none:
    /// it moves nothing.
    fn cuts(&self) -> Vec<(usize, &str)> {
        let mut cuts = vec![(0, IMAGES)];
        for (index, spec) in self.architecture().layers.iter().enumerate() {
            if matches!(spec.kind, LayerKind::Flatten(_)) || !self.graph().is_cut(index + 1) {
                continue;
            }
            let name = stem(spec);
            match cuts.last_mut() {
                Some((value, last)) if *last == name => *value = index + 1,
                _ => cuts.push((index + 1, name)),
            }
        }
        cuts
    }

    /// The value at the end of a stage, and its size.
    fn cut(&self, stage: usize) -> Result<(usize, Size)> {
        let cuts = self.cuts();
        match cuts.get(stage) {
            Some(&(value, _)) => Ok((value, self.architecture().sizes()?[value])),
            None => {
                let expected = format!("less than {}, the number of stages", cuts.len());
                Err(Error::value("stage", expected, stage))
            }
        }
    }
}

fn stem(spec: &LayerSpec) -> &str {
    spec.name.split('.').next().unwrap_or_default()
}

impl Staged for Network {
    fn stages(&self) -> Vec<Stage> {
        // The sizes were checked when the network was built.
        let sizes = self.architecture().sizes().unwrap_or_default();
        let cuts = self.cuts().into_iter();
        cuts.map(|(value, name)| Stage {
            name: name.to_owned(),
            size: sizes[value],
        })
        .collect()
    }

    fn latents(&self, images: Tensor<4>, stages: &[usize]) -> Result<Vec<Tensor<4>>> {
        check_images(self.shape(), self.dtype(), &images)?;
        if let Some(pair) = stages.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(Error::value("stages", "in ascending order", format!("{pair:?}")));
        }
        let kept = stages
            .iter()
            .map(|&stage| Ok(self.cut(stage)?.0))
            .collect::<Result<Vec<_>>>()?;
        let Some(&last) = kept.last() else {
            return Ok(Vec::new());
        };
        let images = to_nhwc(images);
        let mut latents = Vec::with_capacity(kept.len());
        if kept[0] == 0 {
            latents.push(images.clone());
        }
        let mut visit = |latent: &Tensor<4>| latents.push(latent.clone());
        let (_, _) = self.run(0..last, images, &kept, &mut visit, &mut Mode::Inference)?;
        Ok(latents)
    }

    fn logits_from(&self, stage: usize, latent: Tensor<4>) -> Result<Tensor<2>> {
        Ok(self.logits_from_with_pullback(stage, latent)?.0)
    }

    fn logits_from_with_pullback(&self, stage: usize, latent: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let (value, [height, width, channels]) = self.cut(stage)?;
        let [n, ..] = latent.dims();
        let expected = [n, height, width, channels];
        if latent.dims() != expected {
            return Err(Error::shape("latent", expected, latent.dims()));
        }
        if n == 0 {
            return Err(Error::value("latents", "at least one", 0));
        }
        check_type("latent", self.dtype(), &latent)?;
        let layers = value..self.architecture().layers.len();
        let (logits, pullback) = self.run(layers, latent, &[], &mut |_| (), &mut Mode::Inference)?;
        let (logits, pullback) = as_logits(logits, self.classes(), pullback);
        Ok((logits, Pullback::new(pullback)))
    }

    fn latents_with_pullback(&self, images: Tensor<4>, stage: usize) -> Result<(Tensor<4>, Pullback<'_, 4>)> {
        check_images(self.shape(), self.dtype(), &images)?;
        let (value, _) = self.cut(stage)?;
        let (latent, pullback) = self.run(0..value, to_nhwc(images), &[value], &mut |_| (), &mut Mode::Inference)?;
        let expected = (latent.dims(), latent.dtype());
        let pullback = move |cotangent: Tensor<4>| {
            check_cotangent("latent", expected, &cotangent)?;
            Ok(to_nchw(pullback(cotangent)?))
        };
        Ok((latent, Pullback::new(pullback)))
    }
}
