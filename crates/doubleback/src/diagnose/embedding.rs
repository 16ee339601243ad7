use burn::tensor::{Device, Tensor, TensorData};
use doubleback_ops::batch_norm_statistics;

use crate::nn::layers::{BatchNorm, Conv2d, ConvTranspose2d, Dense, LayerKind, Size, Standardize, Unflatten};
use crate::nn::{Chain, LayerSpec, Mode, Module, to_vec};
use crate::{Error, Result};

/// A latent of any size as `[n, side, side, 64]`, for a decoder: standardised, then one linear layer, batch norm and ReLU.
///
/// The linear layer keeps what the latent knows of places:
/// - a larger latent goes through a patch convolution, kernel and stride `⌈size / side⌉`, zeros around it to a multiple (a 1x1 convolution
///   would have to throw pixels away to get to `side`);
/// - a smaller one through a transposed convolution, stride `⌊side / size⌋`, with the kernel that gives exactly `side`;
/// - for a vector that is a dense layer to `side x side x 64`.
///
/// Scales differ between latents, from pixels to logits. Each channel is brought to mean 0 and variance 1 with the statistics of training
/// images, which [`standardize`](Embedding::standardize) fixes once.
#[derive(Clone, Debug)]
pub struct Embedding {
    latent: Size,
    side: [usize; 2],
    standard: Chain,
    chain: Chain,
}

impl Embedding {
    /// Channels of an embedded latent.
    pub const CHANNELS: usize = 64;

    /// An embedding of latents of size `latent` (height, width, channels). Names of tensors begin with `name`.
    ///
    /// # Errors
    /// When the latent is empty.
    pub fn new(name: &str, latent: Size, side: [usize; 2], seed: u64, device: &Device) -> Result<Self> {
        if latent.contains(&0) {
            return Err(Error::value("latent", "at least 1 x 1 x 1", format!("{latent:?}")));
        }
        let [height, width, _] = latent;
        let linear = format!("{name}.linear");
        let mut layers = if [height, width] == [1, 1] {
            let size = [side[0], side[1], Embedding::CHANNELS];
            let units = size.iter().product();
            vec![
                LayerSpec::new(linear, LayerKind::Dense(Dense { units, bias: false })),
                LayerSpec::new(format!("{name}.image"), LayerKind::Unflatten(Unflatten { size })),
            ]
        } else {
            spatial(linear, [height, width], side)
        };
        let norm = LayerKind::BatchNorm(BatchNorm::with_gain(true));
        layers.push(LayerSpec::new(format!("{name}.norm"), norm));
        let chain = Chain::new(latent, layers, seed, device)?;
        debug_assert_eq!(chain.output(), [side[0], side[1], Embedding::CHANNELS]);
        let standard = LayerSpec::new(format!("{name}.standard"), LayerKind::Standardize(Standardize {}));
        Ok(Self {
            latent,
            side,
            standard: Chain::new(latent, vec![standard], seed, device)?,
            chain,
        })
    }

    /// Height, width and channels of the latents.
    pub fn latent(&self) -> Size {
        self.latent
    }

    /// Height and width of what comes out; its channels are 64.
    pub fn side(&self) -> [usize; 2] {
        self.side
    }

    /// Fixes mean and variance of each channel as those of `latents`, `[n, height, width, channels]`: the latents of training images, a
    /// thousand of them are enough. A channel that never changes is only centered.
    ///
    /// # Errors
    /// When the latents have another size, or hold values that are not finite.
    pub fn standardize(&mut self, latents: &Tensor<4>) -> Result<()> {
        // The size is checked where it is for all.
        self.standardized(latents.clone())?;
        let mut values = to_vec(batch_norm_statistics(latents.clone()))?;
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
        for (buffer, values) in self.standard.buffers_mut().zip([mean, variance]) {
            buffer.set(Tensor::from_data(
                TensorData::new(values.to_vec(), [values.len()]),
                (&latents.device().inner(), latents.dtype()),
            ));
        }
        Ok(())
    }

    /// The latents with every channel at mean 0 and variance 1, as far as training images go: `u_k` of the formulation.
    ///
    /// # Errors
    /// When the latents have another size.
    pub fn standardized(&self, latents: Tensor<4>) -> Result<Tensor<4>> {
        self.standard.forward(latents, &mut Mode::Inference)
    }

    /// # Shapes
    /// `[n, height, width, channels]` to `[n, side, side, 64]`
    ///
    /// # Errors
    /// When the latents have another size.
    pub fn forward(&self, latents: Tensor<4>, mode: &mut Mode<'_>) -> Result<Tensor<4>> {
        self.chain.forward(self.standardized(latents)?, mode)
    }
}

impl Module for Embedding {
    fn chains(&self) -> Vec<&Chain> {
        vec![&self.standard, &self.chain]
    }

    fn chains_mut(&mut self) -> Vec<&mut Chain> {
        vec![&mut self.standard, &mut self.chain]
    }
}

/// From `size` pixels to `side`, smaller or larger.
fn spatial(name: String, size: [usize; 2], side: [usize; 2]) -> Vec<LayerSpec> {
    let shrinks = |axis: usize| size[axis] >= side[axis];
    let axes = |value: &dyn Fn(usize) -> usize| [value(0), value(1)];
    let patch = axes(&|a| if shrinks(a) { size[a].div_ceil(side[a]) } else { 1 });
    let padding = axes(&|a| {
        if shrinks(a) {
            (patch[a] * side[a] - size[a]).div_ceil(2)
        } else {
            0
        }
    });
    let stride = axes(&|a| if shrinks(a) { 1 } else { side[a] / size[a] });
    let kernel = axes(&|a| {
        if shrinks(a) {
            1
        } else {
            side[a] - (size[a] - 1) * stride[a]
        }
    });
    let convolution = LayerKind::Conv2d(Conv2d {
        channels: Embedding::CHANNELS,
        kernel: patch,
        stride: patch,
        padding,
        dilation: [1; 2],
        bias: false,
    });
    let enlarging = LayerKind::ConvTranspose2d(ConvTranspose2d {
        channels: Embedding::CHANNELS,
        kernel,
        stride,
        padding: [0; 2],
        output_padding: [0; 2],
        bias: false,
    });
    match (shrinks(0), shrinks(1)) {
        (true, true) => vec![LayerSpec::new(name, convolution)],
        (false, false) => vec![LayerSpec::new(name, enlarging)],
        // One axis each way.
        _ => vec![
            LayerSpec::new(name.clone(), convolution),
            LayerSpec::new(format!("{name}.enlarge"), enlarging),
        ],
    }
}
