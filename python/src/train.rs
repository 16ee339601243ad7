//! Trainings.

use std::path::PathBuf;
use std::time::Duration;

use doubleback::attack;
use doubleback::data::{Bounds, Dataset, ImageShape, Split};
use doubleback::nn::{Activation, Architecture, Pool, architecture};
use doubleback::train::{
    Augmentation, Defense, DefenseKind, LayerRate, ModelFiles, Norm, Optimizer, OptimizerKind, OptimizerSettings,
    Output, Recipe, StartingPoint, TrainOptions, TrainedLayers,
};
use doubleback::{Error, Result};
use doubleback_import::lasting_facts;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use serde::Deserialize;

use crate::arrays::{self, Array, Values};
use crate::errors;
use crate::model::{Known, ModelHandle, device};
use crate::progress::Bar;
use crate::work::run;

/// That of Adam and AdamW, if none is given.
const LEARNING_RATE: f64 = 1e-3;

/// What is trained, and how, as the package writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    defense: String,
    weight: Option<f64>,
    penalty_norm: Option<String>,
    penalty_output: Option<String>,
    temperature: Option<f64>,
    eps: Option<f64>,
    pgd_steps: Option<usize>,
    adversarial_norm: Option<String>,
    trades_beta: Option<f64>,
    /// None with a model to begin with, as the two that follow.
    arch: Option<String>,
    pool: Option<String>,
    activation: Option<String>,
    freeze: Vec<String>,
    frozen_norms: bool,
    layer_rates: Vec<(String, f64)>,
    new_head: bool,
    steps: usize,
    batch: usize,
    /// None for the usual one of the optimizer.
    learning_rate: Option<f64>,
    optimizer: String,
    momentum: Option<f64>,
    nesterov: bool,
    weight_decay: Option<f64>,
    schedule: String,
    warmup: usize,
    accumulate: usize,
    clip_norm: Option<f64>,
    average: Option<f64>,
    crop: usize,
    flip: bool,
    label_smoothing: f64,
    seed: u64,
    curve_every: usize,
    class_weights: Option<Vec<f64>>,
    classes: Vec<String>,
    bounds: (f32, f32),
    name: String,
}

impl Wanted {
    fn defense(&self) -> Result<Defense> {
        let mut defense = Defense::new(self.defense.parse::<DefenseKind>()?);
        if let Some(penalty) = defense.penalty_mut() {
            penalty.lambda = self.weight.unwrap_or(penalty.lambda);
            if let Some(norm) = &self.penalty_norm {
                penalty.norm = norm.parse::<Norm>()?;
            }
            if let Some(output) = &self.penalty_output {
                penalty.output = output.parse::<Output>()?;
            }
        }
        if let Some(temperature) = defense.temperature_mut() {
            *temperature = self.temperature.unwrap_or(*temperature);
        }
        if let Some(eps) = defense.adversarial_eps_mut() {
            *eps = self.eps.unwrap_or(*eps);
        }
        if let Some(steps) = defense.adversarial_steps_mut() {
            *steps = self.pgd_steps.unwrap_or(*steps);
        }
        if let (Some(norm), Some(wanted)) = (defense.adversarial_norm_mut(), &self.adversarial_norm) {
            *norm = wanted.parse::<attack::Norm>()?;
        }
        if let Some(beta) = defense.beta_mut() {
            *beta = self.trades_beta.unwrap_or(*beta);
        }
        Ok(defense)
    }

    fn built_in(&self, shape: ImageShape) -> Result<Architecture> {
        let pool: Pool = self.pool.as_deref().map_or(Ok(Pool::default()), str::parse)?;
        let activation: Activation = self.activation.as_deref().map_or(Ok(Activation::Relu), str::parse)?;
        let name = self.arch.as_deref().unwrap_or("small-cnn");
        let built = architecture(name, shape, self.bounds(), self.classes.len(), pool)?;
        Ok(built.with_activation(activation))
    }

    /// The network to begin with.
    fn start(&self, name: &str, known: &Known) -> Result<StartingPoint> {
        let network = match self.new_head {
            true => known.network.with_new_head(self.classes.len(), self.seed)?,
            false => known.network.clone(),
        };
        Ok(StartingPoint::new(network, name)?.with_facts(lasting_facts(&known.card)))
    }

