use burn::tensor::Tensor;

use super::epilogue::{Absorbs, Epilogue, Role};
use crate::Result;
use crate::nn::initialize::Start;
use crate::nn::mode::Mode;
use crate::nn::parameter::Parameter;

/// Height, width and channels of an activation.
pub type Size = [usize; 3];

/// Most values of a tensor, and of an activation of one image: half a gigabyte.
pub(crate) const LARGEST: usize = 1 << 27;

/// The least variance for a normalization that adds `epsilon` to it: the root of the sum can be divided by in `f32`.
pub(super) fn least_variance(epsilon: f64) -> f32 {
    if epsilon >= f64::from(f32::MIN_POSITIVE) {
        0.0
    } else {
        f32::MIN_POSITIVE
    }
}

/// From the gradient of a layer's output to those of its inputs, in their order.
pub type LayerPullback = Box<dyn Fn(Tensor<4>) -> Result<Vec<Tensor<4>>> + Send>;

/// From the gradient of a layer's output to that of its only input.
pub type UnaryPullback = Box<dyn Fn(Tensor<4>) -> Result<Tensor<4>> + Send>;

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

/// What a layer's forward pass is given besides its inputs.
pub struct Context<'a, 'm> {
    /// The layer's trained tensors, in the order of [`Layer::parameters`].
    pub parameters: &'a [Parameter],
    /// Tensors that are not trained, in the order of [`Layer::buffers`].
    pub buffers: &'a [Parameter],
    /// Training or inference.
    pub mode: &'a mut Mode<'m>,
    /// Later layers that this one is to compute with itself: no more than [`Layer::absorbs`] allows.
    pub epilogue: Epilogue,
    /// Batch statistics of the layer's input, `[2, channels]`, if the layer before has taken them.
    pub statistics: &'a mut Option<Tensor<2>>,
}

/// A differentiable function of one or more activations. A layer of one input implements [`UnaryLayer`] instead, and is one.
pub trait Layer {
    /// Size of the output.
    ///
    /// # Errors
    /// What is wrong, in words, when the layer does not fit inputs of these sizes, or takes another number of them.
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String>;

    /// Tensors to be trained, for inputs that [`output`](Self::output) accepts.
    fn parameters(&self, _inputs: &[Size]) -> Vec<TensorSpec> {
        Vec::new()
    }

    /// Tensors kept but not trained, for inputs that [`output`](Self::output) accepts.
    fn buffers(&self, _inputs: &[Size]) -> Vec<TensorSpec> {
        Vec::new()
    }

    /// The least value that the tensor of this role may have, if there is one: of a variance what keeps the division by its root from failing.
    fn least(&self, _tensor: &str) -> Option<f32> {
        None
    }

    /// Values that a forward pass writes besides its output, for an image whose inputs [`output`](Self::output) accepts.
    fn workspace(&self, _inputs: &[Size]) -> usize {
        0
    }

    /// Decay of its buffers, if they are moving averages of the statistics that its forward passes record.
    fn decay(&self) -> Option<f64> {
        None
    }

    /// Which later layers it can compute with itself.
    fn absorbs(&self) -> Absorbs {
        Absorbs::Nothing
    }

    /// What it is to a layer before it that can absorb some.
    fn role(&self) -> Role {
        Role::Other
    }

    /// The output `[n, height, width, channels]`, and its pullback to the inputs.
    ///
    /// # Errors
    /// When a tensor does not fit.
    fn forward(&self, inputs: Vec<Tensor<4>>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)>;
}

/// A differentiable function of one activation: a [`Layer`] of one input. See there for what its functions give.
#[allow(missing_docs)]
pub trait UnaryLayer {
    /// # Errors
    /// What is wrong, in words, when the layer does not fit an input of this size.
    fn output(&self, input: Size) -> std::result::Result<Size, String>;

    fn parameters(&self, _input: Size) -> Vec<TensorSpec> {
        Vec::new()
    }

    fn buffers(&self, _input: Size) -> Vec<TensorSpec> {
        Vec::new()
    }

    fn least(&self, _tensor: &str) -> Option<f32> {
        None
    }

    fn workspace(&self, _input: Size) -> usize {
        0
    }

    fn decay(&self) -> Option<f64> {
        None
    }

    fn absorbs(&self) -> Absorbs {
        Absorbs::Nothing
    }

    fn role(&self) -> Role {
        Role::Other
    }

    /// # Errors
    /// When a tensor does not fit.
    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)>;
}

impl<L: UnaryLayer> Layer for L {
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String> {
        match inputs {
            [input] => UnaryLayer::output(self, *input),
            _ => Err(format!("takes one input, not {}", inputs.len())),
        }
    }

    fn parameters(&self, inputs: &[Size]) -> Vec<TensorSpec> {
        let tensors = |&input| UnaryLayer::parameters(self, input);
        inputs.first().map(tensors).unwrap_or_default()
    }

    fn buffers(&self, inputs: &[Size]) -> Vec<TensorSpec> {
        let tensors = |&input| UnaryLayer::buffers(self, input);
        inputs.first().map(tensors).unwrap_or_default()
    }

    fn least(&self, tensor: &str) -> Option<f32> {
        UnaryLayer::least(self, tensor)
    }

    fn workspace(&self, inputs: &[Size]) -> usize {
        let values = |&input| UnaryLayer::workspace(self, input);
        inputs.first().map(values).unwrap_or_default()
    }

    fn decay(&self) -> Option<f64> {
        UnaryLayer::decay(self)
    }

    fn absorbs(&self) -> Absorbs {
        UnaryLayer::absorbs(self)
    }

    fn role(&self) -> Role {
        UnaryLayer::role(self)
    }

    fn forward(&self, mut inputs: Vec<Tensor<4>>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let count = inputs.len();
        let x = inputs.pop().filter(|_| count == 1);
        let x = x.ok_or_else(|| crate::Error::shape("inputs of a layer", 1, count))?;
        let (y, pullback) = UnaryLayer::forward(self, x, context)?;
        Ok((y, Box::new(move |g| Ok(vec![pullback(g)?]))))
    }
}
