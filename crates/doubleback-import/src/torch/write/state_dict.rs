use std::collections::BTreeMap;
use std::path::Path;

use doubleback::data::words;
use doubleback::nn::layers::{LayerKind, Size, TensorSpec};
use doubleback::nn::{LayerSpec, ModelCard, Module, Network, to_vec};
use doubleback::{Error, Result};

use super::arrange::{arranged, usual};
use super::entries::StateTensor;
use super::{fill, save};
use crate::original::Original;
use crate::torch::build::flattened;
use crate::torch::normalization;

/// By which names the tensors of a network go into a state dict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateNames {
    /// Those of the file of PyTorch that the network came from, where it came from one; else those of the layers.
    #[default]
    Known,
    /// Those of the file that the network came from: of an ONNX file the names of its initializers.
    Original,
    /// Those of the layers, with PyTorch's roles: `conv1.weight`, `conv1.norm.running_mean`.
    Layers,
}

/// The tensors of a network as a module of PyTorch names and orders them: kernels `[out, in, height, width]`, matrices `[out, in]` whose inputs are
/// flattened by channel, row and column.
///
/// ```
/// use burn::tensor::Device;
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{ModelCard, Network, resnet_small};
/// use doubleback_import::{StateDict, StateNames};
///
/// let shape = ImageShape { channels: 3, height: 32, width: 32 };
/// let network = Network::new(resnet_small(shape, Bounds::UNIT, 10), 0, &Device::flex())?;
/// let dict = StateDict::of(&network, &ModelCard::new(), StateNames::Layers)?;
/// assert_eq!((dict.tensors[0].name.as_str(), dict.tensors[0].shape.as_slice()), ("conv1.weight", [16, 3, 3, 3].as_slice()));
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StateDict {
    /// In the order of the layers.
    pub tensors: Vec<StateTensor>,
    /// What a user should know of it, in sentences.
    pub notes: Vec<String>,
}

/// PyTorch's own epsilon of batch norms.
const EPSILON: f64 = 1e-5;

impl StateDict {
    /// Of a network; its card says what its tensors were called in the file that it came from.
    ///
    /// # Errors
    /// When the original names are asked for and not known, or two tensors that were one in the file have come to differ; when the device fails.
    pub fn of(network: &Network, card: &ModelCard, names: StateNames) -> Result<Self> {
        let unfit = |problem: String| Error::value("names", problem, "original");
        let original = Original::of(card).map_err(|problem| unfit(format!("readable: {problem}")))?;
        let original = match names {
            StateNames::Layers => None,
            StateNames::Known => original.filter(|original| original.format == "pytorch"),
            StateNames::Original => Some(original.ok_or_else(|| {
                unfit(
                    "known here: this model does not say what its tensors were called in the file that it came from. Export by the names of its layers, or read that file again"
                        .to_owned(),
                )
            })?),
        };
        let mut writer = Writer::of(network, original)?;
        writer.layers(network)?;
        Ok(writer.finish())
    }

    /// The tensors of another state dict, that of the file at `path`, with the values of this one. Its batch norms that this one does not have are
    /// folded into the layers before them here: they become the identity, exactly, and hold the biases of these layers.
    ///
    /// # Errors
    /// When the file cannot be read, or tensors of one have no counterpart in the other, or another size: all of them are named.
    pub fn into_original(self, path: &Path) -> Result<Self> {
        Ok(Self::filled(fill::into_file(self.tensors, path)?, self.notes))
    }

    /// The same for a state dict of which names and sizes are known.
    ///
    /// # Errors
    /// When tensors of one have no counterpart in the other, or another size, in words.
    pub fn into_shapes(self, shapes: Vec<(String, Vec<usize>)>) -> std::result::Result<Self, String> {
        Ok(Self::filled(fill::into_shapes(self.tensors, shapes)?, self.notes))
    }

    fn filled((tensors, note): fill::Filled, mut notes: Vec<String>) -> Self {
        notes.extend(note);
        Self { tensors, notes }
    }

    /// Writes it, whole or not at all: as `.safetensors`, or as PyTorch's `.pt` or `.pth`, which `torch.load(…, weights_only=True)` reads.
    ///
    /// # Errors
    /// When the ending is another one, a value is not finite, or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        save::save(&self.tensors, path)
    }
}

/// A state dict in the making.
struct Writer {
    original: Option<Original>,
    /// The values of the network's tensors, by name.
    values: BTreeMap<String, Vec<f32>>,
    dict: StateDict,
    /// Names that the file it came from does not have.
    new: Vec<String>,
    without_gain: usize,
    epsilons: Vec<f64>,
}

impl Writer {
    fn of(network: &Network, original: Option<Original>) -> Result<Self> {
        let values = network
            .tensors()
            .map(|tensor| Ok((tensor.name().to_owned(), to_vec(tensor.value().clone())?)));
        Ok(Self {
            original,
            values: values.collect::<Result<_>>()?,
            dict: StateDict {
                tensors: Vec::new(),
                notes: Vec::new(),
            },
            new: Vec::new(),
            without_gain: 0,
            epsilons: Vec::new(),
        })
    }

