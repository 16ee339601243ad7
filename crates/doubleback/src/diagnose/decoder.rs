use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use doubleback_ops::AdamOptions;

use super::embedding::Embedding;
use crate::data::{Bounds, ImageShape};
use crate::nn::layers::{BatchNorm, ConvTranspose2d, Size};
use crate::nn::{Chain, LayerSpec, Mode, Module, Tensors, TrainingPass, to_vec};
use crate::train::Adam;
use crate::{Error, Result};

/// From `[n, side, side, channels]` to images: two transposed convolutions of 4x4 at stride 2, batch norm and ReLU between them, and a
/// sigmoid scaled to the bounds of the data.
#[derive(Clone, Debug)]
pub struct Decoder {
    bounds: Bounds,
    shape: ImageShape,
    chain: Chain,
}

impl Decoder {
    /// Height and width of what a decoder for such images begins with: a quarter, 7 for 28 pixels and 8 for 32.
    ///
    /// # Errors
    /// When an image has fewer than four rows or columns.
    pub fn side(shape: ImageShape) -> Result<[usize; 2]> {
        let side = [shape.height / 4, shape.width / 4];
        if side.contains(&0) || shape.channels == 0 {
            return Err(Error::shape("decoder", "images of at least 4 x 4 pixels", shape));
        }
        Ok(side)
    }

    /// A decoder of `channels` channels. Names of tensors begin with `name`.
    ///
    /// # Errors
    /// When images are smaller than 4 x 4 pixels.
    pub fn new(
        name: &str,
        channels: usize,
        shape: ImageShape,
        bounds: Bounds,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let side = Self::side(shape)?;
        let half = [shape.height / 2, shape.width / 2];
        let odd = |sizes: [usize; 2]| sizes.map(|size| size % 2 == 1);
        let last = ConvTranspose2d {
            bias: true,
            ..ConvTranspose2d::doubling(shape.channels, odd([shape.height, shape.width]))
        };
        let [norm, relu] = LayerSpec::new(format!("{name}.up1.norm"), BatchNorm::with_gain()).with_relu();
        let layers = vec![
            LayerSpec::new(
                format!("{name}.up1"),
                ConvTranspose2d::doubling(Embedding::CHANNELS, odd(half)),
            ),
            norm,
            relu,
            LayerSpec::new(format!("{name}.up2"), last),
        ];
        let chain = Chain::new([side[0], side[1], channels], layers, seed, device)?;
        Ok(Self { bounds, shape, chain })
    }

    /// # Shapes
    /// `[n, side, side, channels]` to `[n, channels, height, width]`, within the bounds
    ///
    /// # Errors
    /// When the input has another size.
    pub fn forward(&self, x: Tensor<4>, mode: &mut Mode<'_>) -> Result<Tensor<4>> {
        let y = sigmoid(self.chain.forward(x, mode)?);
        let (low, high) = (f64::from(self.bounds.low), f64::from(self.bounds.high));
        let y = match self.bounds {
            Bounds::UNIT => y,
            _ => y * (high - low) + low,
        };
        let [n, height, width, channels] = y.dims();
        Ok(match channels {
            1 => y.reshape([n, 1, height, width]),
            _ => y.permute([0, 3, 1, 2]),
        })
    }

    /// Channels, height and width of the images.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }
}

/// Reads an image back from a latent: an [`Embedding`] and a [`Decoder`], the same size and budget for every layer but for the linear map
/// that takes the latent in. Its error on held-out images says how much of the image the latent still holds.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::diagnose::LatentDecoder;
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let device = Device::flex();
/// let mut decoder = LatentDecoder::new([14, 14, 32], shape, Bounds::UNIT, 0, &device)?;
/// let (latents, images) = (Tensor::ones([8, 14, 14, 32], &device), Tensor::zeros([8, 1, 28, 28], &device));
/// decoder.standardize(&latents)?;
/// let mut adam = decoder.adam();
/// let first = decoder.train_step(&mut adam, latents.clone(), images.clone())?;
/// for _ in 0..5 {
///     decoder.train_step(&mut adam, latents.clone(), images.clone())?;
/// }
/// assert!(decoder.train_step(&mut adam, latents.clone(), images)? < first);
/// assert_eq!(decoder.forward(latents)?.dims(), [8, 1, 28, 28]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LatentDecoder {
    embedding: Embedding,
    decoder: Decoder,
}

