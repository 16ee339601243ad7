use burn::tensor::{DType, Device, Tensor, TensorData};

use super::architecture::Architecture;
use super::classifier::{Classifier, check_images};
use super::fusion::epilogue;
use super::graph::Graph;
use super::initialize;
use super::layer_spec::{IMAGES, misfit};
use super::layers::{Context, Epilogue, Layer, LayerPullback, TensorSpec};
use super::layout::{to_nchw, to_nhwc};
use super::mode::Mode;
use super::module::Module;
use super::portions::Portions;
use super::pullback::{Pullback, check_cotangent};
use super::tensors::Tensors;
use crate::Result;
use crate::random::Stream;
use crate::stop;
use crate::work::{FORWARD_PASSES, INPUT_GRADIENTS};

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
    tensors: Tensors,
    device: Device,
    portions: Portions,
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

    /// A network whose tensors come from `value`, given their specification and full name (`layer.role`): layer by layer in the order of the
    /// architecture, of each layer the trained ones first. The values are flat, in row-major order of the specification's sizes.
    ///
    /// # Errors
    /// When the architecture's layers do not fit each other, a tensor has more than 2^27 values, or `value` fails or gives another number of them.
    pub fn build(
        architecture: Architecture,
        device: &Device,
        value: impl FnMut(&TensorSpec, &str) -> Result<Tensor<1>>,
    ) -> Result<Self> {
        let inputs = architecture.input_sizes()?;
        let graph = Graph::new(&architecture.layers)?;
        let layers = architecture.layers.iter().zip(inputs.iter().map(Vec::as_slice));
        let tensors = Tensors::build(layers, value)?;
        let mut network = Self {
            portions: Portions::whole(),
            architecture,
            graph,
            tensors,
            device: device.clone(),
        };
        network.portions = Portions::of(&network.architecture.sizes()?, network.parameter_count(), device);
        Ok(network)
    }

    /// Its shape.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Where its tensors live.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Trained values in all.
    pub fn parameter_count(&self) -> usize {
        self.parameters().map(|p| p.dims().iter().product::<usize>()).sum()
    }

    /// Logits `[n, classes]` of `images` `[n, channels, height, width]`, and their pullback on the same tape.
    ///
    /// # Errors
    /// When the images have another shape or type, or there is none.
    pub fn forward_with_pullback(
        &self,
        images: Tensor<4>,
        mut mode: Mode<'_>,
    ) -> Result<(Tensor<2>, Pullback<'static>)> {
        check_images(self.shape(), self.tensors.dtype(), &images)?;
        let layers = 0..self.architecture.layers.len();
        let (logits, pullback) = self.run(layers, to_nhwc(images), &[], &mut |_| (), &mut mode)?;
        let (logits, pullback) = as_logits(logits, self.classes(), pullback);
        let pullback = move |cotangent| Ok(to_nchw(pullback(cotangent)?));
        Ok((logits, Pullback::new(pullback)))
    }

    /// Runs a range of layers on the value that enters the first of them, which must be all that they see of earlier ones; gives the last one's
    /// output, and its pullback to that value. The values with the indices in `kept` (ascending) are computed for themselves, not as part of a
    /// fused layer, and shown to `visit` in this order.
    pub(super) fn run(
        &self,
        range: std::ops::Range<usize>,
        x: Tensor<4>,
        kept: &[usize],
        visit: &mut dyn FnMut(&Tensor<4>),
        mode: &mut Mode<'_>,
    ) -> Result<(Tensor<4>, impl Fn(Tensor<4>) -> Result<Tensor<4>> + use<>)> {
        let layers = &self.architecture.layers;
        let mut values = vec![None; layers.len() + 1];
        let whole = range.start == 0;
        if whole {
            FORWARD_PASSES.add(x.dims()[0]);
        }
        values[range.start] = Some(x);
        let mut pullbacks: Vec<LayerPullback> = Vec::with_capacity(range.len());
        let (mut done, mut statistics) = (range.start, None);
        for (index, spec) in layers.iter().enumerate().take(range.end).skip(range.start) {
            stop::check()?;
            let mut inputs = self.gather(index, &mut values)?;
            let (y, pullback): (_, LayerPullback) = if index < done {
                // Computed together with an earlier layer, whose output is the only input.
                (inputs.swap_remove(0), Box::new(|g| Ok(vec![g])))
            } else {
                let layer = spec.kind.layer();
                let mut epilogue = self.epilogue(index, kept);
                done = index + 1 + epilogue.layers;
                let tensors = self.tensors.of_layer(index);
                let mut as_in_inference = Mode::Inference;
                let frozen = match mode {
                    Mode::Training(pass) => {
                        let next_is_frozen = layers.get(index + 1).is_some_and(|next| pass.freezes(&next.name));
                        epilogue.statistics &= !next_is_frozen;
                        let frozen = pass.freezes(&spec.name);
                        if frozen {
                            pass.record_nothing();
                        }
                        frozen
                    }
                    Mode::Inference => false,
                };
                let mut context = Context {
                    parameters: &tensors.parameters,
                    buffers: &tensors.buffers,
                    mode: if frozen { &mut as_in_inference } else { &mut *mode },
                    epilogue,
                    statistics: &mut statistics,
                };
                layer.forward(inputs, &mut context)?
            };
            if kept.contains(&(index + 1)) {
                visit(&y);
            }
            pullbacks.push(pullback);
            values[index + 1] = Some(y);
        }
        let (start, end, graph) = (range.start, range.end, self.graph.clone());
        let missing = move || misfit(IMAGES, "the logits do not depend on it");
        let y = values.swap_remove(end).ok_or_else(missing)?;
        let pullback = move |cotangent: Tensor<4>| {
            if whole {
                INPUT_GRADIENTS.add(cotangent.dims()[0]);
            }
            let mut gradients = vec![None; end + 1];
            gradients[end] = Some(cotangent);
            for (index, pullback) in (start..end).zip(&pullbacks).rev() {
                if let Some(gradient) = gradients[index + 1].take() {
                    stop::check()?;
                    graph.scatter(index, pullback(gradient)?, &mut gradients);
                }
            }
            gradients.swap_remove(start).ok_or_else(missing)
        };
        Ok((y, pullback))
    }

    /// The inputs of a layer.
    fn gather(&self, index: usize, values: &mut [Option<Tensor<4>>]) -> Result<Vec<Tensor<4>>> {
        let inputs = self.graph.gather(index, values);
        inputs.ok_or_else(|| misfit(&self.architecture.layers[index].name, "has no input"))
    }

    /// The layers after one that nothing else looks at and that it can take along. The values in `kept` are looked at.
    fn epilogue(&self, index: usize, kept: &[usize]) -> Epilogue {
        let layers = &self.architecture.layers;
        let next = |after: usize| -> Option<&dyn Layer> {
            let only = self.graph.feeds_only(after, after + 1) && !kept.contains(&(after + 1));
            layers.get(after + 1).filter(|_| only).map(|spec| spec.kind.layer())
        };
        epilogue(index, layers[index].kind.layer(), next)
    }

    /// How many images it takes at a time.
    pub(super) fn portions(&self) -> Portions {
        self.portions
    }

    pub(super) fn dtype(&self) -> Option<DType> {
        self.tensors.dtype()
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Logits `[n, classes]` of `images` `[n, channels, height, width]`.
    ///
    /// # Errors
    /// As [`forward_with_pullback`](Self::forward_with_pullback).
    pub fn forward(&self, images: Tensor<4>, mode: Mode<'_>) -> Result<Tensor<2>> {
        Ok(self.forward_with_pullback(images, mode)?.0)
    }
}

/// The last value as logits `[n, classes]`, and the pullback of that value as one of the logits.
pub(super) fn as_logits<T>(
    value: Tensor<4>,
    classes: usize,
    pullback: impl Fn(Tensor<4>) -> Result<T>,
) -> (Tensor<2>, impl Fn(Tensor<2>) -> Result<T>) {
    let (n, dtype) = (value.dims()[0], value.dtype());
    let of_logits = move |cotangent: Tensor<2>| {
        check_cotangent("logits", ([n, classes], dtype), &cotangent)?;
        pullback(cotangent.reshape([n, 1, 1, classes]))
    };
    (value.reshape([n, classes]), of_logits)
}

impl Module for Network {
    fn parts(&self) -> Vec<&Tensors> {
        vec![&self.tensors]
    }

    fn parts_mut(&mut self) -> Vec<&mut Tensors> {
        vec![&mut self.tensors]
    }
}
