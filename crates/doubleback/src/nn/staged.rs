use burn::tensor::Tensor;

use super::architecture::LayerSpec;
use super::classifier::{Classifier, check_images};
use super::layers::{LayerKind, Size};
use super::network::{Mode, Network, to_nhwc};
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
/// For a model of your own, write the three functions; a [`Network`] has them:
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
/// assert_eq!(logits.into_data(), network.logits(images)?.into_data());
/// # Ok::<(), doubleback::Error>(())
/// ```
pub trait Staged: Classifier {
    /// The stages in the order of computation: `input` first, the one that gives the logits last.
    fn stages(&self) -> Vec<Stage>;

    /// The latents `[n, height, width, channels]` of the stages with these indices, ascending, from one forward pass in inference mode.
    /// That of `input` is the images.
    ///
    /// # Errors
    /// When the images have another shape, or there is no such stage.
    fn latents(&self, images: Tensor<4>, stages: &[usize]) -> Result<Vec<Tensor<4>>>;

    /// The logits `[n, classes]` of a stage's latent `[n, height, width, channels]`.
    ///
    /// # Errors
    /// When the latent has another shape, or there is no such stage.
    fn logits_from(&self, stage: usize, latent: Tensor<4>) -> Result<Tensor<2>>;
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
        let mut cuts = vec![(0, "input")];
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
        check_images(self.shape(), &images)?;
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
        let mut values = vec![None; self.architecture().layers.len() + 1];
        values[0] = Some(images);
        let mut visit = |latent: &Tensor<4>| latents.push(latent.clone());
        self.run_layers(0..last, &mut values, &kept, &mut visit, &mut Mode::Inference)?;
        Ok(latents)
    }

    fn logits_from(&self, stage: usize, latent: Tensor<4>) -> Result<Tensor<2>> {
        let (value, [height, width, channels]) = self.cut(stage)?;
        let [n, ..] = latent.dims();
        let expected = [n, height, width, channels];
        if latent.dims() != expected {
            return Err(Error::shape("latent", expected, latent.dims()));
        }
        let layers = self.architecture().layers.len();
        let mut values = vec![None; layers + 1];
        values[value] = Some(latent);
        self.run_layers(value..layers, &mut values, &[], &mut |_| (), &mut Mode::Inference)?;
        self.logits_of(values, n)
    }
}
