use burn::tensor::{Device, Tensor};

use super::standard::Standard;
use crate::Result;
use crate::nn::layers::{BatchNorm, Conv2d, ConvTranspose2d, Dense, LayerKind, Size, Unflatten};
use crate::nn::{Chain, LayerSpec, Mode, Module, Tensors};

/// A latent of any size as `[n, side, side, 64]`, for a decoder: standardised (see [`Standard`]), then one linear layer, batch norm and ReLU.
///
/// The linear layer keeps what the latent knows of places:
/// - a larger latent goes through a patch convolution, kernel and stride `⌈size / side⌉`, zeros around it to a multiple (a 1x1 convolution
///   would have to throw pixels away to get to `side`);
/// - a smaller one through a transposed convolution, stride `⌊side / size⌋`, with the kernel that gives exactly `side`;
/// - for a vector that is a dense layer to `side x side x 64`.
#[derive(Clone, Debug)]
pub struct Embedding {
    side: [usize; 2],
    standard: Standard,
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
        let standard = Standard::new(name, latent, device)?;
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
        layers.extend(LayerSpec::new(format!("{name}.norm"), BatchNorm::with_gain()).with_relu());
        let chain = Chain::new(latent, layers, seed, device)?;
        debug_assert_eq!(chain.output(), [side[0], side[1], Embedding::CHANNELS]);
        Ok(Self { side, standard, chain })
    }

    /// Height, width and channels of the latents.
    pub fn latent(&self) -> Size {
        self.standard.latent()
    }

    /// Height and width of what comes out; its channels are 64.
    pub fn side(&self) -> [usize; 2] {
        self.side
    }

    /// See [`Standard::fix`].
    ///
    /// # Errors
    /// When the latents have another size, or hold values that are not finite.
    pub fn standardize(&mut self, latents: &Tensor<4>) -> Result<()> {
        self.standard.fix(latents)
    }

    /// See [`Standard::forward`].
    ///
    /// # Errors
    /// When the latents have another size.
    pub fn standardized(&self, latents: Tensor<4>) -> Result<Tensor<4>> {
        self.standard.forward(latents)
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
    fn parts(&self) -> Vec<&Tensors> {
        [self.standard.parts(), self.chain.parts()].concat()
    }

    fn parts_mut(&mut self) -> Vec<&mut Tensors> {
        let mut parts = self.standard.parts_mut();
        parts.extend(self.chain.parts_mut());
        parts
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
        padding: padding.into(),
        dilation: [1; 2],
        groups: 1,
        bias: false,
    });
    let enlarging = LayerKind::ConvTranspose2d(ConvTranspose2d {
        channels: Embedding::CHANNELS,
        kernel,
        stride,
        padding: [0; 2].into(),
        output_padding: [0; 2],
        dilation: [1; 2],
        groups: 1,
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
