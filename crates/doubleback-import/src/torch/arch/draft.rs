use std::collections::BTreeMap;

use doubleback::data::ImageShape;
use doubleback::nn::layers::{
    AdaptiveAvgPool, Add, AvgPool, BatchNorm, Conv2d, Dense, Dropout, Flatten, GlobalAvgPool, LayerKind, MaxPool, Relu,
    Size, Standardize,
};
use doubleback::nn::{Architecture, IMAGES, LayerSpec};

use super::built::Settings;
use crate::torch::build::{Misfit, missing};
use crate::torch::normalization;
use crate::torch::weights::Weights;

/// A network that is written down layer by layer, in the sizes of a file's tensors. Each method gives the name of the new layer, by which
/// later ones take its output.
pub(super) struct Draft<'a> {
    weights: &'a Weights,
    layers: Vec<LayerSpec>,
    sizes: BTreeMap<String, Size>,
    shape: ImageShape,
}

impl<'a> Draft<'a> {
    /// An empty network for images with as many channels as the first convolution takes. They are `side` pixels wide and high unless the
    /// settings say a size. Gives also what its first layer takes.
    pub fn new(weights: &'a Weights, first: &str, side: usize, settings: &Settings) -> Result<(Self, String), Misfit> {
        let kernel = format!("{first}.weight");
        let channels = match weights.shape(&kernel) {
            Some(&[_, channels, _, _]) => channels,
            Some(other) => return Err(format!("`{kernel}` is {other:?}, no kernel of a convolution")),
            None => return Err(missing(&kernel, weights)),
        };
        let [height, width] = settings.size.unwrap_or([side; 2]);
        let shape = ImageShape {
            channels,
            height,
            width,
        };
        let mut draft = Self {
            weights,
            layers: Vec::new(),
            sizes: BTreeMap::from([(IMAGES.to_owned(), [shape.height, shape.width, channels])]),
            shape,
        };
        let input = match weights.tensors.contains_key(normalization::MEAN) {
            true => draft.push(normalization::LAYER, Standardize {}, &[IMAGES])?,
            false => IMAGES.to_owned(),
        };
        Ok((draft, input))
    }