    fn layers(&mut self, network: &Network) -> Result<()> {
        let architecture = network.architecture();
        let inputs = architecture.input_sizes()?;
        let images = flattened(architecture, &inputs);
        for ((spec, inputs), image) in architecture.layers.iter().zip(&inputs).zip(images) {
            let layer = spec.kind.layer();
            let mut tensors = [layer.parameters(inputs), layer.buffers(inputs)].concat();
            // A gain before its shift, as PyTorch has them.
            tensors.sort_by_key(|tensor| tensor.name == "shift");
            tensors.sort_by_key(|tensor| tensor.name.starts_with("moving"));
            for tensor in &tensors {
                self.tensor(spec, tensor, image)?;
            }
            if let LayerKind::BatchNorm(norm) = &spec.kind {
                self.count_of(spec);
                if !self.epsilons.contains(&norm.epsilon) {
                    self.epsilons.push(norm.epsilon);
                }
            }
        }
        Ok(())
    }

    /// A tensor of a layer whose input is the values of an image of this size.
    fn tensor(&mut self, spec: &LayerSpec, tensor: &TensorSpec, image: Size) -> Result<()> {
        let full = format!("{}.{}", spec.name, tensor.name);
        let values = self.values.remove(&full).unwrap_or_default();
        let known = self.original.as_ref().and_then(|original| original.tensors.get(&full));
        let is_norm = matches!(&spec.kind, LayerKind::BatchNorm(_));
        let place = match known {
            Some(place) => place.clone(),
            // A batch norm without gain and shift in the file has none to be given back.
            None if self.original.is_some() && is_norm && values.iter().all(|&value| value == 0.0) => return Ok(()),
            None if spec.name == normalization::LAYER && matches!(&spec.kind, LayerKind::Standardize(_)) => {
                self.normalization(&full, &values);
                return Ok(());
            }
            None => {
                let place = usual(spec, tensor, image);
                if self.original.is_some() {
                    self.new.push(place.name.clone());
                }
                place
            }
        };
        if let LayerKind::BatchNorm(norm) = &spec.kind
            && tensor.name == "shift"
            && !norm.gain
            && self.original.is_none()
        {
            self.without_gain += 1;
            let ones = StateTensor::floats(
                format!("{}.weight", spec.name),
                tensor.dims.clone(),
                vec![1.0; values.len()],
            );
            self.dict.tensors.push(ones);
        }
        let (shape, values) = arranged(values, &tensor.dims, &place)
            .map_err(|problem| Error::internal("writing a state dict", format!("{full}: {problem}")))?;
        let new = StateTensor::floats(place.name, shape, values);
        let shared = self.dict.tensors.iter().find(|there| there.name == new.name);
        match shared {
            Some(there) if *there == new => Ok(()),
            Some(there) => Err(Error::value(
                "names",
                "the name of one tensor any more: layers that shared it differ now. Export by the names of the layers",
                format!("`{}`", there.name),
            )),
            None => {
                self.dict.tensors.push(new);
                Ok(())
            }
        }
    }

    /// The counter of a batch norm that has just been written.
    fn count_of(&mut self, spec: &LayerSpec) {
        let name = match &self.original {
            None => format!("{}.num_batches_tracked", spec.name),
            Some(original) => {
                let mean = original.tensors.get(&format!("{}.moving_mean", spec.name));
                let module = mean.and_then(|place| place.name.strip_suffix("running_mean"));
                match module.filter(|_| original.format == "pytorch") {
                    Some(module) => format!("{module}num_batches_tracked"),
                    None => return,
                }
            }
        };
        self.dict.tensors.push(StateTensor::count(name));
    }

    /// Says what images must be given to a module without the layer that normalizes them.
    fn normalization(&mut self, tensor: &str, values: &[f32]) {
        let (what, values) = match tensor.ends_with("mean") {
            true => ("subtracts", values.to_vec()),
            false => ("divides by", values.iter().map(|value| value.sqrt()).collect()),
        };
        let values: Vec<String> = values.iter().map(f32::to_string).collect();
        let note = format!(
            "the layer `{}` that {what} {} is no part of the state dict: the module wants its images normalized",
            normalization::LAYER,
            values.join(", ")
        );
        self.dict.notes.push(note);
    }

    fn finish(mut self) -> StateDict {
        let notes = &mut self.dict.notes;
        if self.without_gain > 0 {
            notes.push(format!(
                "{} without a gain {} a weight of ones",
                words::count(self.without_gain, "batch norm"),
                if self.without_gain == 1 { "has" } else { "have" }
            ));
        }
        let others: Vec<String> = self
            .epsilons
            .iter()
            .filter(|&&eps| !is_usual(eps))
            .map(f64::to_string)
            .collect();
        if self.original.is_none() && !others.is_empty() {
            notes.push(format!(
                "a state dict does not say that batch norms add eps={} to the variance: give it to `nn.BatchNorm2d`, whose own is 1e-5",
                others.join(" or ")
            ));
        }
        if let Some(first) = self.new.first() {
            notes.push(format!(
                "{} not in the file that the model came from {} the names of the layers, such as `{first}`",
                words::count(self.new.len(), "tensor"),
                if self.new.len() == 1 { "has" } else { "have" }
            ));
        }
        self.dict
    }
}

/// Whether it is PyTorch's own epsilon, as `f32` has it.
fn is_usual(epsilon: f64) -> bool {
    epsilon as f32 == EPSILON as f32
}
