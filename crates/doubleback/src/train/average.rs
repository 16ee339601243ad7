use burn::tensor::Tensor;

use crate::Result;
use crate::nn::{Module, Network, Parameter, Tensors};

/// The exponential moving average of a network's weights over the steps of its training (Polyak & Juditsky 1992): after the first step the
/// weights themselves, then `average + (1 - decay) · (weights - average)`, as PyTorch's `AveragedModel` with `get_ema_multi_avg_fn`. The moving
/// statistics of batch norms are averaged in the same way, so that nothing has to be measured again.
#[derive(Clone, Debug)]
pub(super) struct Average {
    decay: f64,
    network: Network,
}

impl Average {
    /// Before the first step: the average is that of no weights yet.
    pub fn new(network: &Network, decay: f64) -> Self {
        Self {
            decay,
            network: network.clone(),
        }
    }

    /// With the averages that `get` finds, by name and length.
    pub fn resume(network: &Network, decay: f64, get: &dyn Fn(&str, usize) -> Result<Tensor<1>>) -> Result<Self> {
        let mut average = Self::new(network, decay);
        for tensor in network.tensors() {
            let value = get(&named(tensor), tensor.dims().iter().product())?;
            average.network.set(tensor.name(), value)?;
        }
        Ok(average)
    }

    /// The network with averaged weights.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The same, when nothing more comes.
    pub fn into_network(self) -> Network {
        self.network
    }

    /// The averages by name: that of the tensor, and `.average`.
    pub fn tensors(&self) -> impl Iterator<Item = (String, &Tensor<1>)> {
        self.network.tensors().map(|tensor| (named(tensor), tensor.value()))
    }

    /// Takes in the weights after a step, of which `steps` were before.
    pub fn update(&mut self, network: &Network, steps: usize) {
        let decay = self.decay;
        let blend = |average: &mut Parameter, value: &Parameter| {
            let value = value.value().clone();
            average.set_with(|average| match steps {
                0 => value,
                // Exactly the weights where these stay as they are.
                _ => average.clone() + (value - average) * (1.0 - decay),
            });
        };
        let averages = self.network.parameters_mut();
        averages
            .zip(network.parameters())
            .for_each(|(average, value)| blend(average, value));
        let averages = self.network.parts_mut().into_iter().flat_map(Tensors::buffers_mut);
        averages
            .zip(network.buffers())
            .for_each(|(average, value)| blend(average, value));
    }
}

fn named(tensor: &Parameter) -> String {
    format!("{}.average", tensor.name())
}