impl LatentDecoder {
    /// A decoder of latents of size `latent` (height, width, channels) with starting values drawn from `seed`. Give
    /// [`standardize`](Self::standardize) the latents of training images before anything else.
    ///
    /// # Errors
    /// When the latent is empty or images are smaller than 4 x 4 pixels.
    pub fn new(latent: Size, shape: ImageShape, bounds: Bounds, seed: u64, device: &Device) -> Result<Self> {
        let embedding = Embedding::new("embedding", latent, Decoder::side(shape)?, seed, device)?;
        let decoder = Decoder::new("decoder", Embedding::CHANNELS, shape, bounds, seed, device)?;
        Ok(Self { embedding, decoder })
    }

    /// See [`Embedding::standardize`].
    ///
    /// # Errors
    /// When the latents have another size, or hold values that are not finite.
    pub fn standardize(&mut self, latents: &Tensor<4>) -> Result<()> {
        self.embedding.standardize(latents)
    }

    /// Images `[n, channels, height, width]` of latents `[n, height, width, channels]`, in inference: batch norms use their moving averages.
    ///
    /// # Errors
    /// When the latents have another size.
    pub fn forward(&self, latents: Tensor<4>) -> Result<Tensor<4>> {
        self.forward_in(latents, &mut Mode::Inference)
    }

    /// Images `[n, channels, height, width]` of latents `[n, height, width, channels]`, in inference or training.
    ///
    /// # Errors
    /// When the latents have another size.
    pub fn forward_in(&self, latents: Tensor<4>, mode: &mut Mode<'_>) -> Result<Tensor<4>> {
        self.decoder.forward(self.embedding.forward(latents, mode)?, mode)
    }

    /// An optimizer for [`train_step`](Self::train_step): Adam with rate 1e-3 and the usual other values.
    pub fn adam(&self) -> Adam {
        let options = AdamOptions {
            learning_rate: 1e-3,
            epsilon: 1e-8,
            ..AdamOptions::default()
        };
        Adam::new(self, options)
    }

    /// One Adam step on the mean squared error per value between `images` and what the decoder makes of `latents`; gives that error.
    ///
    /// # Errors
    /// When shapes differ, or the device fails.
    pub fn train_step(&mut self, adam: &mut Adam, latents: Tensor<4>, images: Tensor<4>) -> Result<f64> {
        let mut pass = TrainingPass::new(0, 0);
        let tracked = self.tracked();
        let decoded = tracked.forward_in(latents, &mut pass.mode())?;
        if decoded.dims() != images.dims() {
            return Err(Error::shape("images to decode", decoded.dims(), images.dims()));
        }
        let loss = (decoded - images).square().mean();
        let value = to_vec::<1>(loss.clone().inner())?[0];
        let mut gradients = loss.backward();
        drop(loss);
        adam.step(self, tracked, &mut gradients)?;
        self.update_moving_averages(pass);
        Ok(value.into())
    }
}

impl Module for Decoder {
    fn parts(&self) -> Vec<&Tensors> {
        self.chain.parts()
    }

    fn parts_mut(&mut self) -> Vec<&mut Tensors> {
        self.chain.parts_mut()
    }
}

impl Module for LatentDecoder {
    fn parts(&self) -> Vec<&Tensors> {
        [self.embedding.parts(), self.decoder.parts()].concat()
    }

    fn parts_mut(&mut self) -> Vec<&mut Tensors> {
        let mut parts = self.embedding.parts_mut();
        parts.extend(self.decoder.parts_mut());
        parts
    }
}
