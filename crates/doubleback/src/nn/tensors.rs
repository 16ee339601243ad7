use burn::tensor::{DType, Tensor};

use super::layer_spec::{LayerSpec, misfit};
use super::layers::{LARGEST, Size, TensorSpec};
use super::parameter::Parameter;
use super::pullback::check_type;
use crate::{Error, Result};

/// The tensors of a list of layers: what networks and chains are made of.
#[derive(Clone, Debug)]
pub struct Tensors(Vec<LayerTensors>);

/// The tensors of one layer.
#[derive(Clone, Debug)]
pub(crate) struct LayerTensors {
    /// In the order of [`Layer::parameters`](super::layers::Layer::parameters).
    pub parameters: Vec<Parameter>,
    /// In the order of [`Layer::buffers`](super::layers::Layer::buffers).
    pub buffers: Vec<Parameter>,
    /// If the buffers are moving averages.
    decay: Option<f64>,
}

impl Tensors {
    /// The tensors of layers that fit inputs of these sizes, layer by layer, trained ones first. Their values come from `value`, given
    /// specification and full name.
    ///
    /// # Errors
    /// Names the first tensor of more than 2^27 values, or that `value` gives another number of values, or of another type than those before; whatever
    /// `value` gives.
    pub(crate) fn build<'a>(
        layers: impl IntoIterator<Item = (&'a LayerSpec, &'a [Size])>,
        mut value: impl FnMut(&TensorSpec, &str) -> Result<Tensor<1>>,
    ) -> Result<Self> {
        let mut dtype = None;
        let mut named = |layer: &str, specs: Vec<TensorSpec>| -> Result<Vec<Parameter>> {
            let tensor = |spec: TensorSpec| {
                let name = format!("{layer}.{}", spec.name);
                let count = spec.dims.iter().try_fold(1usize, |count, &dim| count.checked_mul(dim));
                let count = count
                    .filter(|&count| count <= LARGEST)
                    .ok_or_else(|| misfit(&name, format!("{:?} are more than {LARGEST} values", spec.dims)))?;
                let value = value(&spec, &name)?;
                check_type(&name, dtype, &value)?;
                dtype = Some(value.dtype());
                match value.dims() == [count] {
                    true => Ok(Parameter::new(name, spec.dims, value)),
                    false => Err(Error::shape(name, [count], value.dims())),
                }
            };
            specs.into_iter().map(tensor).collect()
        };
        let of_layer = |(spec, inputs): (&LayerSpec, &[Size])| {
            let layer = spec.kind.layer();
            Ok(LayerTensors {
                parameters: named(&spec.name, layer.parameters(inputs))?,
                buffers: named(&spec.name, layer.buffers(inputs))?,
                decay: layer.decay(),
            })
        };
        Ok(Self(layers.into_iter().map(of_layer).collect::<Result<_>>()?))
    }

    /// The float type of the tensors, which all share; none if there are no tensors.
    pub(crate) fn dtype(&self) -> Option<DType> {
        let first = self
            .0
            .iter()
            .flat_map(|layer| layer.parameters.iter().chain(&layer.buffers))
            .next();
        first.map(|tensor| tensor.value().dtype())
    }

    /// Those of one layer.
    pub(crate) fn of_layer(&self, layer: usize) -> &LayerTensors {
        &self.0[layer]
    }

    /// The trained tensors, in order.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.0.iter().flat_map(|layer| &layer.parameters)
    }

    pub(crate) fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.0.iter_mut().flat_map(|layer| &mut layer.parameters)
    }

    /// The tensors that are kept but not trained, in order.
    pub(crate) fn buffers(&self) -> impl Iterator<Item = &Parameter> {
        self.0.iter().flat_map(|layer| &layer.buffers)
    }

    pub(crate) fn buffers_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.0.iter_mut().flat_map(|layer| &mut layer.buffers)
    }

    /// All of them, layer by layer.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.0
            .iter_mut()
            .flat_map(|layer| layer.parameters.iter_mut().chain(&mut layer.buffers))
    }

    /// The layers whose buffers are moving averages, in order.
    pub(crate) fn moving_averages(&mut self) -> impl Iterator<Item = &mut LayerTensors> {
        self.0.iter_mut().filter(|layer| layer.decay.is_some())
    }
}

impl LayerTensors {
    /// Moves the moving averages towards the statistics of a batch, one row a buffer.
    pub fn move_averages(&mut self, statistics: &Tensor<2>) {
        let Some(decay) = self.decay else { return };
        let channels = statistics.dims()[1];
        for (row, buffer) in self.buffers.iter_mut().enumerate() {
            let batch = statistics.clone().slice([row..row + 1, 0..channels]);
            let batch = batch.reshape([channels]);
            buffer.set_with(|average| average * decay + batch * (1.0 - decay));
        }
    }
}
