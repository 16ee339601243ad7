use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::architecture::Architecture;
use super::classifier::{Classifier, Pullback, check_images};
use super::fusion::Tail;
use super::graph::{Graph, misfit};
use super::initialize;
use super::layers::{Context, LayerKind, LayerPullback, TensorSpec};
use super::parameter::Parameter;
use crate::data::{Bounds, ImageShape};
use crate::random::Stream;
use crate::{Error, Result};

/// How a forward pass treats batch norm and dropout.
pub enum Mode<'a> {
    /// Moving averages, no dropout.
    Inference,
    /// Statistics of the batch, dropout; the pass collects what must be remembered.
    Training(&'a mut TrainingPass),
}

/// Values of a dropout mask that are drawn at once.
const MASK_BLOCK: usize = 1 << 14;

/// Randomness of the forward passes of one training step, and the batch statistics that they saw.
pub struct TrainingPass {
    random: ChaCha8Rng,
    /// To be used, last first; when there are none left, masks are drawn.
    masks: Vec<Tensor<4>>,
    drawn: Vec<Tensor<4>>,
    statistics: Vec<Tensor<2>>,
}

impl TrainingPass {
    /// Dropout masks are a function of seed and step alone, so that a resumed training repeats them.
    pub fn new(seed: u64, step: usize) -> Self {
        Self {
            random: Stream::DropoutMasks { step: step as u64 }.of(seed),
            masks: Vec::new(),
            drawn: Vec::new(),
            statistics: Vec::new(),
        }
    }

    /// Uses these dropout masks (already scaled), in order, instead of random ones.
    pub fn with_masks(masks: Vec<Tensor<4>>) -> Self {
        Self {
            masks: masks.into_iter().rev().collect(),
            ..Self::new(0, 0)
        }
    }

    /// The dropout masks that passes drew, in order, for [`with_masks`](Self::with_masks).
    pub fn into_masks(self) -> Vec<Tensor<4>> {
        self.drawn
    }

    /// This pass as a mode.
    pub fn mode(&mut self) -> Mode<'_> {
        Mode::Training(self)
    }

    /// A seed for whatever else is random in this step.
    pub(crate) fn draw_seed(&mut self) -> u64 {
        self.random.random()
    }

    /// Statistics that batch norms recorded, in the order of their forward passes.
    pub(crate) fn into_statistics(self) -> Vec<Tensor<2>> {
        self.statistics
    }

    pub(crate) fn record(&mut self, statistics: Tensor<2>) {
        self.statistics.push(statistics);
    }

    pub(crate) fn dropout_mask(&mut self, x: &Tensor<4>, rate: f64) -> Result<Tensor<4>> {
        let dims = x.dims();
        if let Some(mask) = self.masks.pop() {
            return if mask.dims() == dims {
                Ok(mask)
            } else {
                Err(Error::shape("dropout mask", dims, mask.dims()))
            };
        }
        let kept = (1.0 / (1.0 - rate)) as f32;
        let mut mask = vec![0f32; dims.iter().product()];
        // A value is one word of the stream, so that every block knows where it begins.
        let start = self.random.get_word_pos();
        mask.par_chunks_mut(MASK_BLOCK).enumerate().for_each(|(index, block)| {
            let mut random = self.random.clone();
            random.set_word_pos(start + (index * MASK_BLOCK) as u128);
            for value in block {
                if random.random::<f32>() >= rate as f32 {
                    *value = kept;
                }
            }
        });
        self.random.set_word_pos(start + mask.len() as u128);
        let mask = Tensor::from_data(TensorData::new(mask, dims), (&x.device().inner(), x.dtype()));
        self.drawn.push(mask.clone());
        Ok(mask)
    }
}

/// Layers with their parameters: chains, and sums where they meet.
///
/// ```
/// use burn::tensor::{Device, Tensor, activation::softmax};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Mode, Network, Pool, paper_cnn};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// assert_eq!(network.parameter_count(), 3_274_634);
/// let images = Tensor::<4>::zeros([2, 1, 28, 28], &Device::flex());
/// let (logits, pullback) = network.forward_with_pullback(images, Mode::Inference)?;
/// let gradient = pullback.apply(softmax(logits, 1))?;
/// assert_eq!(gradient.dims(), [2, 1, 28, 28]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    architecture: Architecture,
    graph: Graph,
    /// One list a layer.
    parameters: Vec<Vec<Parameter>>,
    buffers: Vec<Vec<Parameter>>,
    device: Device,
}

