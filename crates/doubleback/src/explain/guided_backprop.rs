use burn::tensor::Tensor;

use super::backwards::{backwards, first, layered};
use super::{Attribution, Explainer, check_targets};
use crate::nn::layers::LayerKind;
use crate::nn::{Classifier, LayerByLayer, LayerPass, Layered, one_hot};
use crate::{Error, Result};

/// Guided backpropagation (Springenberg et al. 2015): the gradient of the target's logit, where each ReLU hands back only what is positive, and only where its
/// own input was. Other layers, activations other than ReLU among them, hand back their gradient, as in Captum.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::{Explainer, GuidedBackprop};
/// use doubleback::nn::{Network, Pool, small_cnn};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// let found = GuidedBackprop.explain(&network, &Tensor::ones([2, 1, 28, 28], &Device::flex()), &[3, 8])?;
/// assert_eq!(found.values.dims(), [2, 1, 28, 28]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuidedBackprop;

impl Explainer for GuidedBackprop {
    /// # Errors
    /// Also when the model has no ReLU.
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let relu = |layer: &LayerPass<'_>, arrived: Tensor<4>| layer.pull(arrived.clamp_min(0.0));
        by_relu_rule(model, images, targets, "model of guided backpropagation", &relu)
    }
}

/// What a ReLU hands to its input.
type ReluRule = dyn Fn(&LayerPass<'_>, Tensor<4>) -> Result<Vec<Tensor<4>>> + Sync;

/// The gradient of the targets' logits with another pullback of every ReLU.
pub(super) fn by_relu_rule(
    model: &dyn Classifier,
    images: &Tensor<4>,
    targets: &[usize],
    what: &'static str,
    relu: &ReluRule,
) -> Result<Attribution> {
    check_targets(model, images, targets)?;
    let layered = layered(model, what)?;
    check_relus(layered, images, what)?;
    let start = |passes: &LayerByLayer<'_>, targets: &[usize]| {
        let logits = passes.logits();
        Ok(one_hot(targets, model.classes(), &logits)?.reshape(logits.dims()))
    };
    let rule = |layer: &LayerPass<'_>, arrived| match layer.kind() {
        LayerKind::Relu(_) => relu(layer, arrived),
        _ => layer.pull(arrived),
    };
    Ok(backwards(layered, images, targets, &start, &rule)?.into())
}

/// Refuses a model without ReLUs: the method would be the gradient under another name.
fn check_relus(model: &dyn Layered, images: &Tensor<4>, what: &'static str) -> Result<()> {
    let passes = model.layer_by_layer(first(images))?;
    let relus = passes
        .passes()
        .iter()
        .any(|layer| matches!(layer.kind(), LayerKind::Relu(_)));
    match relus {
        true => Ok(()),
        false => Err(Error::value(
            what,
            "one with ReLUs: without, the method is the gradient",
            "without",
        )),
    }
}
