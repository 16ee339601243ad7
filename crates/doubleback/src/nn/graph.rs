use std::collections::HashMap;

use burn::tensor::Tensor;

use super::layer_spec::{IMAGES, LayerSpec, misfit};
use crate::Result;

/// Which values enter each layer. Value 0 is the images, value `i + 1` what layer `i` gives.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    /// By layer, at least one each.
    sources: Vec<Vec<usize>>,
    /// By value: the last layer that takes it.
    last_use: Vec<Option<usize>>,
}

impl Graph {
    /// Finds the layers that others name.
    ///
    /// # Errors
    /// Names the first layer whose name is taken or that names no earlier layer, or the first that none takes.
    pub fn new(layers: &[LayerSpec]) -> Result<Self> {
        let mut values = HashMap::from([(IMAGES, 0)]);
        let mut sources = Vec::with_capacity(layers.len());
        let mut last_use = vec![None; layers.len() + 1];
        for (index, spec) in layers.iter().enumerate() {
            let value = |name: &String| {
                let problem = || format!("takes the output of `{name}`, which is not an earlier layer");
                let value = values.get(name.as_str()).copied();
                value.ok_or_else(|| misfit(&spec.name, problem()))
            };
            let taken = match spec.inputs.is_empty() {
                true => vec![index],
                false => spec.inputs.iter().map(value).collect::<Result<_>>()?,
            };
            for &value in &taken {
                last_use[value] = Some(index);
            }
            sources.push(taken);
            if spec.name == IMAGES {
                return Err(misfit(
                    &spec.name,
                    "this is the name of the images. Give the layer another",
                ));
            }
            if values.insert(spec.name.as_str(), index + 1).is_some() {
                return Err(misfit(&spec.name, "another layer has this name"));
            }
        }
        // The last layer's output is the logits. A layer without influence on them would have parameters without gradients.
        let inner = layers.len().saturating_sub(1);
        if let Some(index) = (0..inner).find(|index| last_use[index + 1].is_none()) {
            return Err(misfit(&layers[index].name, "no later layer takes its output"));
        }
        Ok(Self { sources, last_use })
    }

    /// Whether the output of a layer enters one other layer, alone.
    pub fn feeds_only(&self, layer: usize, other: usize) -> bool {
        let users = self.sources.iter().filter(|sources| sources.contains(&(layer + 1)));
        users.count() == 1 && self.sources.get(other).is_some_and(|sources| sources == &[layer + 1])
    }

    /// Whether a value is all that the layers after it see.
    pub fn is_cut(&self, value: usize) -> bool {
        self.sources[value..].iter().flatten().all(|&source| source >= value)
    }

    /// The values that enter a layer.
    pub fn sources(&self, layer: usize) -> &[usize] {
        &self.sources[layer]
    }

    /// The inputs of a layer; values that no later layer takes are dropped. Nothing if a value is not there.
    pub fn gather(&self, layer: usize, values: &mut [Option<Tensor<4>>]) -> Option<Vec<Tensor<4>>> {
        let sources = self.sources(layer);
        let inputs = sources.iter().map(|&value| values[value].clone()).collect();
        for &value in sources {
            if self.last_use[value] == Some(layer) {
                values[value] = None;
            }
        }
        inputs
    }

    /// Adds the gradients of a layer's inputs, in their order, to those of the values that entered it.
    pub fn scatter(&self, layer: usize, inputs: Vec<Tensor<4>>, gradients: &mut [Option<Tensor<4>>]) {
        for (&value, gradient) in self.sources(layer).iter().zip(inputs) {
            gradients[value] = Some(match gradients[value].take() {
                Some(sum) => sum + gradient,
                None => gradient,
            });
        }
    }
}
