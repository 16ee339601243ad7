use burn::tensor::Tensor;

use super::classifier::{Classifier, Cotangents, Staged};
use super::layered::Layered;
use super::mode::Mode;
use super::nearby::Nearby;
use super::network::Network;
use super::pullback::Pullback;
use super::windowed::Windowed;
use crate::Result;
use crate::data::{Bounds, ImageShape};

impl Classifier for Network {
    fn classes(&self) -> usize {
        self.architecture().classes
    }

    fn shape(&self) -> ImageShape {
        self.architecture().shape()
    }

    fn bounds(&self) -> Bounds {
        self.architecture().bounds()
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        let forward = |images| self.forward(images, Mode::Inference);
        self.portions().logits(images, forward)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let forward = |images| self.forward_with_pullback(images, Mode::Inference);
        self.portions().logits_with_pullback(images, forward)
    }

    fn logits_with_gradient(&self, images: Tensor<4>, cotangents: &Cotangents<'_>) -> Result<(Tensor<2>, Tensor<4>)> {
        let forward = |images| self.forward_with_pullback(images, Mode::Inference);
        self.portions().logits_with_gradient(images, cotangents, forward)
    }

    fn nearby(&self, images: &Tensor<4>) -> Result<Option<Box<dyn Nearby + '_>>> {
        Ok(match Windowed::new(self, images)? {
            Some(windowed) => Some(Box::new(windowed)),
            None => None,
        })
    }

    fn as_staged(&self) -> Option<&dyn Staged> {
        Some(self)
    }

    fn as_layered(&self) -> Option<&dyn Layered> {
        Some(self)
    }
}
