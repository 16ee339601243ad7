//! Explanations of the library's table.

use burn::tensor::Tensor;
use doubleback::Result;
use doubleback::data::ImageShape;
use doubleback::evaluate::{Explain, ExplainedClass, Explanations, ImageSource, Named};
use doubleback::explain::{Attribution, ExplainSpec, Upsampling};
use doubleback::nn::to_vec;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Value, json};

use crate::arrays::{self, Array, array, few, integers};
use crate::errors;
use crate::method::Method;
use crate::model::{ModelHandle, device};
use crate::progress::Bar;
use crate::work::run;

/// The table of methods, as JSON: of each its name, its options with their defaults, whether it wants background images, and whether it looks at layers.
#[pyfunction]
pub fn methods() -> PyResult<String> {
    let entry = |spec: ExplainSpec| -> Result<Value> {
        Ok(json!({
            "name": spec.name(),
            "options": spec.options()?,
            "background": spec.background().is_some(),
            "layers": spec.looks_at_layers(),
        }))
    };
    let entries: Result<Vec<Value>> = ExplainSpec::all().into_iter().map(entry).collect();
    Ok(Value::Array(entries.map_err(errors::exception)?).to_string())
}

/// What a method says of images for these classes, one of each image, or without them for the class that the model takes it for.
#[pyfunction]
#[pyo3(signature = (model, x, targets, name, options, background, internal_batch, bar))]
#[expect(clippy::too_many_arguments, reason = "they are options of one call")]
pub fn explain<'py>(
    py: Python<'py>,
    model: &Bound<'py, ModelHandle>,
    x: &Bound<'py, PyAny>,
    targets: Option<PyReadonlyArray1<'py, i64>>,
    name: &str,
    options: &str,
    background: Option<Bound<'py, PyAny>>,
    internal_batch: Option<usize>,
    bar: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let handle = model.get();
    let method = Method::new((name, options), background.as_ref(), internal_batch, handle)?;
    let x = Array::new(x)?;
    let (values, asked) = (x.values(), method.asked());
    let (explained, labels) = match targets {
        Some(targets) => (ExplainedClass::True, arrays::labels("y", &targets)?),
        None => (ExplainedClass::Predicted, vec![0; values.count()]),
    };
    let mut bar = Bar::new(bar);
    let internal_batch = method.internal_batch();
    let found = run(py, || {
        let model = handle.classifier();
        values.check_images(model.shape())?;
        arrays::check_labels(&labels, values.count(), model.classes())?;
        let images = values.on(device());
        let images: &dyn ImageSource = &images;
        let method = asked.explainer(handle)?;
        let explain = Explain {
            method: &method,
            name,
            explained,
            internal_batch,
        };
        let index = (0..values.count()).collect();
        let named = Named { name: "model", model };
        Explanations::of_images(&named, (images, index), labels, &handle.names(), explain, &mut bar)
    })?;
    dictionary(py, found)
}

fn dictionary(py: Python<'_>, found: Explanations) -> PyResult<Bound<'_, PyDict>> {
    let (n, shape) = (found.len(), found.shape);
    let classes = found.logits.len() / n.max(1);
    let dims = [n, shape.channels, shape.height, shape.width];
    let entries = PyDict::new(py);
    entries.set_item("attribution", array(py, found.attribution, dims)?)?;
    entries.set_item("target", integers(py, &found.target)?)?;
    entries.set_item("logits", array(py, found.logits, [n, classes])?)?;
    let gap = found.gap.map(|gap| array(py, gap, [n])).transpose()?;
    entries.set_item("gap", gap)?;
    Ok(entries)
}

/// Maps `[n, channels, height, width]` at another height and width.
#[pyfunction]
pub fn resized<'py>(
    py: Python<'py>,
    maps: &Bound<'py, PyAny>,
    size: [usize; 2],
    upsampling: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let how: Upsampling = upsampling.parse().map_err(errors::exception)?;
    let maps = Array::new(maps)?;
    let values = maps.values();
    let (count, [height, width]) = (values.count(), size);
    let channels = values.dims()[1];
    let found = run(py, || {
        let mut found = Vec::new();
        let shape = ImageShape {
            channels,
            height,
            width,
        };
        for places in values.batches(few(shape)) {
            let of: Tensor<4> = values.images(places, &device())?;
            found.extend(to_vec(Attribution::from(of).resized(size, how)?.values)?);
        }
        Ok(found)
    })?;
    array(py, found, [count, channels, height, width])
}
