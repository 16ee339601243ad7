use burn::tensor::Tensor;

use super::classifier::{Classifier, Stage, Staged, check_images};
use super::layer_spec::{IMAGES, LayerSpec};
use super::layers::{LayerKind, Size};
use super::layout::{to_nchw, to_nhwc};
use super::mode::Mode;
use super::network::{Network, as_logits};
use super::pullback::{Pullback, check_cotangent, check_type};
use crate::{Error, Result};

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
