use burn::tensor::{Device, Tensor};

use crate::data::{Bounds, ImageShape};
use crate::diagnose::{Decoder, Embedding, Standard};
use crate::nn::layers::{BatchNorm, Dense, LayerKind, Size, Unflatten};
use crate::nn::{Chain, LayerSpec, Mode, Module};
use crate::{Error, Result};

/// `G(l, z)`: latent and noise to `side x side x 128`, then a [`Decoder`].
///
/// A latent that is an image is embedded, the noise goes through a dense layer of its own, and both, `side x side x 64` each, stand side by side.
/// A vector says nothing of places: it and the noise go together through a hidden layer of 512 and a dense layer, so that strokes can depend
/// on both everywhere.
#[derive(Clone, Debug)]
pub struct Generator {
    entrance: Entrance,
    decoder: Decoder,
}

#[derive(Clone, Debug)]
enum Entrance {
    Image { embedding: Embedding, noise: Chain },
    Vector { standard: Standard, joint: Chain },
}

/// Units of the hidden layer of vectors.
const HIDDEN: usize = 512;

impl Generator {
    /// A generator for latents of size `latent` (height, width, channels) and `noise` values of `z`. Names of tensors begin with `name`.
    ///
    /// # Errors
    /// When the latent is empty or images are smaller than 4 x 4 pixels.
    pub fn new(
        name: &str,
        latent: Size,
        noise: usize,
        shape: ImageShape,
        bounds: Bounds,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let side = Decoder::side(shape)?;
        let channels = 2 * Embedding::CHANNELS;
        let entrance = match latent {
            [1, 1, values] => {
                let mut layers = dense(format!("{name}.joint.hidden"), [1, 1, HIDDEN]);
                layers.extend(dense(format!("{name}.joint.image"), [side[0], side[1], channels]));
                Entrance::Vector {
                    standard: Standard::new(name, latent, device)?,
                    joint: Chain::new([1, 1, values + noise], layers, seed, device)?,
                }
            }
            _ => {
                let layers = dense(format!("{name}.noise"), [side[0], side[1], Embedding::CHANNELS]);
                Entrance::Image {
                    embedding: Embedding::new(&format!("{name}.embedding"), latent, side, seed, device)?,
                    noise: Chain::new([1, 1, noise], layers, seed, device)?,
                }
            }
        };
        Ok(Self {
            entrance,
            decoder: Decoder::new(&format!("{name}.decoder"), channels, shape, bounds, seed, device)?,
        })
    }

    /// See [`Standard::fix`].
    ///
    /// # Errors
    /// When the latents have another size, or hold values that are not finite.
    pub fn standardize(&mut self, latents: &Tensor<4>) -> Result<()> {
        match &mut self.entrance {
            Entrance::Image { embedding, .. } => embedding.standardize(latents),
            Entrance::Vector { standard, .. } => standard.fix(latents),
        }
    }

    /// See [`Standard::forward`].
    ///
    /// # Errors
    /// When the latents have another size.
    pub fn standardized(&self, latents: Tensor<4>) -> Result<Tensor<4>> {
        match &self.entrance {
            Entrance::Image { embedding, .. } => embedding.standardized(latents),
            Entrance::Vector { standard, .. } => standard.forward(latents),
        }
    }

    /// # Shapes
    /// - `latents`: `[n, height, width, channels]`
    /// - `z`: `[n, noise]`
    /// - result: images `[n, channels, height, width]` within the bounds
    ///
    /// # Errors
    /// When the shapes are others.
    pub fn forward(&self, latents: Tensor<4>, z: Tensor<2>, mode: &mut Mode<'_>) -> Result<Tensor<4>> {
        let [n, size] = z.dims();
        if n != latents.dims()[0] {
            return Err(Error::shape("noise", [latents.dims()[0], size], z.dims()));
        }
        let z = z.reshape([n, 1, 1, size]);
        let entered = match &self.entrance {
            Entrance::Image { embedding, noise } => {
                let embedded = embedding.forward(latents, mode)?;
                Tensor::cat(vec![embedded, noise.forward(z, mode)?], 3)
            }
            Entrance::Vector { standard, joint } => {
                joint.forward(Tensor::cat(vec![standard.forward(latents)?, z], 3), mode)?
            }
        };
        self.decoder.forward(entered, mode)
    }
}

/// A dense layer to an image or vector, batch norm and ReLU.
fn dense(name: String, size: Size) -> Vec<LayerSpec> {
    let units = size.iter().product();
    vec![
        LayerSpec::new(format!("{name}.linear"), LayerKind::Dense(Dense { units, bias: false })),
        LayerSpec::new(format!("{name}.unflatten"), LayerKind::Unflatten(Unflatten { size })),
        LayerSpec::new(format!("{name}.norm"), LayerKind::BatchNorm(BatchNorm::with_gain(true))),
    ]
}

impl Module for Generator {
    fn chains(&self) -> Vec<&Chain> {
        let mut chains = match &self.entrance {
            Entrance::Image { embedding, noise } => [embedding.chains(), vec![noise]].concat(),
            Entrance::Vector { standard, joint } => [standard.chains(), vec![joint]].concat(),
        };
        chains.extend(self.decoder.chains());
        chains
    }

    fn chains_mut(&mut self) -> Vec<&mut Chain> {
        let mut chains = match &mut self.entrance {
            Entrance::Image { embedding, noise } => {
                let mut chains = embedding.chains_mut();
                chains.push(noise);
                chains
            }
            Entrance::Vector { standard, joint } => {
                let mut chains = standard.chains_mut();
                chains.push(joint);
                chains
            }
        };
        chains.extend(self.decoder.chains_mut());
        chains
    }
}
