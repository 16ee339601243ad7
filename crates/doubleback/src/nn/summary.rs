//! What a network is made of, layer by layer, for people and as JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use super::classifier::Staged;
use super::cost::multiply_adds;
use super::layers::{LayerKind, Size};
use super::loss::to_vec;
use super::module::Module;
use super::network::Network;
use crate::{Error, Result};

/// What a network is made of.
///
/// ```
/// use burn::tensor::Device;
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Network, Pool, Summary, paper_cnn};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// let summary = Summary::of(&network)?;
/// assert_eq!(summary.parameters, 3_274_634);
/// // 28 x 28 pixels of 32 channels, each of 5 x 5 x 1 products.
/// assert_eq!(summary.layers[0].multiply_adds, 28 * 28 * 32 * 25);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Such as `paper-cnn`.
    pub architecture: String,
    /// Channels, height and width of an image.
    pub input: [usize; 3],
    /// Least and greatest pixel value.
    pub bounds: [f32; 2],
    /// What is done to pixels first, if it is to subtract a mean and to divide by a deviation.
    pub normalization: Option<Standardization>,
    /// Number of classes.
    pub classes: usize,
    /// Trained values.
    pub parameters: usize,
    /// Values that are kept but not trained, such as the statistics of batch normalization.
    pub buffers: usize,
    /// Products that are summed for one image, in convolutions and matrix products; other layers count as nothing, as is usual. Floating-point
    /// operations are twice as many.
    pub multiply_adds: u64,
    /// The layers, in the order of computation.
    pub layers: Vec<LayerSummary>,
    /// Where a latent can be taken that holds all that later layers see.
    pub stages: Vec<StageSummary>,
}

/// A mean and a deviation of each channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standardization {
    /// Means.
    pub mean: Vec<f32>,
    /// Deviations.
    pub std: Vec<f32>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerSummary {
    /// Its name.
    pub name: String,
    /// What it computes, as model files call it, such as `conv2d`.
    pub kind: String,
    /// Its options, as model files have them.
    pub options: Map<String, Value>,
    /// The layers that it takes outputs of, where that is not just the one before it.
    pub inputs: Vec<String>,
    /// Height, width and channels of what it gives.
    pub output: Size,
    /// Trained values.
    pub parameters: usize,
    /// As those of the network.
    pub multiply_adds: u64,
}

/// A stage, as [`Stage`](super::Stage).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StageSummary {
    /// Its name.
    pub name: String,
    /// Height, width and channels.
    pub size: Size,
}

impl Summary {
    /// Of a network.
    ///
    /// # Errors
    /// When the device fails.
    pub fn of(network: &Network) -> Result<Self> {
        let architecture = network.architecture();
        let (sizes, inputs) = (architecture.sizes()?, architecture.input_sizes()?);
        let mut layers = Vec::with_capacity(architecture.layers.len());
        for ((spec, inputs), &output) in architecture.layers.iter().zip(&inputs).zip(&sizes[1..]) {
            let count = |dims: &[usize]| dims.iter().product::<usize>();
            let parameters = spec.kind.layer().parameters(inputs);
            let described = serde_json::to_value(&spec.kind);
            let described = described.map_err(|e| Error::internal("describing a layer as JSON", e))?;
            let mut options = match described {
                Value::Object(options) => options,
                _ => Map::new(),
            };
            let kind = options.remove("type").and_then(|kind| Some(kind.as_str()?.to_owned()));
            layers.push(LayerSummary {
                name: spec.name.clone(),
                kind: kind.unwrap_or_default(),
                options,
                inputs: spec.inputs.clone(),
                output,
                parameters: parameters.iter().map(|tensor| count(&tensor.dims)).sum(),
                multiply_adds: multiply_adds(&spec.kind, inputs, output),
            });
        }
        let stages = network.stages().into_iter();
        Ok(Self {
            architecture: architecture.name.clone(),
            input: architecture.input,
            bounds: architecture.bounds,
            normalization: normalization(network)?,
            classes: architecture.classes,
            parameters: network.parameter_count(),
            buffers: network.buffers().map(|p| p.dims().iter().product::<usize>()).sum(),
            multiply_adds: layers
                .iter()
                .map(|layer| layer.multiply_adds)
                .fold(0, u64::saturating_add),
            layers,
            stages: stages
                .map(|stage| StageSummary {
                    name: stage.name,
                    size: stage.size,
                })
                .collect(),
        })
    }
}

/// Mean and deviation of the layer that takes the images, if it is one that standardizes.
fn normalization(network: &Network) -> Result<Option<Standardization>> {
    let first = network.architecture().layers.first();
    let Some(spec) = first.filter(|spec| matches!(spec.kind, LayerKind::Standardize(_))) else {
        return Ok(None);
    };
    let values = |role: &str| -> Result<Vec<f32>> {
        let name = format!("{}.{role}", spec.name);
        let found = network.buffers().find(|tensor| tensor.name() == name);
        found.map_or_else(|| Ok(Vec::new()), |tensor| to_vec(tensor.value().clone()))
    };
    Ok(Some(Standardization {
        mean: values("mean")?,
        std: values("variance")?.into_iter().map(f32::sqrt).collect(),
    }))
}
