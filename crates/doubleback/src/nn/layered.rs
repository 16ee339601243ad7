use std::ops::Range;

use burn::tensor::Tensor;

use super::graph::Graph;
use super::layer_spec::{LayerSpec, misfit};
use super::layers::{Context, Epilogue, LayerKind, LayerPullback};
use super::mode::Mode;
use super::parameter::Parameter;
use super::pullback::check_cotangent;
use super::tensors::LayerTensors;
use crate::stop;
use crate::work::INPUT_GRADIENTS;
use crate::{Error, Result};

/// A model that can be run backwards with another pullback for each layer than its own: guided backpropagation, relevance propagation.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Classifier, Network, Pool, small_cnn};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// let images = Tensor::ones([2, 1, 28, 28], &Device::flex());
/// let passes = network.as_layered().expect("a network").layer_by_layer(images)?;
/// // With the layers' own pullbacks it is the gradient.
/// let gradient = passes.back(passes.logits(), &|layer, arrived| layer.pull(arrived))?;
/// assert_eq!(gradient.dims(), [2, 28, 28, 1]);
/// # Ok::<(), doubleback::Error>(())
/// ```
pub trait Layered: Send + Sync {
    /// A forward pass in inference mode of images `[n, channels, height, width]`, of which every layer's inputs and output are kept.
    ///
    /// # Errors
    /// When the images have another shape or type, or there is none.
    fn layer_by_layer(&self, images: Tensor<4>) -> Result<LayerByLayer<'_>>;

    /// The same function with each batch norm merged into the convolution or dense layer before it, if that feeds nothing else; nothing if there is no such
    /// batch norm.
    ///
    /// # Errors
    /// When a tensor does not fit.
    fn without_batch_norm(&self) -> Result<Option<Box<dyn Layered>>>;

    /// How many of `n` images to take at a time.
    fn portions(&self, n: usize) -> Vec<Range<usize>>;
}

/// A forward pass with what every layer saw in it.
pub struct LayerByLayer<'a> {
    graph: &'a Graph,
    passes: Vec<LayerPass<'a>>,
}

/// A layer in a forward pass.
pub struct LayerPass<'a> {
    spec: &'a LayerSpec,
    sources: &'a [usize],
    tensors: &'a LayerTensors,
    inputs: Vec<Tensor<4>>,
    output: Tensor<4>,
    pullback: LayerPullback,
}

/// What a layer makes of what arrives at its output: what goes to each of its inputs.
pub type LayerRule<'r> = dyn Fn(&LayerPass<'_>, Tensor<4>) -> Result<Vec<Tensor<4>>> + Sync + 'r;

impl<'a> LayerByLayer<'a> {
    /// Runs all layers on `x`, `[n, height, width, channels]`, each by itself.
    pub(super) fn run(
        layers: &'a [LayerSpec],
        graph: &'a Graph,
        tensors: impl Fn(usize) -> &'a LayerTensors,
        x: Tensor<4>,
    ) -> Result<Self> {
        let mut passes: Vec<LayerPass<'a>> = Vec::with_capacity(layers.len());
        for (index, spec) in layers.iter().enumerate() {
            stop::check()?;
            let sources = graph.sources(index);
            let value = |&source: &usize| match source.checked_sub(1) {
                Some(layer) => passes[layer].output.clone(),
                None => x.clone(),
            };
            let (inputs, tensors) = (sources.iter().map(value).collect::<Vec<_>>(), tensors(index));
            let (output, pullback) = forward(spec, &tensors.parameters, &tensors.buffers, inputs.clone())?;
            passes.push(LayerPass {
                spec,
                sources,
                tensors,
                inputs,
                output,
                pullback,
            });
        }
        Ok(Self { graph, passes })
    }

    /// The layers, in the order of computation.
    pub fn passes(&self) -> &[LayerPass<'a>] {
        &self.passes
    }

    /// What the last layer gives: the logits as `[n, 1, 1, classes]`.
    pub fn logits(&self) -> Tensor<4> {
        self.passes[self.passes.len() - 1].output.clone()
    }

