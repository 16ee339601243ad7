//! Layers: each computes its output and the pullback of that output, as forward ops on the same tape.
//!
//! Activations are `[n, height, width, channels]` throughout; vectors have height and width 1.
mod activation;
mod add;
mod batch_norm;
mod bias;
mod conv;
mod conv_transpose;
mod dense;
mod dropout;
mod local_contrast;
mod pool;
mod standardize;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::fusion::Tail;
use super::initialize::Start;
use super::network::Mode;
use super::parameter::Parameter;
use crate::Result;

pub use activation::{Flatten, LeakyRelu, Relu, Unflatten};
pub use add::Add;
pub use batch_norm::BatchNorm;
pub use conv::Conv2d;
pub use conv_transpose::ConvTranspose2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use local_contrast::{Floor, LocalContrast};
pub use pool::{AvgPool, GlobalAvgPool, MaxPool};
pub use standardize::Standardize;

/// Height, width and channels of an activation.
pub type Size = [usize; 3];

/// From the gradient of a layer's output to that of its input.
pub type LayerPullback = Box<dyn Fn(Tensor<4>) -> Result<Tensor<4>>>;

/// A tensor that a layer needs.
#[derive(Clone, Debug)]
pub struct TensorSpec {
    /// Role within the layer, such as `weight`.
    pub name: &'static str,
    /// Sizes.
    pub dims: Vec<usize>,
    /// Starting values.
    pub start: Start,
}

/// What a layer's forward pass is given besides its input.
pub struct Context<'a, 'm> {
    /// The layer's trained tensors, in the order of [`Layer::parameters`].
    pub parameters: &'a [Parameter],
    /// Tensors that are not trained, in the order of [`Layer::buffers`].
    pub buffers: &'a [Parameter],
    /// Training or inference.
    pub mode: &'a mut Mode<'m>,
    /// Batch statistics of the layer's input, `[2, channels]`, if the layer before has taken them.
    pub statistics: &'a mut Option<Tensor<2>>,
}

/// A differentiable function of an activation.
pub trait Layer {
    /// Name of a second layer: the network adds its output to the input before this layer sees it, and gives both the same gradient.
    fn with(&self) -> Option<&str> {
        None
    }

    /// Size of the output.
    ///
    /// # Errors
    /// What is wrong, in words, when the layer does not fit an input of this size.
    fn output(&self, input: Size) -> std::result::Result<Size, String>;

    /// Tensors to be trained.
    fn parameters(&self, _input: Size) -> Vec<TensorSpec> {
        Vec::new()
    }

    /// Tensors kept but not trained.
    fn buffers(&self, _input: Size) -> Vec<TensorSpec> {
        Vec::new()
    }

    /// The output and its pullback.
    ///
    /// # Errors
    /// When a tensor does not fit.
    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)>;
}

/// The layers there are, as they stand in a model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum LayerKind {
    Conv2d(Conv2d),
    BatchNorm(BatchNorm),
    Relu(Relu),
    MaxPool(MaxPool),
    AvgPool(AvgPool),
    GlobalAvgPool(GlobalAvgPool),
    Flatten(Flatten),
    Dense(Dense),
    Dropout(Dropout),
    Add(Add),
    LocalContrast(LocalContrast),
    ConvTranspose2d(ConvTranspose2d),
    LeakyRelu(LeakyRelu),
    Unflatten(Unflatten),
    Standardize(Standardize),
}

impl LayerKind {
    /// The output of this layer and of what follows it, and its pullback.
    pub(crate) fn forward(
        &self,
        x: Tensor<4>,
        tail: Tail,
        context: &mut Context<'_, '_>,
    ) -> Result<(Tensor<4>, LayerPullback)> {
        match self {
            LayerKind::BatchNorm(layer) => layer.forward_with(x, tail, context),
            LayerKind::Conv2d(layer) => layer.forward_with(x, tail, context),
            LayerKind::Dense(layer) => layer.forward_with(x, tail, context),
            other => other.layer().forward(x, context),
        }
    }

    /// The layer behind the kind.
    pub fn layer(&self) -> &dyn Layer {
        match self {
            LayerKind::Conv2d(layer) => layer,
            LayerKind::BatchNorm(layer) => layer,
            LayerKind::Relu(layer) => layer,
            LayerKind::MaxPool(layer) => layer,
            LayerKind::AvgPool(layer) => layer,
            LayerKind::GlobalAvgPool(layer) => layer,
            LayerKind::Flatten(layer) => layer,
            LayerKind::Dense(layer) => layer,
            LayerKind::Dropout(layer) => layer,
            LayerKind::Add(layer) => layer,
            LayerKind::LocalContrast(layer) => layer,
            LayerKind::ConvTranspose2d(layer) => layer,
            LayerKind::LeakyRelu(layer) => layer,
            LayerKind::Unflatten(layer) => layer,
            LayerKind::Standardize(layer) => layer,
        }
    }
}
