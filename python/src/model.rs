//! Models: what they say of images, and their gradients.

use std::path::PathBuf;

use burn::tensor::Tensor;
use doubleback::data::{Bounds, ImageShape};
use doubleback::device::Device;
use doubleback::nn::{
    self, Classifier, Loss, ModelCard, Network, Staged, Summary, card, predictions, stage_indices,
    with_direct_convolutions,
};
use doubleback::{Error, Result};
use doubleback_import::{
    Imported, Normalization, Options, Source, StateDict, StateNames, StateValues, open, open_onnx, save_onnx,
};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;

use crate::arrays::{self, Array, append, array, few, integers};
use crate::errors;
use crate::functions::Functions;
use crate::work::run;

/// A stage's name, and height, width and channels of its latent.
type NamedSize = (String, (usize, usize, usize));

/// Names of a state dict.
const NAMES: [(&str, StateNames); 3] = [
    ("known", StateNames::Known),
    ("original", StateNames::Original),
    ("layers", StateNames::Layers),
];

/// A tensor of a state dict: its name, its sizes, and its values as an array of one axis.
type NamedTensor<'py> = (String, Vec<usize>, Bound<'py, PyAny>);

/// A model that is only read, and may be used by several threads at once.
#[pyclass(frozen, module = "doubleback._doubleback")]
pub struct ModelHandle {
    kind: Kind,
}

enum Kind {
    Network(Box<Known>),
    Functions(Functions),
}

/// A network, and what is known of it.
pub struct Known {
    /// The network.
    pub network: Network,
    /// What its file says.
    pub card: ModelCard,
    source: Option<Source>,
}

/// Where all of this package computes.
pub fn device() -> Device {
    Device::flex()
}

impl ModelHandle {
    /// Of a network and its card.
    pub fn of(network: Network, card: ModelCard) -> Self {
        Self::of_imported(Imported {
            network,
            card,
            source: None,
        })
    }

    fn of_imported(imported: Imported) -> Self {
        let Imported { network, card, source } = imported;
        Self {
            kind: Kind::Network(Box::new(Known { network, card, source })),
        }
    }

    /// As attacks and evaluation see it.
    pub fn classifier(&self) -> &dyn Classifier {
        match &self.kind {
            Kind::Network(known) => &known.network,
            Kind::Functions(functions) => functions,
        }
    }

    /// The network, which a model of functions is not.
    ///
    /// # Errors
    /// When it is one of functions: `what` is what is wanted of it.
    pub fn network(&self, what: &str) -> PyResult<&Known> {
        match &self.kind {
            Kind::Network(known) => Ok(known),
            Kind::Functions(_) => Err(errors::input(format!(
                "{what}: a model of functions has no layers. Give a model of `load`, `from_torch` or `train`"
            ))),
        }
    }

    /// SHA-256 of what it computes with; of functions there is none.
    ///
    /// # Errors
    /// When the device fails.
    pub fn checksum(&self) -> Result<Option<String>> {
        match &self.kind {
            Kind::Network(known) => nn::checksum(&known.network).map(Some),
            Kind::Functions(_) => Ok(None),
        }
    }

    /// Names of the classes in the order of the logits; their numbers if it does not say them.
    pub fn names(&self) -> Vec<String> {
        let known = match &self.kind {
            Kind::Network(known) => card::classes(&known.card),
            Kind::Functions(_) => None,
        };
        known.unwrap_or_else(|| {
            (0..self.classifier().classes())
                .map(|class| class.to_string())
                .collect()
        })
    }

    /// What was found, assumed, folded or ignored when it was read, in sentences.
    pub fn notes_of(&self) -> Vec<String> {
        match &self.kind {
            Kind::Network(known) => known
                .source
                .as_ref()
                .map(|source| source.notes.clone())
                .unwrap_or_default(),
            Kind::Functions(_) => Vec::new(),
        }
    }

    /// Asks the model about all images, batch by batch.
    fn each(
        &self,
        py: Python<'_>,
        x: &Array<'_>,
        mut ask: impl FnMut(&dyn Classifier, Tensor<4>, std::ops::Range<usize>) -> Result<()> + Send,
    ) -> PyResult<()> {
        let (model, values) = (self.classifier(), x.values());
        run(py, move || {
            values.check_images(model.shape())?;
            let device = device();
            for places in values.batches(few(model.shape())) {
                let start = places.start;
                let images = values.images(places.clone(), &device)?;
                ask(model, images, places).map_err(|error| error.at(|row| start + row))?;
            }
            Ok(())
        })
    }
}

#[pymethods]
impl ModelHandle {
    /// Reads a file of any kind.
    #[staticmethod]
    #[pyo3(signature = (path, arch, bounds, normalize, output, size, check))]
    #[expect(clippy::too_many_arguments, reason = "they are options of one call")]
    fn load(
        py: Python<'_>,
        path: PathBuf,
        arch: Option<String>,
        bounds: Option<(f32, f32)>,
        normalize: Option<&str>,
        output: Option<String>,
        size: Option<[usize; 2]>,
        check: Option<PathBuf>,
    ) -> PyResult<Self> {
        let options = Options {
            arch,
            output,
            bounds: bounds.map(|(low, high)| Bounds { low, high }),
            normalize: normalization(normalize)?,
            size,
            check,
            ..Options::default()
        };
        run(py, move || open(&path, &options, &device())).map(Self::of_imported)
    }

