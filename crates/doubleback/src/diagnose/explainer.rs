use burn::tensor::Tensor;

use super::gan::InterpretGan;
use crate::Result;

/// Draws, from a latent, an image that shows what the latent holds.
pub trait Explainer {
    /// Values of the noise z of an image.
    fn noise_len(&self) -> usize;

    /// Images `[n, channels, height, width]` from latents `[n, height, width, channels]` of a stage and noise `[n, noise]`. `place` is that of the
    /// stage among those that are explained.
    ///
    /// # Errors
    /// When there is no such place, or latents or noise do not fit it.
    fn explain(&self, place: usize, latents: Tensor<4>, noise: Tensor<2>) -> Result<Tensor<4>>;
}

impl Explainer for InterpretGan {
    fn noise_len(&self) -> usize {
        self.options().noise
    }

    fn explain(&self, place: usize, latents: Tensor<4>, noise: Tensor<2>) -> Result<Tensor<4>> {
        InterpretGan::explain(self, place, latents, noise)
    }
}
