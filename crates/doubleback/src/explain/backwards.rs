//! The way back through a network by a rule for each layer.

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::nn::{Classifier, LayerByLayer, LayerRule, Layered, to_nchw, with_direct_convolutions};
use crate::stop::Stop;
use crate::{Error, Result};

/// The model, if it can be run backwards by the rules of `method`.
pub(super) fn layered<'a>(model: &'a dyn Classifier, method: &'static str) -> Result<&'a dyn Layered> {
    model.as_layered().ok_or_else(|| {
        let expected = "one whose layers are known, as those of networks: the method has a rule for each kind of layer";
        Error::value(method, expected, "a function")
    })
}

/// One of the images, to look at the layers with; none of none, which models refuse.
pub(super) fn first(images: &Tensor<4>) -> Tensor<4> {
    match images.dims()[0] {
        0 | 1 => images.clone(),
        _ => images.clone().narrow(0, 0, 1),
    }
}

/// What arrives at the images, `[n, channels, height, width]`, by `rule`, a portion of them at a time. `start` gives what is put at the logits of some of the
/// images, given their forward pass and their targets.
pub(super) fn backwards(
    model: &dyn Layered,
    images: &Tensor<4>,
    targets: &[usize],
    start: &(dyn Fn(&LayerByLayer<'_>, &[usize]) -> Result<Tensor<4>> + Sync),
    rule: &LayerRule<'_>,
) -> Result<Tensor<4>> {
    let stop = Stop::of_this_thread();
    let ranges = model.portions(images.dims()[0]);
    let of_range = ranges.par_iter().map(|range| {
        stop.known(|| {
            let images = images.clone().slice([range.clone()]);
            let arrived = with_direct_convolutions(true, || {
                let passes = model.layer_by_layer(images)?;
                passes.back(start(&passes, &targets[range.clone()])?, rule)
            })?;
            Ok(to_nchw(arrived))
        })
    });
    Ok(Tensor::cat(of_range.collect::<Result<Vec<_>>>()?, 0))
}