    /// Reads an ONNX model from memory.
    #[staticmethod]
    fn of_onnx(
        py: Python<'_>,
        model: Vec<u8>,
        name: String,
        bounds: Option<(f32, f32)>,
        normalize: Option<&str>,
    ) -> PyResult<Self> {
        let options = Options {
            bounds: bounds.map(|(low, high)| Bounds { low, high }),
            normalize: normalization(normalize)?,
            ..Options::default()
        };
        run(py, move || open_onnx(model, &name, &options, &device())).map(Self::of_imported)
    }

    /// A model of two functions of arrays.
    #[staticmethod]
    fn of_functions(
        logits: Py<PyAny>,
        vjp: Py<PyAny>,
        shape: [usize; 3],
        classes: usize,
        bounds: (f32, f32),
    ) -> PyResult<Self> {
        let [channels, height, width] = shape;
        let shape = ImageShape {
            channels,
            height,
            width,
        };
        let (low, high) = bounds;
        if shape.is_empty() || classes == 0 {
            return Err(errors::input(format!(
                "shape, classes: {shape} and {classes} are not an image with values and at least one class"
            )));
        }
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Err(errors::input(format!(
                "bounds: {low} to {high} is not a range of finite numbers, the lower one first"
            )));
        }
        let functions = Functions {
            shape,
            bounds: Bounds { low, high },
            classes,
            logits: logits.into(),
            vjp: vjp.into(),
        };
        Ok(Self {
            kind: Kind::Functions(functions),
        })
    }

    /// The model of the bytes that `to_bytes` gave.
    #[staticmethod]
    fn of_bytes(py: Python<'_>, bytes: Vec<u8>) -> PyResult<Self> {
        let read = move || nn::load_bytes(bytes, &PathBuf::from("a pickled model"), &device());
        run(py, read).map(|(network, card)| Self::of(network, card))
    }

    /// The bytes of a model's file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let Known { network, card, .. } = self.network("pickling")?;
        let bytes = run(py, || {
            let folder = tempfile::tempdir().map_err(Error::io(std::env::temp_dir(), "making a folder"))?;
            let path = folder.path().join("model.safetensors");
            nn::save(network, card, &path)?;
            std::fs::read(&path).map_err(Error::io(&path, "reading the model"))
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Writes the model's file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let Known { network, card, .. } = self.network("save")?;
        run(py, || nn::save(network, card, &path))
    }

    /// Writes an ONNX file.
    fn to_onnx(&self, py: Python<'_>, path: PathBuf, batch: Option<usize>) -> PyResult<()> {
        let Known { network, card, .. } = self.network("to_onnx")?;
        run(py, || save_onnx(network, card, &path, batch))
    }

    /// The state dict, and what is to be known of it. With names and sizes, the tensors of these, whose names may be any that it has.
    fn state_dict<'py>(
        &self,
        py: Python<'py>,
        names: &str,
        shapes: Option<Vec<(String, Vec<usize>)>>,
    ) -> PyResult<(Vec<NamedTensor<'py>>, Vec<String>)> {
        let Known { network, card, .. } = self.network("state_dict")?;
        let Some((_, names)) = NAMES.into_iter().find(|(name, _)| *name == names) else {
            let problem = Error::unknown("names", names, NAMES.map(|(name, _)| name));
            return Err(errors::exception(problem));
        };
        let dict = match shapes {
            None => run(py, || StateDict::of(network, card, names))?,
            Some(shapes) => run(py, || Ok(filled(network, card, &shapes)))?.map_err(errors::input)?,
        };
        let mut tensors = Vec::with_capacity(dict.tensors.len());
        for tensor in dict.tensors {
            let count = tensor.values.len();
            let values = match tensor.values {
                StateValues::Floats(values) => array(py, values, [count])?,
                StateValues::Integers(values) => array(py, values, [count])?,
            };
            tensors.push((tensor.name, tensor.shape, values));
        }
        Ok((tensors, dict.notes))
    }

    /// Number of classes.
    #[getter]
    fn classes(&self) -> usize {
        self.classifier().classes()
    }

    /// Names of the classes.
    #[getter]
    fn class_names(&self) -> Vec<String> {
        self.names()
    }

    /// Channels, height and width.
    #[getter]
    fn shape(&self) -> (usize, usize, usize) {
        let ImageShape {
            channels,
            height,
            width,
        } = self.classifier().shape();
        (channels, height, width)
    }

    /// Least and greatest pixel value.
    #[getter]
    fn bounds(&self) -> (f32, f32) {
        let Bounds { low, high } = self.classifier().bounds();
        (low, high)
    }

    /// Whether it is one of functions.
    #[getter]
    fn is_functions(&self) -> bool {
        matches!(self.kind, Kind::Functions(_))
    }

    /// What was found, assumed, folded or ignored when it was read.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.notes_of()
    }

    /// What it is made of, as JSON: `summary`, `card`, `import`.
    fn describe(&self, py: Python<'_>) -> PyResult<String> {
        let Known { network, card, source } = self.network("summary")?;
        let described = run(py, || {
            let summary = Summary::of(network)?;
            Ok(json!({ "summary": summary, "card": card, "import": source }))
        })?;
        Ok(described.to_string())
    }

    /// Names of the stages, with height, width and channels of each one's latent.
    fn stages(&self) -> PyResult<Vec<NamedSize>> {
        let stages = self.network("stages")?.network.stages().into_iter();
        Ok(stages
            .map(|stage| {
                let [height, width, channels] = stage.size;
                (stage.name, (height, width, channels))
            })
            .collect())
    }

    /// `[n, classes]`.
    fn logits<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let x = Array::new(x)?;
        let count = x.values().count();
        let mut found = Vec::with_capacity(count * self.classes());
        self.each(py, &x, |model, images, _| append(&mut found, model.logits(images)?))?;
        array(py, found, [count, self.classes()])
    }

    /// The class of each image.
    fn predict<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let x = Array::new(x)?;
        let mut found = Vec::with_capacity(x.values().count());
        self.each(py, &x, |model, images, _| {
            found.extend(predictions(&model.logits(images)?)?);
            Ok(())
        })?;
        integers(py, &found)
    }

    /// The logits, and the gradient of `sum(cotangent * logits)` with respect to the images.
    fn vjp<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        cotangent: &Bound<'py, PyAny>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let (x, cotangent) = (Array::new(x)?, Array::new(cotangent)?);
        let (values, cotangents) = (x.values(), cotangent.values());
        let expected = [values.count(), self.classes()];
        if cotangents.dims() != expected {
            let problem = Error::shape("cotangent", expected, cotangents.dims());
            return Err(errors::exception(problem));
        }
        let mut found = (Vec::new(), Vec::with_capacity(values.dims().iter().product()));
        self.each(py, &x, |model, images, places| {
            let given = cotangents.vectors(places, &device())?;
            let of = |_: &Tensor<2>, rows| Ok(given.clone().slice([rows]));
            let (logits, gradient) = model.logits_with_gradient(images, &of)?;
            append(&mut found.0, logits)?;
            append(&mut found.1, gradient)
        })?;
        let (logits, gradients) = found;
        Ok((array(py, logits, expected)?, array(py, gradients, four(values.dims()))?))
    }

    /// The gradient of each image's loss with respect to the image.
    fn input_gradient<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        y: PyReadonlyArray1<'py, i64>,
        loss: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let x = Array::new(x)?;
        let (values, labels) = (x.values(), arrays::labels("y", &y)?);
        let loss: Loss = loss.parse().map_err(errors::exception)?;
        arrays::check_labels(&labels, values.count(), self.classes()).map_err(errors::exception)?;
        let mut found = Vec::with_capacity(values.dims().iter().product());
        self.each(py, &x, |model, images, places| {
            let gradient = || loss.input_gradient(model, &images, &labels[places]);
            let (gradient, _) = with_direct_convolutions(true, gradient)?;
            append(&mut found, gradient)
        })?;
        array(py, found, four(values.dims()))
    }

    /// The latents `[n, height, width, channels]` at the end of a stage.
    fn latents<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>, stage: &str) -> PyResult<Bound<'py, PyAny>> {
        let network = &self.network("latents")?.network;
        let index = stage_indices(network, &[stage]).map_err(errors::exception)?;
        let x = Array::new(x)?;
        let mut found = Vec::new();
        self.each(py, &x, |_, images, _| {
            for latent in network.latents(images, &index)? {
                append(&mut found, latent)?;
            }
            Ok(())
        })?;
        let size = index.first().and_then(|&index| network.stages().into_iter().nth(index));
        let [height, width, channels] = size.map(|stage| stage.size).unwrap_or_default();
        array(py, found, [x.values().count(), height, width, channels])
    }
}

/// Tensors of these names and sizes with the values of a network, by whichever of its names fit; else what is in the way by the first of them.
fn filled(
    network: &Network,
    card: &ModelCard,
    shapes: &[(String, Vec<usize>)],
) -> std::result::Result<StateDict, String> {
    let mut first = None;
    for (_, names) in NAMES {
        let dict = StateDict::of(network, card, names).map_err(|e| e.to_string());
        match dict.and_then(|dict| dict.into_shapes(shapes.to_vec())) {
            Ok(dict) => return Ok(dict),
            Err(problem) => {
                first.get_or_insert(problem);
            }
        }
    }
    Err(format!(
        "module: the model does not fit it: {}",
        first.unwrap_or_default()
    ))
}

fn normalization(given: Option<&str>) -> PyResult<Option<Normalization>> {
    let parsed = given.map(str::parse::<Normalization>).transpose();
    parsed.map_err(|problem| errors::input(format!("normalize: {problem}")))
}

fn four(dims: &[usize]) -> [usize; 4] {
    [0, 1, 2, 3].map(|axis| dims.get(axis).copied().unwrap_or(1))
}
