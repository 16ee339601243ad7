/// A tensor of a state dict.
#[derive(Clone, Debug, PartialEq)]
pub struct StateTensor {
    /// Such as `layer1.0.conv1.weight`.
    pub name: String,
    /// Its sizes in PyTorch's order; none for a single number.
    pub shape: Vec<usize>,
    /// Its values in row-major order.
    pub values: StateValues,
}

/// Values of a tensor of a state dict.
#[derive(Clone, Debug, PartialEq)]
pub enum StateValues {
    /// `float32`.
    Floats(Vec<f32>),
    /// `int64`: counts.
    Integers(Vec<i64>),
}

impl StateTensor {
    /// Of floats.
    pub(super) fn floats(name: String, shape: Vec<usize>, values: Vec<f32>) -> Self {
        let values = StateValues::Floats(values);
        Self { name, shape, values }
    }

    /// The counter of a batch norm, at its start: nothing that is computed depends on it.
    pub(super) fn count(name: String) -> Self {
        let (shape, values) = (Vec::new(), StateValues::Integers(vec![0]));
        Self { name, shape, values }
    }

    /// Its values, little-endian.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match &self.values {
            StateValues::Floats(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            StateValues::Integers(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        }
    }
}

impl StateValues {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Integers(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
