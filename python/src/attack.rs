//! Attacks of the library's table.

use doubleback::attack::{Adversarial, AttackOption, AttackSpec, Goal};
use doubleback::evaluate::batch_size;
use doubleback::nn::to_vec;
use doubleback::progress::Phase;
use doubleback::{Error, Result};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
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

/// By image, in order.
#[derive(Default)]
struct Found {
    examples: Vec<f32>,
    predictions: Vec<usize>,
    success: Vec<bool>,
    gradients: Vec<usize>,
    forwards: Vec<usize>,
    l2: Vec<f32>,
    linf: Vec<f32>,
    l0: Vec<f32>,
    zero_gradient: Vec<bool>,
    distance: Vec<f32>,
}

impl Found {
    fn add(&mut self, example: Adversarial) -> Result<()> {
        self.examples.extend(to_vec(example.images)?);
        self.predictions.extend(example.predictions);
        self.success.extend(example.success);
        self.gradients.extend(example.cost.gradients);
        self.forwards.extend(example.cost.forwards);
        self.l2.extend(example.l2);
        self.linf.extend(example.linf);
        self.l0.extend(example.l0);
        Ok(())
    }

    fn into_dict<'py>(self, py: Python<'py>, dims: [usize; 4]) -> PyResult<Bound<'py, PyDict>> {
        let count = dims[0];
        let found = PyDict::new(py);
        found.set_item("examples", array(py, self.examples, dims)?)?;
        found.set_item("success", array(py, self.success, [count])?)?;
        found.set_item("zero_gradient", array(py, self.zero_gradient, [count])?)?;
        for (name, values) in [
            ("prediction", &self.predictions),
            ("gradients", &self.gradients),
            ("forwards", &self.forwards),
        ] {
            found.set_item(name, integers(py, values)?)?;
        }
        for (name, values) in [("l2", self.l2), ("linf", self.linf), ("l0", self.l0)] {
            found.set_item(name, array(py, values, [count])?)?;
        }
        if !self.distance.is_empty() {
            found.set_item("distance", array(py, self.distance, [count])?)?;
        }
        Ok(found)
    }
}

/// Attacks images of these labels, or towards these targets.
#[pyfunction]
#[pyo3(signature = (model, x, y, name, options, eps, targets, bar))]
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
    bar: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let handle = model.get();
    let (model, names) = (handle.classifier(), handle.names());
    let built = spec(name, options, &names)?.attack().map_err(errors::exception)?;
    let x = Array::new(x)?;
    let (values, labels) = (x.values(), arrays::labels("y", &y)?);
    let targets = targets.map(|targets| arrays::labels("targets", &targets)).transpose()?;
    let eps: Vec<f64> = eps.into_iter().collect();
    let mut bar = Bar::new(bar);
    let found = run(py, || {
        values.check_images(model.shape())?;
        for classes in [Some(&labels), targets.as_ref()].into_iter().flatten() {
            arrays::check_labels(classes, values.count(), model.classes())?;
        }
        built.check_eps(&eps, model)?;
        let (device, mut found) = (device(), Found::default());
        found.examples.reserve_exact(values.dims().iter().product());
        let mut phase = Phase::begin(built.name(), values.count(), &mut bar);
        for places in values.batches(batch_size(model.shape())) {
            let images = values.images(places.clone(), &device)?;
            let goal = match &targets {
                Some(targets) => Goal::Towards(targets[places.clone()].to_vec()),
                None => built.goal(&labels[places.clone()], model.classes())?,
            };
            let attacked = built.run_to(model, &images, &goal, &eps);
            let attacked = attacked.map_err(|error| error.at(|row| places.start + row))?;
            let example = attacked.by_eps.into_iter().next();
            found.add(example.ok_or_else(|| Error::internal("attacking", "no examples"))?)?;
            found.zero_gradient.extend(attacked.zero_gradient);
            found
                .distance
                .extend(attacked.distance.iter().map(|far| far.unwrap_or(f32::INFINITY)));
            phase.done_unless_finished(places.end)?;
        }
        Ok(found)
    })?;
    let dims = values.dims();
    found.into_dict(py, [dims[0], dims[1], dims[2], dims[3]])
}
