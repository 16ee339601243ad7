//! Layers one after another, and what is trained that consists of such chains.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::architecture::LayerSpec;
use super::fusion::Tail;
use super::graph::misfit;
use super::initialize;
use super::layers::{Context, LayerKind, Size, TensorSpec};
use super::network::{Mode, TrainingPass};
use super::parameter::Parameter;
use crate::random::Stream;
use crate::{Error, Result};

/// Layers one after another, from any activation to any other: a part of a generator, discriminator or decoder.
#[derive(Clone, Debug)]
pub struct Chain {
    layers: Vec<ChainLayer>,
    sizes: Vec<Size>,
}

#[derive(Clone, Debug)]
struct ChainLayer {
    spec: LayerSpec,
    parameters: Vec<Parameter>,
    buffers: Vec<Parameter>,
}

/// Most values of a tensor: half a gigabyte.
const LARGEST: usize = 1 << 27;

impl Chain {
    /// A chain for inputs of size `input` (height, width, channels) with starting values drawn from `seed`. The names of the layers are
    /// part of the draw, so that chains of one seed differ.
    ///
    /// # Errors
    /// Names the first layer that does not fit the one before, or with a tensor of more than 2^27 values.
    pub fn new(input: Size, layers: Vec<LayerSpec>, seed: u64, device: &Device) -> Result<Self> {
        let mut sizes = vec![input];
        let mut built = Vec::with_capacity(layers.len());
        for spec in layers {
            let size = sizes[sizes.len() - 1];
            let layer = spec.kind.layer();
            let output = layer.output(size).map_err(|problem| misfit(&spec.name, problem))?;
            let named = |specs: Vec<TensorSpec>| -> Result<Vec<Parameter>> {
                let tensor = |tensor: TensorSpec| {
                    let name = format!("{}.{}", spec.name, tensor.name);
                    let count = tensor
                        .dims
                        .iter()
                        .try_fold(1usize, |count, &dim| count.checked_mul(dim));
                    let count = count
                        .filter(|&count| count <= LARGEST)
                        .ok_or_else(|| misfit(&name, format!("{:?} are more than {LARGEST} values", tensor.dims)))?;
                    let values = initialize::values(tensor.start, count, seed, Stream::ChainStart { name: &name });
                    let value = Tensor::from_data(TensorData::new(values, [count]), device);
                    Ok(Parameter::new(name, tensor.dims, value))
                };
                specs.into_iter().map(tensor).collect()
            };
            let (parameters, buffers) = (named(layer.parameters(size))?, named(layer.buffers(size))?);
            sizes.push(output);
            built.push(ChainLayer {
                parameters,
                buffers,
                spec,
            });
        }
        Ok(Self { layers: built, sizes })
    }

    /// Height, width and channels of what comes out.
    pub fn output(&self) -> Size {
        self.sizes[self.sizes.len() - 1]
    }

    /// # Shapes
    /// `[n, height, width, channels]` to `[n, height, width, channels]`
    ///
    /// # Errors
    /// When the input has another size.
    pub fn forward(&self, x: Tensor<4>, mode: &mut Mode<'_>) -> Result<Tensor<4>> {
        let [n, height, width, channels] = x.dims();
        let first = self.layers.first().map_or("chain", |layer| &layer.spec.name);
        if [height, width, channels] != self.sizes[0] {
            let [h, w, c] = self.sizes[0];
            return Err(Error::shape(format!("input of `{first}`"), [n, h, w, c], x.dims()));
        }
        let mut x = x;
        let mut statistics = None;
        for (index, layer) in self.layers.iter().enumerate() {
            let next = self.layers.get(index + 1).map(|layer| &layer.spec.kind);
            let tail = Tail {
                statistics: matches!(next, Some(LayerKind::BatchNorm(_))),
                ..Tail::default()
            };
            let mut context = Context {
                parameters: &layer.parameters,
                buffers: &layer.buffers,
                mode,
                statistics: &mut statistics,
            };
            x = layer.spec.kind.forward(x, tail, &mut context)?.0;
        }
        Ok(x)
    }

