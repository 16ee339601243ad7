//! Attacks of the library's table, and ensembles of them.

use std::path::PathBuf;

use doubleback::attack::{Attack, AttackOption, AttackSpec};
use doubleback::audit::Plan;
use doubleback::evaluate::{AttackedImages, Identity, ImageAttacks, Unfinished};
use doubleback::progress::Watch;
use doubleback::{Error, Result};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::arrays::{self, Array, array, integers};
use crate::errors;
use crate::model::{ModelHandle, device};
use crate::progress::Bar;
use crate::work::run;

/// The table of attacks, as JSON: of each its name, whether it takes an eps, its options with their defaults, and what it does in words.
#[pyfunction]
pub fn attacks() -> PyResult<String> {
    let entry = |spec: AttackSpec| -> Result<Value> {
        let attack = spec.attack()?;
        Ok(json!({
            "name": spec.name(),
            "takes_eps": attack.takes_eps(),
            "may_take_eps": attack.nearest_in().is_some(),
            "targeted": attack.target().is_some(),
            "options": spec.options()?,
            "in_words": spec.in_words(),
        }))
    };
    let entries: Result<Vec<Value>> = AttackSpec::all().into_iter().map(entry).collect();
    let options: Map<String, Value> = AttackOption::all()
        .iter()
        .map(|one| (one.name(), one.help().into()))
        .collect();
    let table = json!({ "attacks": entries.map_err(errors::exception)?, "options": options });
    Ok(table.to_string())
}

/// The attack of a name with options as JSON; a `target` may be the name of a class.
pub fn spec(name: &str, options: &str, classes: &[String]) -> PyResult<AttackSpec> {
    let options: Map<String, Value> = serde_json::from_str(options)
        .map_err(|problem| errors::internal(format!("options of the attack: {problem}")))?;
    AttackSpec::with_options_for(name, &options, classes).map_err(errors::exception)
}

/// What ensembles go by.
const ENSEMBLE: &str = "autoattack";

/// Their options.
#[derive(Deserialize)]
struct EnsembleOptions {
    suite: String,
    norm: String,
    seed: u64,
}

/// What is to be run.
enum Wanted {
    One(Box<Attack>, Option<f64>),
    Ensemble(Box<Plan>),
}

impl Wanted {
    fn of(name: &str, options: &str, eps: Option<f64>, handle: &ModelHandle) -> PyResult<Self> {
        if name != ENSEMBLE {
            let attack = spec(name, options, &handle.names())?.attack();
            return Ok(Self::One(Box::new(attack.map_err(errors::exception)?), eps));
        }
        let options: EnsembleOptions = serde_json::from_str(options)
            .map_err(|problem| errors::input(format!("options of the ensemble: {problem}")))?;
        let plan = || {
            let (suite, norm) = (options.suite.parse()?, options.norm.parse()?);
            let eps = eps.ok_or_else(|| Error::value("eps", "given", "none"))?;
            Plan::new(suite, &[], &Map::new(), norm, eps, options.seed, handle.classifier())
        };
        Ok(Self::Ensemble(Box::new(plan().map_err(errors::exception)?)))
    }

    fn run(
        &self,
        images: &ImageAttacks<'_>,
        targets: Option<&[usize]>,
        kept: Option<&mut Unfinished>,
        watch: &mut dyn Watch,
    ) -> Result<AttackedImages> {
        match self {
            Self::One(attack, eps) => images.one(attack, *eps, targets, kept, watch),
            Self::Ensemble(plan) => {
                for note in plan.notes() {
                    tracing::info!("{note}");
                }
                plan.attack(images, kept, watch)
            }
        }
    }

    /// All that its examples depend on besides model and images.
    fn in_full(&self) -> Result<String> {
        match self {
            Self::One(attack, eps) => {
                let settings = serde_json::to_string(&attack.spec());
                let settings = settings.map_err(|e| Error::internal("describing an attack", e))?;
                Ok(format!("{} within {eps:?}: {settings}", attack.name()))
            }
            Self::Ensemble(plan) => plan.in_full(),
        }
    }
}

