use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::graph::{Graph, misfit};
use super::layers::{AvgPool, BatchNorm, Conv2d, Dense, Dropout, Flatten, LayerKind, MaxPool, Size};
use crate::data::{Bounds, ImageShape};
use crate::{Error, Result};

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

/// Kind of pooling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Largest value of a window.
    #[default]
    Max,
    /// Mean of a window.
    Avg,
}

impl Pool {
    /// Both kinds.
    pub const ALL: [Pool; 2] = [Pool::Max, Pool::Avg];

    /// `max` or `avg`.
    pub fn name(self) -> &'static str {
        match self {
            Pool::Max => "max",
            Pool::Avg => "avg",
        }
    }

    fn layer(self, size: usize) -> LayerKind {
        match self {
            Pool::Max => LayerKind::MaxPool(MaxPool { size }),
            Pool::Avg => LayerKind::AvgPool(AvgPool { size }),
        }
    }
}

impl FromStr for Pool {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = Pool::ALL.iter().map(|pool| pool.name());
        Pool::ALL
            .into_iter()
            .find(|pool| pool.name() == name)
            .ok_or_else(|| Error::unknown("pooling", name, known))
    }
}

/// Names of the architectures, as on the command line.
pub const ARCHITECTURES: [&str; 1] = ["paper-cnn"];

/// Checks that there is an architecture of a name.
///
/// # Errors
/// When there is none; the message suggests the nearest.
pub fn check_architecture(name: &str) -> Result<()> {
    match ARCHITECTURES.contains(&name) {
        true => Ok(()),
        false => Err(Error::unknown("architecture", name, ARCHITECTURES)),
    }
}

/// The architecture of a name, for images of this shape.
///
/// # Errors
/// As [`check_architecture`].
pub fn architecture(name: &str, shape: ImageShape, bounds: Bounds, classes: usize, pool: Pool) -> Result<Architecture> {
    check_architecture(name)?;
    Ok(paper_cnn(shape, bounds, classes, pool))
}

/// The network of Ross & Doshi-Velez 2018: two 5x5 convolutions of 32 and 64 channels, each with batch norm, ReLU and 2x2 pooling,
/// a dense layer of 1024 units with batch norm, ReLU and dropout, and a dense layer of logits.
/// 3,274,634 parameters on 28x28x1 images with 10 classes.
pub fn paper_cnn(shape: ImageShape, bounds: Bounds, classes: usize, pool: Pool) -> Architecture {
    let conv = |channels| {
        LayerKind::Conv2d(Conv2d {
            channels,
            kernel: [5, 5],
            stride: [1, 1],
            padding: [2, 2],
            bias: false,
        })
    };
    let norm = || LayerKind::BatchNorm(BatchNorm::paper());
    let layers = [
        ("conv1", conv(32)),
        ("conv1.norm", norm()),
        ("pool1", pool.layer(2)),
        ("conv2", conv(64)),
        ("conv2.norm", norm()),
        ("pool2", pool.layer(2)),
        ("flatten", LayerKind::Flatten(Flatten {})),
        (
            "dense1",
            LayerKind::Dense(Dense {
                units: 1024,
                bias: false,
            }),
        ),
        ("dense1.norm", norm()),
        ("dense1.dropout", LayerKind::Dropout(Dropout { rate: 0.5 })),
        (
            "logits",
            LayerKind::Dense(Dense {
                units: classes,
                bias: true,
            }),
        ),
    ];
    Architecture {
        name: "paper-cnn".into(),
        input: [shape.channels, shape.height, shape.width],
        bounds: [bounds.low, bounds.high],
        classes,
        layers: layers
            .into_iter()
            .map(|(name, kind)| LayerSpec::new(name, kind))
            .collect(),
    }
}