    /// The trained tensors, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.layers.iter().flat_map(|layer| &layer.parameters)
    }

    pub(crate) fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.layers.iter_mut().flat_map(|layer| &mut layer.parameters)
    }

    /// The tensors that are kept but not trained.
    pub fn buffers(&self) -> impl Iterator<Item = &Parameter> {
        self.layers.iter().flat_map(|layer| &layer.buffers)
    }

    pub(crate) fn buffers_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.layers.iter_mut().flat_map(|layer| &mut layer.buffers)
    }

    fn tensors_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.layers
            .iter_mut()
            .flat_map(|layer| layer.parameters.iter_mut().chain(&mut layer.buffers))
    }

    fn update_moving_averages(&mut self, statistics: &mut impl Iterator<Item = Tensor<2>>) {
        for layer in &mut self.layers {
            let LayerKind::BatchNorm(norm) = &layer.spec.kind else {
                continue;
            };
            let Some(batch) = statistics.next() else { return };
            let channels = batch.dims()[1];
            for (row, buffer) in layer.buffers.iter_mut().enumerate() {
                let batch = batch.clone().slice([row..row + 1, 0..channels]).reshape([channels]);
                buffer.set(buffer.value().clone() * norm.decay + batch * (1.0 - norm.decay));
            }
        }
    }
}

/// Something that is trained and consists of [`Chain`]s.
pub trait Module: Clone {
    /// Its chains, in the order of their forward passes.
    fn chains(&self) -> Vec<&Chain>;

    /// The same, to be changed.
    fn chains_mut(&mut self) -> Vec<&mut Chain>;

    /// Tensors that are kept and are not the chains' own.
    fn states(&self) -> Vec<&Parameter> {
        Vec::new()
    }

    /// The same, to be changed.
    fn states_mut(&mut self) -> Vec<&mut Parameter> {
        Vec::new()
    }

    /// The trained tensors, in order.
    fn parameters(&self) -> Vec<&Parameter> {
        self.chains().into_iter().flat_map(Chain::parameters).collect()
    }

    /// The tensors that are kept but not trained.
    fn buffers(&self) -> Vec<&Parameter> {
        let buffers = self.chains().into_iter().flat_map(Chain::buffers);
        buffers.chain(self.states()).collect()
    }

    /// The same with its parameters on a tape: a loss computed with it can be differentiated.
    fn tracked(&self) -> Self {
        let mut module = self.clone();
        for parameter in module.chains_mut().into_iter().flat_map(Chain::parameters_mut) {
            parameter.set(parameter.value().clone().inner().autodiff().require_grad());
        }
        module
    }

    /// The same with no tape.
    fn untracked(&self) -> Self {
        let mut module = self.clone();
        for parameter in module.chains_mut().into_iter().flat_map(Chain::parameters_mut) {
            parameter.set(parameter.value().clone().inner());
        }
        module
    }

    /// The same in another float type, for checks in `f64`.
    fn cast(&self, dtype: DType) -> Self {
        let mut module = self.clone();
        let cast = |tensor: &mut Parameter| tensor.set(tensor.value().clone().cast(dtype));
        module
            .chains_mut()
            .into_iter()
            .flat_map(Chain::tensors_mut)
            .for_each(cast);
        module.states_mut().into_iter().for_each(cast);
        module
    }

    /// Replaces the value of a parameter or buffer.
    ///
    /// # Errors
    /// When there is none of this name, or its length differs.
    fn set(&mut self, name: &str, value: Tensor<1>) -> Result<()> {
        let replace = |tensor: &mut Parameter| {
            if tensor.value().dims() != value.dims() {
                return Err(Error::shape(name, tensor.dims(), value.dims()));
            }
            tensor.set(value.clone());
            Ok(())
        };
        if let Some(state) = self.states_mut().into_iter().find(|state| state.name() == name) {
            return replace(state);
        }
        let mut tensors = self.chains_mut().into_iter().flat_map(Chain::tensors_mut);
        if let Some(tensor) = tensors.find(|tensor| tensor.name() == name) {
            return replace(tensor);
        }
        drop(tensors);
        Err(Error::unknown(
            "parameter",
            name,
            self.tensors().into_iter().map(Parameter::name),
        ))
    }

    /// All tensors: parameters, then buffers.
    fn tensors(&self) -> Vec<&Parameter> {
        self.parameters().into_iter().chain(self.buffers()).collect()
    }

    /// Moves the moving averages towards the statistics that one forward pass through all chains saw.
    fn update_moving_averages(&mut self, pass: TrainingPass) {
        let mut statistics = pass.into_statistics().into_iter();
        for chain in self.chains_mut() {
            chain.update_moving_averages(&mut statistics);
        }
    }
}
