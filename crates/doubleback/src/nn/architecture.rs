use serde::{Deserialize, Serialize};

use super::architectures::Pool;
use super::graph::{Graph, misfit};
use super::layers::{LayerKind, LocalContrast, Size};
use crate::Result;
use crate::data::{Bounds, ImageShape};

/// A layer with its name. Layers of one stage share the part before the dot: `conv1`, `conv1.norm`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSpec {
    /// Unique name; parameters are called `name.role`.
    pub name: String,
    /// The earlier layer whose output is the input. Without one it is the layer before, or the images for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// What it computes.
    #[serde(flatten)]
    pub kind: LayerKind,
}

impl LayerSpec {
    /// A named layer after the one before it.
    pub fn new(name: impl Into<String>, kind: LayerKind) -> Self {
        Self {
            name: name.into(),
            input: None,
            kind,
        }
    }

    /// The same layer after another, earlier one.
    pub fn after(mut self, input: impl Into<String>) -> Self {
        self.input = Some(input.into());
        self
    }
}

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

    /// The kind of its pooling layers, if it has any that could be of either kind.
    pub fn pool(&self) -> Option<Pool> {
        self.layers.iter().find_map(|spec| match spec.kind {
            LayerKind::MaxPool(_) => Some(Pool::Max),
            LayerKind::AvgPool(_) => Some(Pool::Avg),
            _ => None,
        })
    }

    /// Size of the input of every layer, and of the last one's output.
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
            return Err(misfit("input", problem));
        }
        let graph = Graph::new(&self.layers)?;
        let mut inputs = Vec::with_capacity(self.layers.len() + 1);
        let mut values = vec![[height, width, channels]];
        for (index, spec) in self.layers.iter().enumerate() {
            let sources = graph.sources(index).iter().map(|&value| values[value]);
            let input = sources.clone().next().unwrap_or_default();
            if let Some(other) = sources.clone().find(|&size| size != input) {
                let problem = format!("cannot add {other:?} values to {input:?}: both must be of one size");
                return Err(misfit(&spec.name, problem));
            }
            let output = spec.kind.layer().output(input);
            values.push(output.map_err(|problem| misfit(&spec.name, problem))?);
            inputs.push(input);
        }
        let last = values[values.len() - 1];
        if last != [1, 1, self.classes] {
            let problem = format!("gives {last:?} values, not one for each of {} classes", self.classes);
            return Err(misfit(self.layers.last().map_or("input", |spec| &spec.name), problem));
        }
        inputs.push(last);
        Ok(inputs)
    }
}
