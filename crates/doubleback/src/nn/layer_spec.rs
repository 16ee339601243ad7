use serde::{Deserialize, Serialize};

use super::layers::{LARGEST, LayerKind, Relu, Size};
use crate::{Error, Result};

/// A layer with its name. Layers of one stage share the part before the dot: `conv1`, `conv1.norm`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSpec {
    /// Unique name; parameters are called `name.role`. [`IMAGES`] is taken.
    pub name: String,
    /// The earlier layers whose outputs are the inputs, or [`IMAGES`]. If there are none, it is the layer before, or the images for the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
    /// What it computes.
    #[serde(flatten)]
    pub kind: LayerKind,
}

/// The name under which layers may take the images, and that of the first stage.
pub const IMAGES: &str = "input";

impl LayerSpec {
    /// A named layer after the one before it.
    pub fn new(name: impl Into<String>, kind: impl Into<LayerKind>) -> Self {
        Self {
            name: name.into(),
            inputs: Vec::new(),
            kind: kind.into(),
        }
    }

    /// The same layer with one more input: the output of an earlier layer, or [`IMAGES`].
    pub fn after(mut self, input: impl Into<String>) -> Self {
        self.inputs.push(input.into());
        self
    }

    /// Size of its output.
    ///
    /// # Errors
    /// When it does not fit inputs of these sizes, or its output has more than 2^27 values an image.
    pub(crate) fn output(&self, inputs: &[Size]) -> Result<Size> {
        let output = self.kind.layer().output(inputs);
        let output = output.map_err(|problem| misfit(&self.name, problem))?;
        let count = output.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        match count.is_some_and(|count| count <= LARGEST) {
            true => Ok(output),
            false => Err(misfit(
                &self.name,
                format!("gives {output:?} values, more than {LARGEST}"),
            )),
        }
    }

    /// The layer, then a ReLU named `name.relu`.
    pub fn with_relu(self) -> [Self; 2] {
        let relu = Self::new(format!("{}.relu", self.name), Relu {});
        [self, relu]
    }
}

/// The error that a layer does not fit.
pub(crate) fn misfit(layer: &str, problem: impl Into<String>) -> Error {
    Error::Architecture {
        layer: layer.to_owned(),
        problem: problem.into(),
    }
}
