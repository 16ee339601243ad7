use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

use crate::data::{Bounds, ImageShape};
use crate::diagnose::{Decoder, Embedding};
use crate::nn::layers::{BatchNorm, Dense, Size, Unflatten};
use crate::nn::{Chain, LayerSpec, Mode, Module, Tensors};
use crate::{Error, Result};

/// What a generator explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatentKind {
    /// Height, width and channels of a stage's latents.
    Stage(Size),
    /// The logits of so many classes, `[n, 1, 1, classes]`.
    Logits(usize),
}

/// `G(l, z)`: the latent embedded and the noise through a dense layer, each to `side x side x 64`, side by side into a [`Decoder`].
///
/// Logits are embedded together with their softmax: what the classifier decides, where two logits are almost the same, is plain in it.
#[derive(Clone, Debug)]
pub struct Generator {
    logits: bool,
    embedding: Embedding,
    noise: Chain,
    decoder: Decoder,
}

impl Generator {
    /// A generator for latents and `noise` values of `z`. Names of tensors begin with `name`.
    ///
    /// # Errors
    /// When the latent is empty or images are smaller than 4 x 4 pixels.
    pub fn new(
        name: &str,
        latent: LatentKind,
        noise: usize,
        shape: ImageShape,
        bounds: Bounds,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let side = Decoder::side(shape)?;
        let (latent, logits) = match latent {
            LatentKind::Stage(size) => (size, false),
            LatentKind::Logits(classes) => ([1, 1, 2 * classes], true),
        };
        let channels = 2 * Embedding::CHANNELS;
        let layers = dense(format!("{name}.noise"), [side[0], side[1], Embedding::CHANNELS]);
        Ok(Self {
            logits,
            embedding: Embedding::new(&format!("{name}.embedding"), latent, side, seed, device)?,
            noise: Chain::new([1, 1, noise], layers, seed, device)?,
            decoder: Decoder::new(&format!("{name}.decoder"), channels, shape, bounds, seed, device)?,
        })
    }

    /// Whether latents are vectors, which leave to the noise where strokes are.
    pub fn of_vectors(&self) -> bool {
        let [height, width, _] = self.embedding.latent();
        [height, width] == [1, 1]
    }

    /// See [`Standard::fix`](crate::diagnose::Standard::fix).
    ///
    /// # Errors
    /// When the latents have another size, or hold values that are not finite.
    pub fn standardize(&mut self, latents: &Tensor<4>) -> Result<()> {
        self.embedding.standardize(&self.entering(latents.clone()))
    }

    /// See [`Standard::forward`](crate::diagnose::Standard::forward).
    ///
    /// # Errors
    /// When the latents have another size.
    pub fn standardized(&self, latents: Tensor<4>) -> Result<Tensor<4>> {
        self.embedding.standardized(self.entering(latents))
    }

    fn entering(&self, latents: Tensor<4>) -> Tensor<4> {
        match self.logits {
            true => Tensor::cat(vec![latents.clone(), softmax(latents, 3)], 3),
            false => latents,
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
        let embedded = self.embedding.forward(self.entering(latents), mode)?;
        let noise = self.noise.forward(z.reshape([n, 1, 1, size]), mode)?;
        self.decoder.forward(Tensor::cat(vec![embedded, noise], 3), mode)
    }
}

/// A dense layer to an image, batch norm and ReLU.
fn dense(name: String, size: Size) -> Vec<LayerSpec> {
    let units = size.iter().product();
    let [norm, relu] = LayerSpec::new(format!("{name}.norm"), BatchNorm::with_gain()).with_relu();
    vec![
        LayerSpec::new(format!("{name}.linear"), Dense { units, bias: false }),
        LayerSpec::new(format!("{name}.unflatten"), Unflatten { size }),
        norm,
        relu,
    ]
}

impl Module for Generator {
    fn parts(&self) -> Vec<&Tensors> {
        [self.embedding.parts(), self.noise.parts(), self.decoder.parts()].concat()
    }

    fn parts_mut(&mut self) -> Vec<&mut Tensors> {
        let mut parts = self.embedding.parts_mut();
        parts.extend(self.noise.parts_mut());
        parts.extend(self.decoder.parts_mut());
        parts
    }
}
