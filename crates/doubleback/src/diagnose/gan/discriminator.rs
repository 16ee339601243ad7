use burn::tensor::{Device, Tensor};

use super::spectral;
use crate::Result;
use crate::data::{Bounds, ImageShape};
use crate::nn::layers::{Conv2d, Dense, Flatten, LayerKind, LeakyRelu};
use crate::nn::{Chain, LayerSpec, Mode, Module, Parameter, Tensors};

/// What the discriminator and the recognition network say of images.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// `[n, 1]`: logit of "real".
    pub real: Tensor<2>,
    /// `[n, classes]`: logits of Q.
    pub class: Tensor<2>,
    /// `[n, values]`: what Q takes the first values of the noise for, if it was built to.
    pub noise: Option<Tensor<2>>,
}

/// D and Q, which share a trunk: convolutions of 4x4 at stride 2 with 64, 128, … channels, leaky ReLU, a dense layer, and a head each.
///
/// Images of up to 28 pixels have two convolutions and a dense layer of 1024; larger ones are halved until they have 4 pixels or fewer and need none.
/// There is no batch norm: an image is judged alone, whatever else is in the batch.
#[derive(Clone, Debug)]
pub struct Discriminator {
    shape: ImageShape,
    bounds: Bounds,
    trunk: Chain,
    real: Chain,
    class: Chain,
    noise: Option<Chain>,
    /// With spectral normalization, the vectors of the power iteration.
    spectral: Vec<Parameter>,
}

const SLOPE: f64 = 0.2;

impl Discriminator {
    /// Size of the images.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Least and greatest pixel value.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// A discriminator of images within `bounds`, with or without spectral normalization, that recognises `noise` values of z (or none).
    ///
    /// # Errors
    /// When images are too small.
    pub fn new(
        shape: ImageShape,
        bounds: Bounds,
        classes: usize,
        noise: usize,
        spectral: bool,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let mut layers = Vec::new();
        let mut push = |name: String, kind: LayerKind| {
            layers.push(LayerSpec::new(format!("discriminator.{name}"), kind));
        };
        let leaky = || LayerKind::LeakyRelu(LeakyRelu { slope: SLOPE });
        let large = shape.height.max(shape.width) > 28;
        let (mut size, mut channels, mut number) = (shape.height.max(shape.width), 64, 1);
        while if large { size > 4 } else { number <= 2 } {
            let convolution = Conv2d {
                stride: [2; 2],
                padding: [1; 2].into(),
                bias: true,
                ..Conv2d::same(channels, 4)
            };
            push(format!("conv{number}"), LayerKind::Conv2d(convolution));
            push(format!("conv{number}.relu"), leaky());
            (size, channels, number) = (size / 2, (2 * channels).min(512), number + 1);
        }
        push("flatten".into(), LayerKind::Flatten(Flatten {}));
        if !large {
            push(
                "dense".into(),
                LayerKind::Dense(Dense {
                    units: 1024,
                    bias: true,
                }),
            );
            push("dense.relu".into(), leaky());
        }
        let trunk = Chain::new([shape.height, shape.width, shape.channels], layers, seed, device)?;
        let head = |name: &str, units| {
            let layer = LayerSpec::new(
                format!("discriminator.{name}"),
                LayerKind::Dense(Dense { units, bias: true }),
            );
            Chain::new(trunk.output(), vec![layer], seed, device)
        };
        let mut discriminator = Self {
            real: head("real", 1)?,
            class: head("class", classes)?,
            noise: (noise > 0).then(|| head("noise", noise)).transpose()?,
            shape,
            bounds,
            trunk,
            spectral: Vec::new(),
        };
        if spectral {
            discriminator.spectral = spectral::start(&discriminator, seed, device);
        }
        Ok(discriminator)
    }

    /// # Shapes
    /// Images `[n, channels, height, width]`.
    ///
    /// # Errors
    /// When the images have another shape.
    pub fn forward(&self, images: Tensor<4>) -> Result<Judgement> {
        let [n, ..] = images.dims();
        let mode = &mut Mode::Inference;
        let normalized = self.normalized()?;
        let features = normalized.trunk.forward(self.prepared(images)?, mode)?;
        let real = normalized.real.forward(features.clone(), mode)?;
        let class = normalized.class.forward(features.clone(), mode)?;
        let noise = normalized.noise.map(|head| head.forward(features, mode)).transpose()?;
        let rows = |t: Tensor<4>| {
            let columns = t.dims()[3];
            t.reshape([n, columns])
        };
        Ok(Judgement {
            real: rows(real),
            class: rows(class),
            noise: noise.map(rows),
        })
    }

    /// One step of the power iterations; nothing without spectral normalization.
    ///
    /// # Errors
    /// When the device fails.
    pub fn iterate(&mut self) -> Result<()> {
        let moved = spectral::iterated(self, &self.spectral)?;
        for (vector, value) in self.spectral.iter_mut().zip(moved) {
            vector.set(value);
        }
        Ok(())
    }

    /// A discriminator with the weights of this one divided by their largest singular values, as far as the power iterations know them; without spectral
    /// normalization, a copy.
    ///
    /// # Errors
    /// When the device fails.
    pub fn normalized(&self) -> Result<Self> {
        let mut copy = self.clone();
        spectral::normalize(&mut copy, &self.spectral)?;
        Ok(copy)
    }

    /// Channels last, and between -1 and 1 whatever the bounds.
    fn prepared(&self, images: Tensor<4>) -> Result<Tensor<4>> {
        crate::nn::check_images(self.shape, None, &images)?;
        let (low, high) = (f64::from(self.bounds.low), f64::from(self.bounds.high));
        let scaled = (images - (low + high) / 2.0) * (2.0 / (high - low));
        Ok(crate::nn::to_nhwc(scaled))
    }
}

impl Module for Discriminator {
    fn parts(&self) -> Vec<&Tensors> {
        let chains = [&self.trunk, &self.real, &self.class].into_iter().chain(&self.noise);
        chains.flat_map(Chain::parts).collect()
    }

    fn parts_mut(&mut self) -> Vec<&mut Tensors> {
        let chains = [&mut self.trunk, &mut self.real, &mut self.class].into_iter();
        chains.chain(&mut self.noise).flat_map(Chain::parts_mut).collect()
    }

    fn states(&self) -> Vec<&Parameter> {
        self.spectral.iter().collect()
    }

    fn states_mut(&mut self) -> Vec<&mut Parameter> {
        self.spectral.iter_mut().collect()
    }
}
