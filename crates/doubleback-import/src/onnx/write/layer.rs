use std::collections::HashMap;

use doubleback::nn::layers::Size;

use super::value::Value;

/// Why a layer cannot be written, in words.
pub(super) type Problem = String;

/// A layer of the network, with what goes into it.
pub(super) struct Layer<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its inputs in the graph, in order.
    pub inputs: Vec<Value>,
    /// Height, width and channels of what it gives.
    pub output: Size,
    /// The tensors of the network by full name.
    pub tensors: &'a HashMap<String, Vec<f32>>,
}

impl<'a> Layer<'a> {
    /// Its first input.
    pub fn input(&self) -> Result<&Value, Problem> {
        self.inputs.first().ok_or_else(|| "has no input".to_owned())
    }

    /// The values of its tensor of this role.
    pub fn tensor(&self, role: &str) -> Result<&'a [f32], Problem> {
        let values = self.tensors.get(&format!("{}.{role}", self.name));
        values.map(Vec::as_slice).ok_or_else(|| format!("has no {role}"))
    }
}