    /// What arrives at the images, `[n, height, width, channels]`, if `start` is put at the logits, `[n, 1, 1, classes]`, and each layer from the last to the
    /// first hands on by `rule`; where several layers look at one value, what they hand to it is summed.
    ///
    /// # Errors
    /// When `start` is not shaped as the logits, `rule` fails, or hands on another number of tensors than the layer has inputs.
    pub fn back(&self, start: Tensor<4>, rule: &LayerRule<'_>) -> Result<Tensor<4>> {
        let logits = self.logits();
        check_cotangent("logits", (logits.dims(), logits.dtype()), &start)?;
        INPUT_GRADIENTS.add(start.dims()[0]);
        let mut arrived = vec![None; self.passes.len() + 1];
        arrived[self.passes.len()] = Some(start);
        for (index, pass) in self.passes.iter().enumerate().rev() {
            let Some(at_output) = arrived[index + 1].take() else {
                continue;
            };
            stop::check()?;
            let handed = rule(pass, at_output)?;
            let (expected, found) = (dims(&pass.inputs), dims(&handed));
            if expected != found {
                let what = format!("what a rule hands to the inputs of `{}`", pass.name());
                return Err(Error::shape(what, expected, found));
            }
            self.graph.scatter(index, handed, &mut arrived);
        }
        let nothing = || misfit(super::layer_spec::IMAGES, "the logits do not depend on it");
        arrived.swap_remove(0).ok_or_else(nothing)
    }
}

fn dims(tensors: &[Tensor<4>]) -> Vec<[usize; 4]> {
    tensors.iter().map(Tensor::dims).collect()
}

/// A layer by itself, in inference mode.
fn forward(
    spec: &LayerSpec,
    parameters: &[Parameter],
    buffers: &[Parameter],
    inputs: Vec<Tensor<4>>,
) -> Result<(Tensor<4>, LayerPullback)> {
    let mut context = Context {
        parameters,
        buffers,
        mode: &mut Mode::Inference,
        epilogue: Epilogue::default(),
        statistics: &mut None,
    };
    spec.kind.layer().forward(inputs, &mut context)
}

impl LayerPass<'_> {
    /// The layer's name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// What it computes.
    pub fn kind(&self) -> &LayerKind {
        &self.spec.kind
    }

    /// Which values are its inputs: 0 is the images, `i + 1` what layer `i` gives.
    pub fn sources(&self) -> &[usize] {
        self.sources
    }

    /// `[n, height, width, channels]` each.
    pub fn inputs(&self) -> &[Tensor<4>] {
        &self.inputs
    }

    /// `[n, height, width, channels]`.
    pub fn output(&self) -> &Tensor<4> {
        &self.output
    }

    /// Its own pullback: the gradients of its inputs, from that of its output.
    ///
    /// # Errors
    /// When the gradient is not shaped as the output.
    pub fn pull(&self, gradient: Tensor<4>) -> Result<Vec<Tensor<4>>> {
        (self.pullback)(gradient)
    }

    /// The layer with other trained values, of other inputs of the same sizes: the output, and its pullback. `change` gives the new values of a tensor, flat,
    /// from its role within the layer, such as `weight`, and its values.
    ///
    /// # Errors
    /// When the inputs do not fit, or `change` gives another number of values.
    pub fn changed(
        &self,
        inputs: Vec<Tensor<4>>,
        change: &dyn Fn(&str, Tensor<1>) -> Tensor<1>,
    ) -> Result<(Tensor<4>, LayerPullback)> {
        let mut parameters = self.tensors.parameters.clone();
        for parameter in &mut parameters {
            let (old, role) = (parameter.value().clone(), parameter.name().rsplit('.').next());
            let (count, new) = (old.dims(), change(role.unwrap_or_default(), old));
            if new.dims() != count {
                return Err(Error::shape(parameter.name(), count, new.dims()));
            }
            parameter.set(new);
        }
        forward(self.spec, &parameters, &self.tensors.buffers, inputs)
    }
}
