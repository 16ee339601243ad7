//! Data sets by name.

use std::path::PathBuf;

use doubleback::data::{Bounds, ImageShape, LoadOptions, Part, load};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{array, integers};
use crate::work::run;

/// A data set's parts as arrays, with the names of its classes.
#[pyfunction]
#[pyo3(signature = (name, data_dir, only))]
pub fn load_data<'py>(
    py: Python<'py>,
    name: &str,
    data_dir: Option<PathBuf>,
    only: Option<&str>,
) -> PyResult<Bound<'py, PyDict>> {
    let mut options = LoadOptions::default();
    options.data_dir = data_dir;
    options.only = Part::ALL.into_iter().find(|part| Some(part.name()) == only);
    let parts = [Part::Train, Part::Validation, Part::Test];
    let (dataset, values) = run(py, || {
        let dataset = load(name, &options)?;
        let values = parts.map(|part| dataset.split(part).images());
        Ok((dataset, values))
    })?;
    let ImageShape {
        channels,
        height,
        width,
    } = dataset.shape;
    let found = PyDict::new(py);
    for (part, values) in parts.into_iter().zip(values) {
        let labels: Vec<usize> = dataset
            .split(part)
            .labels()
            .iter()
            .map(|&label| label as usize)
            .collect();
        let images = array(py, values, [labels.len(), channels, height, width])?;
        found.set_item(part.name(), (images, integers(py, &labels)?))?;
    }
    let Bounds { low, high } = dataset.bounds;
    found.set_item("name", dataset.name)?;
    found.set_item("classes", dataset.classes)?;
    found.set_item("bounds", (low, high))?;
    found.set_item("notes", dataset.notes)?;
    Ok(found)
}
