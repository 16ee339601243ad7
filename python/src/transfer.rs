//! All models on the examples of all.

use std::collections::BTreeMap;

use doubleback::data::ImageShape;
use doubleback::evaluate::{Chosen, Named, TestSet, Transfer};
use doubleback::{Error, Result};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::arrays::{self, Array};
use crate::attack::spec;
use crate::errors;
use crate::model::{ModelHandle, device};
use crate::progress::Bar;
use crate::work::run;

/// Accuracy of every model on the examples that are made on each, as the JSON of the command `transfer`.
#[pyfunction]
#[pyo3(signature = (models, x, y, name, options, eps, bar))]
#[expect(clippy::too_many_arguments, reason = "they are options of one call")]
pub fn transfer<'py>(
    py: Python<'py>,
    models: Vec<(String, Bound<'py, ModelHandle>)>,
    x: &Bound<'py, PyAny>,
    y: PyReadonlyArray1<'py, i64>,
    name: &str,
    options: &str,
    eps: Vec<f64>,
    bar: Option<Py<PyAny>>,
) -> PyResult<String> {
    let models: Vec<(&str, &ModelHandle)> = models
        .iter()
        .map(|(name, model)| (name.as_str(), model.get()))
        .collect();
    let Some(&(_, first)) = models.first() else {
        return Err(errors::input("models: there is none. Give at least one"));
    };
    let (classes, shape) = (first.names(), first.classifier().shape());
    let attack = spec(name, options, &classes)?.attack().map_err(errors::exception)?;
    let (x, labels) = (Array::new(x)?, arrays::labels("y", &y)?);
    let values = x.values();
    let mut bar = Bar::new(bar);
    let summary = run(py, || {
        let named: Vec<Named<'_>> = models
            .iter()
            .map(|&(name, handle)| Named {
                name,
                model: handle.classifier(),
            })
            .collect();
        check(&named, shape, classes.len())?;
        arrays::check_labels(&labels, values.count(), classes.len())?;
        for named in &named {
            attack.check_eps(&eps, named.model)?;
        }
        let (split, device) = (values.split(&labels, shape)?, device());
        let test = TestSet {
            split: &split,
            shape,
            chosen: Chosen::ALL,
            device: &device,
        };
        let found = Transfer::new(&named, &test).all(&attack, &eps, &classes, None, &mut bar)?;
        let files = models.iter().map(|(name, _)| ((*name).to_owned(), String::new()));
        let summary = found.summary("arrays", &attack, &test, files.collect::<BTreeMap<_, _>>());
        serde_json::to_string(&summary).map_err(|problem| Error::internal("describing as JSON", problem))
    })?;
    Ok(summary)
}

/// Refuses models of different images or classes.
fn check(models: &[Named<'_>], shape: ImageShape, classes: usize) -> Result<()> {
    for named in models {
        let (found, count) = (named.model.shape(), named.model.classes());
        if found != shape || count != classes {
            return Err(Error::Shape {
                what: format!("model {}", named.name),
                expected: format!("images of {shape} and {classes} classes, as the first model takes"),
                found: format!("images of {found} and {count} classes"),
            });
        }
    }
    Ok(())
}