/// Where the examples go, and finished batches until all are.
struct Files {
    out: PathBuf,
    work: PathBuf,
}

/// The examples of an attack on images of these labels, or towards these targets, with what is known of each.
///
/// With `files`, an `.npz` file and a folder, they are written to the file with `identity`, what they are of; finished batches are kept in the folder until
/// then, from which the same call goes on. Once the file is there nothing is attacked, and what is given is `identity` alone, that of this call.
#[pyfunction]
#[pyo3(signature = (model, x, y, name, options, eps, targets, files, bar))]
#[expect(clippy::too_many_arguments, reason = "they are options of one call")]
pub fn attack<'py>(
    py: Python<'py>,
    model: &Bound<'py, ModelHandle>,
    x: &Bound<'py, PyAny>,
    y: PyReadonlyArray1<'py, i64>,
    name: &str,
    options: &str,
    eps: Option<f64>,
    targets: Option<PyReadonlyArray1<'py, i64>>,
    files: Option<(PathBuf, PathBuf)>,
    bar: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let handle = model.get();
    let wanted = Wanted::of(name, options, eps, handle)?;
    if let (Wanted::Ensemble(_), Some(_)) = (&wanted, &targets) {
        let problem = "targets: AutoAttack leaves the label's class. Give none, or another attack";
        return Err(errors::input(problem));
    }
    let targets = targets.map(|targets| arrays::labels("targets", &targets)).transpose()?;
    let (x, labels) = (Array::new(x)?, arrays::labels("y", &y)?);
    let values = x.values();
    let files = files.map(|(out, work)| Files { out, work });
    let mut bar = Bar::new(bar);
    let found = run(py, || {
        let model = handle.classifier();
        values.check_images(model.shape())?;
        let source = values.on(device());
        let images = ImageAttacks {
            model,
            images: &source,
            labels: &labels,
        };
        let targets = targets.as_deref();
        let Some(Files { out, work }) = &files else {
            return wanted.run(&images, targets, None, &mut bar).map(Ok);
        };
        let identity = images.identity(handle.checksum()?, wanted.in_full()?, targets)?;
        let mut kept = Unfinished::open(work, identity.clone())?;
        if out.exists() {
            // A kill may have come between the file and this.
            kept.remove()?;
            return in_full(&identity).map(Err);
        }
        let found = wanted.run(&images, targets, Some(&mut kept), &mut bar)?;
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io(folder, "making the folder"))?;
        }
        found.save(out, model.shape(), &in_full(&identity)?)?;
        kept.remove()?;
        Ok(Ok(found))
    })?;
    match found {
        Ok(found) => {
            let dims = values.dims();
            dictionary(py, found, [dims[0], dims[1], dims[2], dims[3]])
        }
        Err(identity) => {
            let entries = PyDict::new(py);
            entries.set_item("identity", identity)?;
            Ok(entries)
        }
    }
}

fn in_full(identity: &Identity) -> Result<String> {
    serde_json::to_string(identity).map_err(|problem| Error::internal("describing an attack", problem))
}

fn dictionary<'py>(py: Python<'py>, found: AttackedImages, dims: [usize; 4]) -> PyResult<Bound<'py, PyDict>> {
    let count = dims[0];
    let entries = PyDict::new(py);
    entries.set_item("examples", array(py, found.examples, dims)?)?;
    entries.set_item("success", array(py, found.success, [count])?)?;
    entries.set_item("zero_gradient", array(py, found.zero_gradient, [count])?)?;
    for (name, values) in [
        ("prediction", &found.predictions),
        ("gradients", &found.gradients),
        ("forwards", &found.forwards),
    ] {
        entries.set_item(name, integers(py, values)?)?;
    }
    for (name, values) in [("l2", found.l2), ("linf", found.linf), ("l0", found.l0)] {
        entries.set_item(name, array(py, values, [count])?)?;
    }
    if !found.distance.is_empty() {
        let distance = found.distance.iter().map(|far| far.unwrap_or(f32::INFINITY));
        entries.set_item("distance", array(py, distance.collect(), [count])?)?;
    }
    Ok(entries)
}