    /// The sizes of the file's tensors.
    pub fn weights(&self) -> &'a Weights {
        self.weights
    }

    /// Whether the file has a tensor.
    pub fn has(&self, name: &str) -> bool {
        self.weights.tensors.contains_key(name)
    }

    /// Size of what a layer gives.
    pub fn size(&self, layer: &str) -> Size {
        self.sizes.get(layer).copied().unwrap_or_default()
    }

    /// A layer without tensors of its own, or whose tensors `build::sources` finds.
    pub fn push(&mut self, name: &str, kind: impl Into<LayerKind>, inputs: &[&str]) -> Result<String, Misfit> {
        let kind = kind.into();
        let mut unique = name.to_owned();
        let mut number = 2;
        while self.sizes.contains_key(&unique) {
            unique = format!("{name}.{number}");
            number += 1;
        }
        let sizes: Vec<Size> = inputs.iter().map(|input| self.size(input)).collect();
        let output = kind.layer().output(&sizes);
        let output = output.map_err(|problem| format!("`{name}` {problem}"))?;
        let mut spec = LayerSpec::new(unique.clone(), kind);
        let last = self.layers.last().map_or(IMAGES, |last| &last.name);
        if inputs != [last] {
            spec.inputs = inputs.iter().map(|&input| input.to_owned()).collect();
        }
        self.layers.push(spec);
        self.sizes.insert(unique.clone(), output);
        Ok(unique)
    }

    /// Sizes of a tensor that has to be there.
    fn dims<const N: usize>(&self, name: &str) -> Result<[usize; N], Misfit> {
        let shape = self.weights.shape(name).ok_or_else(|| missing(name, self.weights))?;
        shape
            .try_into()
            .map_err(|_| format!("`{name}` is {shape:?}, not of {N} sizes"))
    }

    /// A convolution whose channels, kernel and groups its tensor says.
    pub fn conv(&mut self, name: &str, input: &str, stride: usize, padding: usize) -> Result<String, Misfit> {
        let kernel = format!("{name}.weight");
        let [channels, inputs, height, width] = self.dims(&kernel)?;
        let given = self.size(input)[2];
        let groups = given.checked_div(inputs).filter(|groups| groups * inputs == given);
        let groups = groups.filter(|&groups| groups > 0);
        let groups = groups.ok_or_else(|| format!("`{kernel}` takes {inputs} channels, and is given {given}"))?;
        let conv = Conv2d {
            channels,
            kernel: [height, width],
            stride: [stride; 2],
            padding: [padding; 2].into(),
            dilation: [1; 2],
            groups,
            bias: self.has(&format!("{name}.bias")),
        };
        self.push(name, conv, &[input])
    }

    /// A batch norm with PyTorch's momentum, affine if the file has its gain.
    pub fn norm(&mut self, name: &str, input: &str, epsilon: f64) -> Result<String, Misfit> {
        let norm = BatchNorm {
            gain: self.has(&format!("{name}.weight")),
            epsilon,
            ..BatchNorm::with_gain()
        };
        self.push(name, norm, &[input])
    }

    /// A batch norm with PyTorch's epsilon, then ReLU.
    pub fn norm_relu(&mut self, name: &str, relu: &str, input: &str) -> Result<String, Misfit> {
        let norm = self.norm(name, input, 1e-5)?;
        self.push(relu, Relu {}, &[&norm])
    }

    pub fn relu(&mut self, name: &str, input: &str) -> Result<String, Misfit> {
        self.push(name, Relu {}, &[input])
    }

    pub fn add(&mut self, name: &str, inputs: [&str; 2]) -> Result<String, Misfit> {
        self.push(name, Add {}, &inputs)
    }

    pub fn max_pool(
        &mut self,
        name: &str,
        input: &str,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Result<String, Misfit> {
        let pool = MaxPool {
            stride: [stride; 2],
            padding: [padding; 2].into(),
            ..MaxPool::square(kernel)
        };
        self.push(name, pool, &[input])
    }

    /// Means of two by two pixels.
    pub fn avg_pool(&mut self, name: &str, input: &str) -> Result<String, Misfit> {
        self.push(name, AvgPool::square(2), &[input])
    }

    pub fn global_avg_pool(&mut self, name: &str, input: &str) -> Result<String, Misfit> {
        self.push(name, GlobalAvgPool {}, &[input])
    }

    /// `AdaptiveAvgPool2d`: nothing for images of this size, plain pooling where the windows are equal.
    pub fn adaptive_avg_pool(&mut self, name: &str, input: &str, windows: [usize; 2]) -> Result<String, Misfit> {
        let [height, width, _] = self.size(input);
        if [height, width] == windows {
            return Ok(input.to_owned());
        }
        if height % windows[0] == 0 && width % windows[1] == 0 {
            let kernel = [height / windows[0], width / windows[1]];
            let pool = AvgPool {
                kernel,
                stride: kernel,
                ..AvgPool::square(1)
            };
            return self.push(name, pool, &[input]);
        }
        self.push(name, AdaptiveAvgPool { windows }, &[input])
    }

    pub fn flatten(&mut self, name: &str, input: &str) -> Result<String, Misfit> {
        self.push(name, Flatten {}, &[input])
    }

    pub fn dropout(&mut self, name: &str, input: &str, rate: f64) -> Result<String, Misfit> {
        self.push(name, Dropout { rate }, &[input])
    }

    /// A dense layer with as many units as its tensor says.
    pub fn dense(&mut self, name: &str, input: &str) -> Result<String, Misfit> {
        let matrix = format!("{name}.weight");
        let [units, inputs] = self.dims(&matrix)?;
        let given = self.size(input)[2];
        if inputs != given {
            return Err(format!(
                "`{matrix}` takes {inputs} values and is given {given}: its images may be of another size"
            ));
        }
        let dense = Dense {
            units,
            bias: self.has(&format!("{name}.bias")),
        };
        self.push(name, dense, &[input])
    }

    /// The finished network, under the name of its architecture.
    pub fn finish(self, name: &str, settings: &Settings) -> Architecture {
        let last = self.layers.last().map_or(IMAGES, |last| &last.name);
        let classes = self.size(last)[2];
        Architecture {
            name: name.to_owned(),
            input: [self.shape.channels, self.shape.height, self.shape.width],
            bounds: [settings.bounds.low, settings.bounds.high],
            classes,
            layers: self.layers,
        }
    }
}
