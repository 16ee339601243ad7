//! Methods of explanation: by name and options, with what they are given besides.

use burn::tensor::{Tensor, TensorData};
use doubleback::explain::{ExplainSpec, Explainer, Given, InternalBatch, Upsampled, Upsampling};
use doubleback::{Error, Result};
use pyo3::prelude::*;
use serde_json::{Map, Value};

use crate::arrays::{Array, Values};
use crate::errors;
use crate::model::{ModelHandle, device};

/// A method as a call names it, with images that baselines are drawn from or made of.
pub struct Method<'py> {
    spec: ExplainSpec,
    background: Option<Array<'py>>,
    internal_batch: InternalBatch,
}

/// The same for work without the interpreter's lock.
pub struct Asked<'a> {
    spec: &'a ExplainSpec,
    background: Option<Values<'a>>,
    internal_batch: InternalBatch,
}

/// The method of a name with options as JSON, for a model that shows it what it looks at.
pub fn spec((name, options): (&str, &str), model: &ModelHandle) -> PyResult<ExplainSpec> {
    let options: Map<String, Value> = serde_json::from_str(options)
        .map_err(|problem| errors::internal(format!("options of the method: {problem}")))?;
    let spec = ExplainSpec::with_options(name, &options).map_err(errors::exception)?;
    if spec.looks_at_layers() {
        model.network(name)?;
    }
    Ok(spec)
}

impl<'py> Method<'py> {
    /// The method of a name with options as JSON, for a model that shows it what it looks at.
    pub fn new(
        (name, options): (&str, &str),
        background: Option<&Bound<'py, PyAny>>,
        internal_batch: Option<usize>,
        model: &ModelHandle,
    ) -> PyResult<Self> {
        let spec = spec((name, options), model)?;
        if background.is_some() && spec.background().is_none() {
            return Err(errors::input(format!(
                "background: {name} takes none with these options. Leave it out"
            )));
        }
        Ok(Self {
            spec,
            background: background.map(Array::new).transpose()?,
            internal_batch: InternalBatch::try_from(internal_batch).map_err(errors::exception)?,
        })
    }

    /// Without the lock.
    pub fn asked(&self) -> Asked<'_> {
        Asked {
            spec: &self.spec,
            background: self.background.as_ref().map(Array::values),
            internal_batch: self.internal_batch,
        }
    }

    /// Images that a model is asked about at once.
    pub fn internal_batch(&self) -> InternalBatch {
        self.internal_batch
    }
}

impl Asked<'_> {
    /// The method itself.
    ///
    /// # Errors
    /// When options are out of range, or there is no background and it wants one, or one that does not fit the model.
    pub fn explainer(&self, model: &ModelHandle) -> Result<Box<dyn Explainer>> {
        let background = self.background.as_ref().map(|values| images(values, model));
        self.spec.explainer(&Given {
            internal_batch: self.internal_batch,
            background: background.transpose()?,
        })
    }

    /// The same, whose maps are brought to the size of the images, if that is wanted.
    ///
    /// # Errors
    /// As [`explainer`](Self::explainer).
    pub fn upsampled(&self, how: Option<Upsampling>, model: &ModelHandle) -> Result<Box<dyn Explainer>> {
        let of = self.explainer(model)?;
        Ok(match how {
            Some(how) => Box::new(Upsampled { of, how }),
            None => of,
        })
    }
}

/// Background images on the device.
fn images(values: &Values<'_>, model: &ModelHandle) -> Result<Tensor<4>> {
    let shape = model.classifier().shape();
    values.check("background", shape)?;
    let count = values.count();
    let pixels = values.rows(0..count)?;
    if let Some(place) = pixels.iter().position(|value| !value.is_finite()) {
        let expected = "finite in all values (none is NaN or infinite). Correct it, or leave it out";
        return Err(Error::value(
            "background",
            expected,
            format!("image {}", place / shape.len()),
        ));
    }
    let dims = [count, shape.channels, shape.height, shape.width];
    Ok(Tensor::from_data(TensorData::new(pixels, dims), &device()))
}