impl Network {
    /// A network with starting values drawn from `seed`.
    ///
    /// # Errors
    /// When the architecture's layers do not fit each other.
    pub fn new(architecture: Architecture, seed: u64, device: &Device) -> Result<Self> {
        let mut index = 0;
        Self::build(architecture, device, |spec, _| {
            index += 1;
            let count = spec.dims.iter().product();
            let values = initialize::values(spec.start, count, seed, Stream::NetworkStart { index });
            Ok(Tensor::from_data(TensorData::new(values, [count]), device))
        })
    }

    /// A network whose tensors come from `value`, given their specification and full name.
    pub(crate) fn build(
        architecture: Architecture,
        device: &Device,
        mut value: impl FnMut(&TensorSpec, &str) -> Result<Tensor<1>>,
    ) -> Result<Self> {
        let sizes = architecture.sizes()?;
        let graph = Graph::new(&architecture.layers)?;
        let mut named = |layer: &str, specs: Vec<TensorSpec>| -> Result<Vec<Parameter>> {
            specs
                .into_iter()
                .map(|spec| {
                    let name = format!("{layer}.{}", spec.name);
                    let value = value(&spec, &name)?;
                    Ok(Parameter::new(name, spec.dims, value))
                })
                .collect()
        };
        let (mut parameters, mut buffers) = (Vec::new(), Vec::new());
        for (spec, &size) in architecture.layers.iter().zip(&sizes) {
            parameters.push(named(&spec.name, spec.kind.layer().parameters(size))?);
            buffers.push(named(&spec.name, spec.kind.layer().buffers(size))?);
        }
        Ok(Self {
            architecture,
            graph,
            parameters,
            buffers,
            device: device.clone(),
        })
    }

