//! Audits.

use std::path::PathBuf;
use std::time::Duration;

use doubleback::attack::Norm;
use doubleback::audit::{ARRAYS, Plan, Shard, Suite};
use doubleback::data::{Dataset, Split};
use doubleback::evaluate::{Chosen, TestSet, answers};
use doubleback::{Error, ErrorKind};
use doubleback_experiments::audit::{Audited, Request};
use doubleback_report::{audit_html, write_audit};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use serde_json::{Map, Value};

use crate::arrays::{self, Array};
use crate::errors;
use crate::method;
use crate::model::{ModelHandle, device};
use crate::progress::Bar;
use crate::work::run;

/// A finished audit.
#[pyclass(frozen, module = "doubleback._doubleback")]
pub struct AuditHandle {
    audited: Audited,
}

#[pymethods]
impl AuditHandle {
    /// Its results: the JSON of the command `audit`.
    fn json(&self) -> PyResult<String> {
        serde_json::to_string(&self.audited.audit)
            .map_err(|problem| errors::internal(format!("describing an audit as JSON: {problem}")))
    }

    /// The report, a page of its own.
    fn html(&self, py: Python<'_>) -> PyResult<String> {
        run(py, || Ok(audit_html(&self.audited.audit, &self.audited.examples)))
    }

    /// Writes the report, its figures and the results; the files that were written.
    fn save_report(&self, py: Python<'_>, folder: PathBuf) -> PyResult<Vec<PathBuf>> {
        let Audited { audit, examples, .. } = &self.audited;
        let written = run(py, || {
            self.audited.save(&folder)?;
            Ok(write_audit(audit, examples, &folder))
        })?;
        written.map_err(|error| errors::of_kind(error.kind(), error.to_string()))
    }

    /// Whether it was in its folder already.
    #[getter]
    fn was_there(&self) -> bool {
        self.audited.was_there
    }
}

/// Audits a model on images of these labels. With `out` what is finished is kept there, and found again.
#[pyfunction]
#[pyo3(signature = (model, x, y, eps, norm, suite, attacks, options, explain, seed, name, out, budget, bar))]
#[expect(clippy::too_many_arguments, reason = "they are options of one call")]
pub fn audit<'py>(
    py: Python<'py>,
    model: &Bound<'py, ModelHandle>,
    x: &Bound<'py, PyAny>,
    y: PyReadonlyArray1<'py, i64>,
    eps: f64,
    norm: &str,
    suite: &str,
    attacks: Vec<String>,
    options: &str,
    explain: Vec<(String, String)>,
    seed: u64,
    name: &str,
    out: Option<PathBuf>,
    budget: Option<f64>,
    bar: Option<Py<PyAny>>,
) -> PyResult<AuditHandle> {
    let handle = model.get();
    let (model, classes) = (handle.classifier(), handle.names());
    let (norm, suite) = (norm.parse::<Norm>(), suite.parse::<Suite>());
    let (norm, suite) = (norm.map_err(errors::exception)?, suite.map_err(errors::exception)?);
    let options: Map<String, Value> = serde_json::from_str(options)
        .map_err(|problem| errors::internal(format!("options of the attacks: {problem}")))?;
    let methods = explain
        .iter()
        .map(|(name, options)| method::spec((name.as_str(), options.as_str()), handle));
    let methods = methods.collect::<PyResult<Vec<_>>>()?;
    let budget = budget.map(Duration::try_from_secs_f64).transpose();
    let budget = budget.map_err(|problem| errors::of_kind(ErrorKind::Input, format!("time_budget: {problem}")))?;
    let (x, labels) = (Array::new(x)?, arrays::labels("y", &y)?);
    let (values, notes) = (x.values(), handle.notes_of());
    let mut bar = Bar::new(bar);
    let audited = run(py, || {
        let shape = model.shape();
        arrays::check_labels(&labels, values.count(), classes.len())?;
        let empty = || Split::empty(shape);
        let test = values.split(&labels, shape)?;
        let dataset = Dataset::new("arrays", classes, shape, model.bounds(), empty(), empty(), test);
        let (dataset, device) = (dataset.map_err(Error::from)?, device());
        let plan = Plan::new(suite, &attacks, &options, norm, eps, seed, model)?;
        let test = TestSet {
            split: &dataset.test,
            shape,
            chosen: Chosen::ALL,
            device: &device,
        };
        let checksum = match handle.checksum()? {
            Some(checksum) => checksum,
            None => answers(model, &test)?,
        };
        let request = Request {
            name,
            model,
            checksum,
            dataset_name: ARRAYS,
            dataset: &dataset,
            test,
            plan: &plan,
            eps_given: None,
            arguments: &[],
            notes: &notes,
            shard: Shard::WHOLE,
            budget,
            surrogate: false,
            explain: &methods,
            device: "cpu",
            out: out.as_deref(),
        };
        request.run(&mut bar)
    })?;
    Ok(AuditHandle { audited })
}
