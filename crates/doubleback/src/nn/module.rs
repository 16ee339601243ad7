use burn::tensor::{DType, Tensor};

use super::parameter::Parameter;
use super::pullback::check_type;
use super::tensors::Tensors;
use super::training_pass::TrainingPass;
use crate::{Error, Result};

/// Something that is trained: a [`Network`](super::Network), a [`Chain`](super::Chain), or what you make of several.
///
/// ```
/// use burn::tensor::Device;
/// use doubleback::nn::layers::Dense;
/// use doubleback::nn::{Chain, LayerSpec, Module, Tensors};
///
/// #[derive(Clone)]
/// struct TwoHeads {
///     trunk: Chain,
///     heads: [Chain; 2],
/// }
///
/// impl Module for TwoHeads {
///     fn parts(&self) -> Vec<&Tensors> {
///         [self.trunk.parts(), self.heads[0].parts(), self.heads[1].parts()].concat()
///     }
///
///     fn parts_mut(&mut self) -> Vec<&mut Tensors> {
///         let heads = self.heads.iter_mut().flat_map(Chain::parts_mut);
///         self.trunk.parts_mut().into_iter().chain(heads).collect()
///     }
/// }
///
/// let dense = |name: &str, inputs, units| {
///     let layers = vec![LayerSpec::new(name, Dense { units, bias: true })];
///     Chain::new([1, 1, inputs], layers, 0, &Device::flex())
/// };
/// let model = TwoHeads { trunk: dense("trunk", 4, 3)?, heads: [dense("a", 3, 1)?, dense("b", 3, 2)?] };
/// let names: Vec<&str> = model.parameters().map(|p| p.name()).collect();
/// assert_eq!(names, ["trunk.weight", "trunk.bias", "a.weight", "a.bias", "b.weight", "b.bias"]);
/// # Ok::<(), doubleback::Error>(())
/// ```
pub trait Module: Clone {
    /// The tensors of all its layers, in the order of their forward passes.
    fn parts(&self) -> Vec<&Tensors>;

    /// The tensors of [`parts`](Self::parts), to be changed.
    fn parts_mut(&mut self) -> Vec<&mut Tensors>;

    /// Tensors that are kept and belong to no layer.
    fn states(&self) -> Vec<&Parameter> {
        Vec::new()
    }

    /// The tensors of [`states`](Self::states), to be changed.
    fn states_mut(&mut self) -> Vec<&mut Parameter> {
        Vec::new()
    }

    /// The trained tensors, in order.
    fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parts().into_iter().flat_map(Tensors::parameters)
    }

    /// The trained tensors, in order, to be changed.
    fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.parts_mut().into_iter().flat_map(Tensors::parameters_mut)
    }

    /// The tensors that are kept but not trained: those of layers, then [`states`](Self::states).
    fn buffers(&self) -> impl Iterator<Item = &Parameter> {
        let of_layers = self.parts().into_iter().flat_map(Tensors::buffers);
        of_layers.chain(self.states())
    }

    /// All tensors: parameters, then buffers.
    fn tensors(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters().chain(self.buffers())
    }

    /// A copy with its parameters on a tape: a loss computed with it can be differentiated.
    fn tracked(&self) -> Self {
        self.tracked_where(|_| true)
    }

    /// As [`tracked`](Self::tracked), but for the parameters that are not to be `trained`, which stay constants: nothing is differentiated by them.
    fn tracked_where(&self, trained: impl Fn(&Parameter) -> bool) -> Self {
        let mut module = self.clone();
        for parameter in module.parameters_mut() {
            let taped = parameter.value().clone().inner().autodiff();
            let taped = if trained(parameter) {
                taped.require_grad()
            } else {
                taped
            };
            parameter.set(taped);
        }
        module
    }

    /// A copy with no tape.
    fn untracked(&self) -> Self {
        let mut module = self.clone();
        for parameter in module.parameters_mut() {
            parameter.set(parameter.value().clone().inner());
        }
        module
    }

    /// A copy in another float type, for checks in `f64`.
    fn cast(&self, dtype: DType) -> Self {
        let mut module = self.clone();
        let cast = |tensor: &mut Parameter| tensor.set(tensor.value().clone().cast(dtype));
        module.parts_mut().into_iter().flat_map(Tensors::all_mut).for_each(cast);
        module.states_mut().into_iter().for_each(cast);
        module
    }

    /// Replaces the value of a parameter or buffer.
    ///
    /// # Errors
    /// When there is none of this name, or its length or type differs.
    fn set(&mut self, name: &str, value: Tensor<1>) -> Result<()> {
        if !self.tensors().any(|tensor| tensor.name() == name) {
            return Err(Error::unknown("parameter", name, self.tensors().map(Parameter::name)));
        }
        let replace = |tensor: &mut Parameter| {
            if tensor.value().dims() != value.dims() {
                return Err(Error::shape(name, tensor.dims(), value.dims()));
            }
            check_type(name, Some(tensor.value().dtype()), &value)?;
            tensor.set(value.clone());
            Ok(())
        };
        if let Some(state) = self.states_mut().into_iter().find(|state| state.name() == name) {
            return replace(state);
        }
        let mut tensors = self.parts_mut().into_iter().flat_map(Tensors::all_mut);
        tensors.find(|tensor| tensor.name() == name).map_or(Ok(()), replace)
    }

    /// Moves the moving averages towards the statistics that the forward passes of a training step saw, pass after pass through all parts.
    fn update_moving_averages(&mut self, pass: TrainingPass) {
        let mut averages: Vec<_> = self
            .parts_mut()
            .into_iter()
            .flat_map(Tensors::moving_averages)
            .collect();
        let count = averages.len();
        for (index, statistics) in pass.into_statistics().iter().enumerate() {
            if let Some(statistics) = statistics {
                averages[index % count].move_averages(statistics);
            }
        }
    }
}
