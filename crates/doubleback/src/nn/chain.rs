use burn::tensor::{Device, Tensor, TensorData};

use super::fusion::epilogue;
use super::initialize;
use super::layer_spec::{LayerSpec, misfit};
use super::layers::{Context, Layer, Size};
use super::mode::Mode;
use super::module::Module;
use super::pullback::check_type;
use super::tensors::Tensors;
use crate::random::Stream;
use crate::{Error, Result};

/// Layers one after another, from any activation to any other: a part of a generator, discriminator or decoder.
#[derive(Clone, Debug)]
pub struct Chain {
    layers: Vec<LayerSpec>,
    tensors: Tensors,
    sizes: Vec<Size>,
}

impl Chain {
    /// A chain for inputs of size `input` (height, width, channels) with starting values drawn from `seed`. The names of the layers are
    /// part of the draw, so that chains of one seed differ.
    ///
    /// # Errors
    /// Names the first layer that does not fit the one before or names others as its inputs, or with a tensor of more than 2^27 values.
    pub fn new(input: Size, layers: Vec<LayerSpec>, seed: u64, device: &Device) -> Result<Self> {
        let mut sizes = vec![input];
        for spec in &layers {
            if !spec.inputs.is_empty() {
                return Err(misfit(&spec.name, "names its inputs, which layers of a chain do not"));
            }
            sizes.push(spec.output(&sizes[sizes.len() - 1..])?);
        }
        let inputs = sizes.iter().map(std::slice::from_ref);
        let tensors = Tensors::build(layers.iter().zip(inputs), |spec, name| {
            let count = spec.dims.iter().product();
            let values = initialize::values(spec.start, count, seed, Stream::ChainStart { name });
            Ok(Tensor::from_data(TensorData::new(values, [count]), device))
        })?;
        Ok(Self { layers, tensors, sizes })
    }

    /// Height, width and channels of what comes out.
    pub fn output(&self) -> Size {
        self.sizes[self.sizes.len() - 1]
    }

    /// # Shapes
    /// `[n, height, width, channels]` to `[n, height, width, channels]`
    ///
    /// # Errors
    /// When the input has another size or type, or there is none.
    pub fn forward(&self, x: Tensor<4>, mode: &mut Mode<'_>) -> Result<Tensor<4>> {
        let [n, height, width, channels] = x.dims();
        let first = self.layers.first().map_or("chain", |layer| &layer.name);
        if [height, width, channels] != self.sizes[0] {
            let [h, w, c] = self.sizes[0];
            return Err(Error::shape(format!("input of `{first}`"), [n, h, w, c], x.dims()));
        }
        if n == 0 {
            return Err(Error::value("images", "at least one", 0));
        }
        check_type(&format!("input of `{first}`"), self.tensors.dtype(), &x)?;
        let layer = |index: usize| -> Option<&dyn Layer> { Some(self.layers.get(index)?.kind.layer()) };
        let (mut x, mut index, mut statistics) = (x, 0, None);
        while let Some(this) = layer(index) {
            let tensors = self.tensors.of_layer(index);
            let epilogue = epilogue(index, this, |index| layer(index + 1));
            let mut context = Context {
                parameters: &tensors.parameters,
                buffers: &tensors.buffers,
                mode,
                epilogue,
                statistics: &mut statistics,
            };
            x = this.forward(vec![x], &mut context)?.0;
            index += 1 + epilogue.layers;
        }
        Ok(x)
    }
}

impl Module for Chain {
    fn parts(&self) -> Vec<&Tensors> {
        vec![&self.tensors]
    }

    fn parts_mut(&mut self) -> Vec<&mut Tensors> {
        vec![&mut self.tensors]
    }
}
