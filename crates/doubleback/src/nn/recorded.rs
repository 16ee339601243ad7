use std::ops::Range;

use burn::tensor::Tensor;

use super::classifier::{Classifier, check_images};
use super::layered::{LayerByLayer, Layered};
use super::layout::to_nhwc;
use super::merged::merged;
use super::module::Module;
use super::network::Network;
use crate::Result;
use crate::work::FORWARD_PASSES;

impl Layered for Network {
    fn layer_by_layer(&self, images: Tensor<4>) -> Result<LayerByLayer<'_>> {
        check_images(self.shape(), self.dtype(), &images)?;
        FORWARD_PASSES.add(images.dims()[0]);
        let tensors = self.parts()[0];
        let of_layer = |index| tensors.of_layer(index);
        LayerByLayer::run(&self.architecture().layers, self.graph(), of_layer, to_nhwc(images))
    }

    fn without_batch_norm(&self) -> Result<Option<Box<dyn Layered>>> {
        Ok(match merged(self)? {
            Some(network) => Some(Box::new(network)),
            None => None,
        })
    }

    fn portions(&self, n: usize) -> Vec<Range<usize>> {
        Network::portions(self).ranges(n)
    }
}
