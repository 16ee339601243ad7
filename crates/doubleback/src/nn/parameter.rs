use burn::tensor::Tensor;

/// A named tensor of a network, stored flat.
#[derive(Clone, Debug)]
pub struct Parameter {
    name: String,
    dims: Vec<usize>,
    value: Tensor<1>,
}

impl Parameter {
    pub(crate) fn new(name: String, dims: Vec<usize>, value: Tensor<1>) -> Self {
        debug_assert_eq!(dims.iter().product::<usize>(), value.dims()[0]);
        Self { name, dims, value }
    }

    /// Layer and role, such as `conv1.weight`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sizes: `[height, width, in, out]` for convolutions, `[in, out]` for dense layers, `[channels]` for vectors.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The values in row-major order.
    pub fn value(&self) -> &Tensor<1> {
        &self.value
    }

    pub(crate) fn set(&mut self, value: Tensor<1>) {
        self.value = value;
    }

    pub(crate) fn take(&mut self) -> Tensor<1> {
        let empty = Tensor::zeros([0], &self.value.device());
        std::mem::replace(&mut self.value, empty)
    }

    /// Replaces the value by a function of it, in place where that can be.
    pub(crate) fn set_with(&mut self, change: impl FnOnce(Tensor<1>) -> Tensor<1>) {
        self.value = change(self.take());
    }

    /// The values in their own shape, on the same tape. `D` must be the number of sizes.
    pub(crate) fn view<const D: usize>(&self) -> Tensor<D> {
        let dims: [usize; D] = std::array::from_fn(|i| self.dims[i]);
        self.value.clone().reshape(dims)
    }
}
