use serde::{Deserialize, Serialize};

use super::activation::Activation;
use super::graph::Graph;
use super::layer_spec::{IMAGES, LayerSpec, misfit};
use super::layers::{LARGEST, LayerKind, LocalContrast, Size};
use super::pool::Pool;
use crate::Result;
use crate::data::{Bounds, ImageShape};

/// A network's shape: everything but the values of its parameters. Stored in the metadata of model files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Such as `paper-cnn`.
    pub name: String,
    /// Channels, height and width of an image.
    pub input: [usize; 3],
    /// Least and greatest pixel value.
    pub bounds: [f32; 2],
    /// Number of classes.
    pub classes: usize,
    /// The layers in the order of computation: a chain, but for those that name another input. The last one gives the logits.
    pub layers: Vec<LayerSpec>,
}

impl Architecture {
    /// Shape of an image.
    pub fn shape(&self) -> ImageShape {
        let [channels, height, width] = self.input;
        ImageShape {
            channels,
            height,
            width,
        }
    }

    /// Least and greatest pixel value.
    pub fn bounds(&self) -> Bounds {
        Bounds {
            low: self.bounds[0],
            high: self.bounds[1],
        }
    }

    /// The same network behind local contrast normalization, its new first layer.
    ///
    /// ```
    /// use doubleback::data::{Bounds, ImageShape};
    /// use doubleback::nn::{Pool, layers::LocalContrast, paper_cnn};
    /// let shape = ImageShape { channels: 1, height: 32, width: 32 };
    /// let network = paper_cnn(shape, Bounds::UNIT, 10, Pool::Max).behind_local_contrast(LocalContrast::default());
    /// assert_eq!(network.layers[0].name, "local_contrast");
    /// assert_eq!(network.local_contrast(), Some(LocalContrast::default()));
    /// ```
    pub fn behind_local_contrast(mut self, layer: LocalContrast) -> Self {
        let first = LayerSpec::new("local_contrast", LayerKind::LocalContrast(layer));
        self.layers.insert(0, first);
        self
    }

    /// The local contrast normalization that it begins with, if it does.
    pub fn local_contrast(&self) -> Option<LocalContrast> {
        match self.layers.first().map(|spec| &spec.kind) {
            Some(LayerKind::LocalContrast(layer)) => Some(*layer),
            _ => None,
        }
    }

    /// The same network with this activation wherever it has a ReLU; a layer `conv1.relu` becomes `conv1.silu`, `block1.relu2` `block1.silu2`.
    ///
    /// ```
    /// use doubleback::data::{Bounds, ImageShape};
    /// use doubleback::nn::{Activation, resnet_small};
    /// let shape = ImageShape { channels: 3, height: 32, width: 32 };
    /// let network = resnet_small(shape, Bounds::UNIT, 10).with_activation(Activation::Silu);
    /// assert_eq!(network.layers[2].name, "conv1.norm.silu");
    /// assert_eq!(network.activation(), Some(Activation::Silu));
    /// ```
    pub fn with_activation(mut self, activation: Activation) -> Self {
        let part = |part: &str| match part.strip_prefix(Activation::Relu.name()) {
            Some(number) if number.chars().all(|c| c.is_ascii_digit()) => format!("{}{number}", activation.name()),
            _ => part.to_owned(),
        };
        let named = |name: &str| name.split('.').map(part).collect::<Vec<_>>().join(".");
        let is_relu = |spec: &LayerSpec| matches!(spec.kind, LayerKind::Relu(_));
        let relus: Vec<String> = self
            .layers
            .iter()
            .filter(|spec| is_relu(spec))
            .map(|spec| spec.name.clone())
            .collect();
        for spec in &mut self.layers {
            let renamed = spec.inputs.iter_mut().filter(|input| relus.contains(input));
            renamed.for_each(|input| *input = named(input));
            if is_relu(spec) {
                (spec.name, spec.kind) = (named(&spec.name), activation.layer());
            }
        }
        self
    }