    fn recipe(&self, shape: ImageShape, start: Option<StartingPoint>) -> Result<Recipe> {
        let defaults = TrainOptions::default();
        let kind: OptimizerKind = self.optimizer.parse()?;
        let settings = OptimizerSettings {
            momentum: self.momentum,
            nesterov: self.nesterov,
            weight_decay: self.weight_decay,
        };
        let mut adam = defaults.adam;
        adam.learning_rate = self.learning_rate.or(kind.learning_rate()).unwrap_or(LEARNING_RATE);
        Ok(Recipe {
            defense: self.defense()?,
            architecture: match &start {
                Some(start) => start.network().architecture().clone(),
                None => self.built_in(shape)?,
            },
            options: TrainOptions {
                steps: self.steps,
                batch: self.batch,
                adam,
                optimizer: Optimizer::new(kind, settings)?,
                schedule: self.schedule.parse()?,
                warmup: self.warmup,
                accumulate: self.accumulate,
                clip_norm: self.clip_norm,
                average: self.average,
                augmentation: Augmentation {
                    crop: self.crop,
                    flip: self.flip,
                },
                label_smoothing: self.label_smoothing,
                seed: self.seed,
                class_weights: self.class_weights.clone(),
                layers: TrainedLayers {
                    frozen: self.freeze.clone(),
                    frozen_norms: self.frozen_norms,
                    rates: self.layer_rates.iter().cloned().map(LayerRate::from).collect(),
                },
                curve_every: self.curve_every,
                checkpoint_every: Duration::from_secs(15),
                ..defaults
            },
            start,
        })
    }

    fn bounds(&self) -> Bounds {
        let (low, high) = self.bounds;
        Bounds { low, high }
    }

    fn dataset(&self, shape: ImageShape, train: Split, validation: Split) -> Result<Dataset> {
        let classes = self.classes.clone();
        let empty = Split::empty(shape);
        Ok(Dataset::new(
            &self.name,
            classes,
            shape,
            self.bounds(),
            train,
            validation,
            empty,
        )?)
    }
}

/// Trains a model on images of these labels, from nothing or from a model and what it is called; gives it with its curve as JSON. With `out` it is
/// written there, with what an interrupted training, or a longer one, goes on from.
#[pyfunction]
#[pyo3(signature = (x, y, validation, wanted, out, bar, start))]
#[expect(clippy::too_many_arguments, reason = "what Python passes, one by one")]
pub fn train<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: PyReadonlyArray1<'py, i64>,
    validation: Option<(Bound<'py, PyAny>, PyReadonlyArray1<'py, i64>)>,
    wanted: &str,
    out: Option<PathBuf>,
    bar: Option<Py<PyAny>>,
    start: Option<(PyRef<'py, ModelHandle>, String)>,
) -> PyResult<(ModelHandle, String)> {
    let wanted: Wanted = serde_json::from_str(wanted)
        .map_err(|problem| errors::internal(format!("options of the training: {problem}")))?;
    let (x, labels) = (Array::new(x)?, arrays::labels("y", &y)?);
    let values = x.values();
    let validation = match &validation {
        Some((x, y)) => Some((Array::new(x)?, arrays::labels("y", y)?)),
        None => None,
    };
    let validation = validation.as_ref().map(|(x, labels)| (x.values(), labels));
    let start = match &start {
        Some((model, name)) => Some((model.network("train_from")?, name)),
        None => None,
    };
    let mut bar = Bar::new(bar);
    let (handle, curve) = run(py, || {
        let shape = shape(&values)?;
        let validation = match &validation {
            Some((x, labels)) => x.split(labels, shape)?,
            None => Split::empty(shape),
        };
        let dataset = wanted.dataset(shape, values.split(&labels, shape)?, validation)?;
        let start = start.map(|(known, name)| wanted.start(name, known)).transpose()?;
        let recipe = wanted.recipe(shape, start)?;
        let cooked = match &out {
            Some(out) => {
                recipe
                    .train_to(&ModelFiles::of(out), &dataset, &device(), &mut bar)?
                    .cooked
            }
            None => recipe.run(&dataset, &device(), None, &mut bar)?,
        };
        let curve = serde_json::to_string(&cooked.trained.curve);
        let curve = curve.map_err(|problem| Error::internal("describing a curve as JSON", problem))?;
        Ok((ModelHandle::of(cooked.trained.network, recipe.card(&dataset)), curve))
    })?;
    Ok((handle, curve))
}

fn shape(values: &Values<'_>) -> Result<ImageShape> {
    match *values.dims() {
        [_, channels, height, width] => Ok(ImageShape {
            channels,
            height,
            width,
        }),
        ref found => Err(Error::Shape {
            what: "x".to_owned(),
            expected: "[n, channels, height, width]".to_owned(),
            found: format!("{found:?}"),
        }),
    }
}
