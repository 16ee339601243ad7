use burn::tensor::{Device, Tensor, TensorData};
use doubleback_ops::batch_norm_statistics;

use crate::nn::layers::{Size, Standardize};
use crate::nn::{Chain, LayerSpec, Mode, Module, Tensors, to_vec};
use crate::{Error, Result};

/// Latents with every channel at mean 0 and variance 1, as far as training images go: `u_k` of the formulation.
///
/// Scales differ between latents, from pixels to logits; whatever is trained on them should not have to learn that. Mean and variance are
/// fixed once and do not depend on the batch.
#[derive(Clone, Debug)]
pub struct Standard {
    latent: Size,
    chain: Chain,
}

impl Standard {
    /// For latents of size `latent` (height, width, channels); until [`fix`](Self::fix) is called they come back as they are. Names of tensors
    /// begin with `name`.
    ///
    /// # Errors
    /// When the latent is empty.
    pub fn new(name: &str, latent: Size, device: &Device) -> Result<Self> {
        if latent.contains(&0) {
            return Err(Error::value("latent", "at least 1 x 1 x 1", format!("{latent:?}")));
        }
        let layer = LayerSpec::new(format!("{name}.standard"), Standardize {});
        Ok(Self {
            latent,
            chain: Chain::new(latent, vec![layer], 0, device)?,
        })
    }

    /// Height, width and channels of the latents.
    pub fn latent(&self) -> Size {
        self.latent
    }

    /// Fixes mean and variance of each channel as those of `latents`, `[n, height, width, channels]`: the latents of training images, a
    /// thousand of them are enough. A channel that never changes is only centered.
    ///
    /// # Errors
    /// When the latents have another size, or hold values that are not finite.
    pub fn fix(&mut self, latents: &Tensor<4>) -> Result<()> {
        // The size is checked where it is for all.
        self.forward(latents.clone())?;
        let mut values = to_vec(batch_norm_statistics(latents.clone())?)?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::value("latents", "finite", "one that is not"));
        }
        let (mean, variance) = values.split_at_mut(self.latent[2]);
        for variance in variance.iter_mut() {
            // What rounding leaves of a constant channel.
            if *variance < 1e-8 {
                *variance = 1.0;
            }
        }
        let buffers = self.chain.parts_mut().into_iter().flat_map(Tensors::buffers_mut);
        for (buffer, values) in buffers.zip([mean, variance]) {
            buffer.set(Tensor::from_data(
                TensorData::new(values.to_vec(), [values.len()]),
                (&latents.device().inner(), latents.dtype()),
            ));
        }
        Ok(())
    }

    /// # Shapes
    /// `[n, height, width, channels]`, as the result.
    ///
    /// # Errors
    /// When the latents have another size.
    pub fn forward(&self, latents: Tensor<4>) -> Result<Tensor<4>> {
        self.chain.forward(latents, &mut Mode::Inference)
    }
}

impl Module for Standard {
    fn parts(&self) -> Vec<&Tensors> {
        self.chain.parts()
    }

    fn parts_mut(&mut self) -> Vec<&mut Tensors> {
        self.chain.parts_mut()
    }
}