    /// The first of its activations, if it has one that a built-in architecture can have.
    pub fn activation(&self) -> Option<Activation> {
        self.layers.iter().find_map(|spec| Activation::of(&spec.kind))
    }

    /// The kind of its pooling layers, if it has any that could be of either kind.
    pub fn pool(&self) -> Option<Pool> {
        self.layers.iter().find_map(|spec| match spec.kind {
            LayerKind::MaxPool(_) => Some(Pool::Max),
            LayerKind::AvgPool(_) => Some(Pool::Avg),
            _ => None,
        })
    }

    /// Size of every value: of the images, then of each layer's output.
    ///
    /// # Errors
    /// Names the first layer that does not fit, whose name is taken, that names no earlier layer, or whose output is not used.
    pub fn sizes(&self) -> Result<Vec<Size>> {
        let [channels, height, width] = self.input;
        if self.input.contains(&0) || self.classes == 0 {
            let problem = format!(
                "{} classes of images {:?}: neither may be empty",
                self.classes, self.input
            );
            return Err(misfit(IMAGES, problem));
        }
        let [low, high] = self.bounds;
        if !(low.is_finite() && high.is_finite() && low < high) {
            let problem = format!(
                "pixel values between {low} and {high}: the bounds must be numbers, and the first less than the second"
            );
            return Err(misfit(IMAGES, problem));
        }
        let count = self
            .input
            .iter()
            .try_fold(1usize, |count, &size| count.checked_mul(size));
        if count.is_none_or(|count| count > LARGEST) {
            let problem = format!("images {:?} have more than {LARGEST} values", self.input);
            return Err(misfit(IMAGES, problem));
        }
        let graph = Graph::new(&self.layers)?;
        let mut sizes = vec![[height, width, channels]];
        for (index, spec) in self.layers.iter().enumerate() {
            let inputs: Vec<Size> = graph.sources(index).iter().map(|&value| sizes[value]).collect();
            sizes.push(spec.output(&inputs)?);
        }
        let last = sizes[sizes.len() - 1];
        if last != [1, 1, self.classes] {
            let problem = format!("gives {last:?} values, not one for each of {} classes", self.classes);
            return Err(misfit(self.layers.last().map_or(IMAGES, |spec| &spec.name), problem));
        }
        Ok(sizes)
    }

    /// Values of one image in all activations together, and what layers write besides.
    ///
    /// # Errors
    /// As [`sizes`](Self::sizes).
    pub fn working_values(&self) -> Result<usize> {
        // None of these products overflows: the sizes were checked.
        let activations = self.sizes()?.into_iter().map(|size| size.iter().product());
        let besides = self.layers.iter().zip(self.input_sizes()?);
        let besides = besides.map(|(spec, inputs)| spec.kind.layer().workspace(&inputs));
        Ok(activations.chain(besides).fold(0, usize::saturating_add))
    }

    /// The full name (`layer.role`) of every tensor, layer by layer, of each layer the trained ones first, and the least value that it may have.
    ///
    /// # Errors
    /// As [`sizes`](Self::sizes).
    pub(crate) fn tensors(&self) -> Result<Vec<(String, Option<f32>)>> {
        let inputs = self.input_sizes()?;
        let of_layer = |(spec, inputs): (&LayerSpec, &Vec<Size>)| {
            let layer = spec.kind.layer();
            let tensors = layer.parameters(inputs).into_iter().chain(layer.buffers(inputs));
            let named = tensors.map(|tensor| (format!("{}.{}", spec.name, tensor.name), layer.least(tensor.name)));
            named.collect::<Vec<_>>()
        };
        Ok(self.layers.iter().zip(&inputs).flat_map(of_layer).collect())
    }

    /// Sizes of the inputs of every layer.
    ///
    /// # Errors
    /// As [`sizes`](Self::sizes).
    pub fn input_sizes(&self) -> Result<Vec<Vec<Size>>> {
        let (sizes, graph) = (self.sizes()?, Graph::new(&self.layers)?);
        let of_layer = |layer| graph.sources(layer).iter().map(|&value| sizes[value]).collect();
        Ok((0..self.layers.len()).map(of_layer).collect())
    }
}