    /// Its shape.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Where its tensors live.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The trained tensors, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().flatten()
    }

    pub(crate) fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.parameters.iter_mut().flatten()
    }

    /// The tensors that are kept but not trained.
    pub fn buffers(&self) -> impl Iterator<Item = &Parameter> {
        self.buffers.iter().flatten()
    }

    /// Trained values in all.
    pub fn parameter_count(&self) -> usize {
        self.parameters().map(|p| p.dims().iter().product::<usize>()).sum()
    }

    /// The same network with its parameters on a tape: a loss computed with it can be differentiated.
    pub fn tracked(&self) -> Self {
        let mut network = self.clone();
        for parameter in network.parameters_mut() {
            let value = parameter.value().clone().inner().autodiff().require_grad();
            parameter.set(value);
        }
        network
    }

    /// The same network with no tape.
    pub fn untracked(&self) -> Self {
        let mut network = self.clone();
        for parameter in network.parameters_mut() {
            let value = parameter.value().clone().inner();
            parameter.set(value);
        }
        network
    }

    /// The same network in another float type, for checks in `f64`.
    pub fn cast(&self, dtype: DType) -> Self {
        let mut network = self.clone();
        for tensor in network.parameters.iter_mut().chain(&mut network.buffers).flatten() {
            tensor.set(tensor.value().clone().cast(dtype));
        }
        network
    }

    /// Replaces the value of a parameter or buffer.
    ///
    /// # Errors
    /// When there is none of this name, or its length differs.
    pub fn set(&mut self, name: &str, value: Tensor<1>) -> Result<()> {
        let found = self
            .parameters
            .iter_mut()
            .chain(&mut self.buffers)
            .flatten()
            .find(|p| p.name() == name);
        match found {
            Some(parameter) if parameter.value().dims() == value.dims() => {
                parameter.set(value);
                Ok(())
            }
            Some(parameter) => Err(Error::shape(name, parameter.dims(), value.dims())),
            None => {
                let names: Vec<&str> = self.parameters().chain(self.buffers()).map(Parameter::name).collect();
                Err(Error::unknown("parameter", name, names))
            }
        }
    }

    /// Logits `[n, classes]` of `images` `[n, channels, height, width]`, and their pullback on the same tape.
    ///
    /// # Errors
    /// When the images have another shape.
    pub fn forward_with_pullback(
        &self,
        images: Tensor<4>,
        mut mode: Mode<'_>,
    ) -> Result<(Tensor<2>, Pullback<'static>)> {
        check_images(self.shape(), &images)?;
        let n = images.dims()[0];
        let layers = self.architecture.layers.len();
        let mut values = vec![None; layers + 1];
        values[0] = Some(to_nhwc(images));
        let pullbacks = self.run_layers(0..layers, &mut values, &[], &mut |_| (), &mut mode)?;
        let logits = self.logits_of(values, n)?;
        let (classes, graph) = (self.architecture.classes, self.graph.clone());
        let pullback = move |cotangent: Tensor<2>| {
            if cotangent.dims() != [n, classes] {
                return Err(Error::shape("cotangent of the logits", [n, classes], cotangent.dims()));
            }
            let mut gradients = vec![None; pullbacks.len() + 1];
            gradients[pullbacks.len()] = Some(cotangent.reshape([n, 1, 1, classes]));
            for (index, pullback) in pullbacks.iter().enumerate().rev() {
                if let Some(gradient) = gradients[index + 1].take() {
                    graph.scatter(index, &pullback(gradient)?, &mut gradients);
                }
            }
            let gradient = gradients.swap_remove(0);
            Ok(to_nchw(
                gradient.ok_or_else(|| misfit("input", "the logits do not depend on it"))?,
            ))
        };
        Ok((logits, Pullback::new(pullback)))
    }

    /// Runs the layers of a range; `values` holds what enters them, and what they give in the end. The values with the indices in `kept`
    /// (ascending) are computed for themselves, not as part of a fused layer, and shown to `visit` in this order.
    pub(super) fn run_layers(
        &self,
        range: std::ops::Range<usize>,
        values: &mut [Option<Tensor<4>>],
        kept: &[usize],
        visit: &mut dyn FnMut(&Tensor<4>),
        mode: &mut Mode<'_>,
    ) -> Result<Vec<LayerPullback>> {
        let layers = &self.architecture.layers;
        let mut pullbacks: Vec<LayerPullback> = Vec::with_capacity(range.len());
        let (mut done, mut statistics) = (range.start, None);
        for (index, spec) in layers.iter().enumerate().take(range.end).skip(range.start) {
            let gathered = self.graph.gather(index, values);
            let x = gathered.ok_or_else(|| misfit(&spec.name, "has no input"))?;
            let (y, pullback): (_, LayerPullback) = if index < done {
                // Computed together with an earlier layer.
                (x, Box::new(Ok))
            } else {
                let tail = Tail::after(index, layers, &self.graph, kept);
                done = index + 1 + tail.layers;
                let mut context = Context {
                    parameters: &self.parameters[index],
                    buffers: &self.buffers[index],
                    mode,
                    statistics: &mut statistics,
                };
                spec.kind.forward(x, tail, &mut context)?
            };
            if kept.contains(&(index + 1)) {
                visit(&y);
            }
            pullbacks.push(pullback);
            values[index + 1] = Some(y);
        }
        Ok(pullbacks)
    }

    /// The last of all values, as logits `[n, classes]`.
    pub(super) fn logits_of(&self, mut values: Vec<Option<Tensor<4>>>, n: usize) -> Result<Tensor<2>> {
        let logits = values.pop().flatten();
        let logits = logits.ok_or_else(|| misfit("logits", "there are none"))?;
        Ok(logits.reshape([n, self.architecture.classes]))
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Logits `[n, classes]` of `images` `[n, channels, height, width]`.
    ///
    /// # Errors
    /// When the images have another shape.
    pub fn forward(&self, images: Tensor<4>, mode: Mode<'_>) -> Result<Tensor<2>> {
        Ok(self.forward_with_pullback(images, mode)?.0)
    }

    /// Moves the moving averages towards the statistics that the passes of a training step saw, pass after pass.
    pub fn update_moving_averages(&mut self, pass: TrainingPass) {
        let norms: Vec<(usize, f64)> = self
            .architecture
            .layers
            .iter()
            .enumerate()
            .filter_map(|(index, spec)| match &spec.kind {
                LayerKind::BatchNorm(norm) => Some((index, norm.decay)),
                _ => None,
            })
            .collect();
        for (statistics, &(index, decay)) in pass.statistics.into_iter().zip(norms.iter().cycle()) {
            let channels = statistics.dims()[1];
            for (row, buffer) in self.buffers[index].iter_mut().enumerate() {
                let batch = statistics
                    .clone()
                    .slice([row..row + 1, 0..channels])
                    .reshape([channels]);
                let moved = buffer.take() * decay + batch * (1.0 - decay);
                buffer.set(moved);
            }
        }
    }
}

/// `[n, channels, height, width]` to `[n, height, width, channels]`; free for one channel.
pub(crate) fn to_nhwc(images: Tensor<4>) -> Tensor<4> {
    match images.dims() {
        [n, 1, height, width] => images.reshape([n, height, width, 1]),
        _ => images.permute([0, 2, 3, 1]),
    }
}

fn to_nchw(images: Tensor<4>) -> Tensor<4> {
    match images.dims() {
        [n, height, width, 1] => images.reshape([n, 1, height, width]),
        _ => images.permute([0, 3, 1, 2]),
    }
}

impl Classifier for Network {
    fn classes(&self) -> usize {
        self.architecture.classes
    }

    fn shape(&self) -> ImageShape {
        self.architecture.shape()
    }

    fn bounds(&self) -> Bounds {
        self.architecture.bounds()
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        self.forward(images, Mode::Inference)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        self.forward_with_pullback(images, Mode::Inference)
    }
}
