use std::path::Path;
use std::time::Instant;

use super::average::Average;
use super::checkpoint::{self, Files, Moving, State};
use super::curve::{CurvePoint, Measured, Sums};
use super::identity::Identity;
use super::objective::Objective;
use super::optimizer::Rate;
use super::options::TrainOptions;
use super::step::{self, Constant};
use super::training_batches::TrainingBatches;
use crate::data::Dataset;
use crate::nn::{Classifier, Module, Network};
use crate::progress::{Progress, Watch};
use crate::{Error, Result};

/// A trained network.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The network, ready for inference; with averaged weights, if these are wanted.
    pub network: Network,
    /// Its training curve.
    pub curve: Vec<CurvePoint>,
    /// Seconds spent in training steps, interrupted runs included, curve points and checkpoints not.
    pub seconds: f64,
}

/// Trains `network` on `dataset`. With a `checkpoint` path the state is written there from time to time and when `watch` breaks;
/// if the file is there at the start, training goes on from it and ends with the same bits as one that was never interrupted. It may have been
/// begun with fewer steps.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` breaks; [`Error::Diverged`] when the loss stops being a finite number; when images, labels or options
/// cannot be trained with; whatever reading or writing the checkpoint gives.
pub fn train(
    network: Network,
    name: &str,
    objective: &dyn Objective,
    dataset: &Dataset,
    options: &TrainOptions,
    checkpoint: Option<&Path>,
    watch: &mut dyn Watch,
) -> Result<Trained> {
    options.check(network.architecture(), dataset)?;
    let files = |checkpoint: &Path| -> Result<Files> {
        let objective = [("objective", name.to_owned())];
        Ok(Files {
            checkpoint: checkpoint.to_owned(),
            earlier: None,
            identity: Identity::of_data(dataset).with_training(&objective, network.architecture(), options)?,
            fingerprint: fingerprint(&network, name, dataset, options)?,
            keep: false,
        })
    };
    let files = checkpoint.map(files).transpose()?;
    run(network, name, objective, dataset, options, files.as_ref(), watch)
}

/// Trains; the options have been checked.
pub(super) fn run(
    mut network: Network,
    name: &str,
    objective: &dyn Objective,
    dataset: &Dataset,
    options: &TrainOptions,
    files: Option<&Files>,
    watch: &mut dyn Watch,
) -> Result<Trained> {
    let found = match files {
        Some(files) => checkpoint::load(files, &mut network, options)?,
        None => None,
    };
    let start = || {
        let identity = files.map(|files| files.identity.clone()).unwrap_or_default();
        (State::start(identity), Moving::start(&network, options))
    };
    let (mut state, mut moving) = found.unwrap_or_else(start);
    let constant = Constant::of(&network, options);
    if state.step > 0 {
        watch.resume(state.step);
    }
    let device = network.device().clone();
    let batches = TrainingBatches::new(dataset, network.classes(), options, &device);
    let measured = Measured {
        dataset,
        images: options.curve_images,
        eps: options.curve_eps,
    };
    let save = |state: &State, network: &Network, moving: &Moving| match files {
        Some(files) => checkpoint::save(&files.checkpoint, state, network, moving),
        None => Ok(()),
    };
    let mut saved = Instant::now();
    let mut saved_step = (state.step > 0).then_some(state.step);
    let curve = loop {
        let is_last = state.step >= options.steps;
        if state.lacks_point(options.curve_every, is_last) {
            let averaged = moving.average.as_ref().map_or(&network, Average::network);
            let point = match state.sums.point(state.step, averaged, &measured, watch) {
                Err(Error::Interrupted) => {
                    save(&state, &network, &moving)?;
                    return Err(Error::Interrupted);
                }
                point => point?,
            };
            if is_last && !state.step.is_multiple_of(options.curve_every) {
                // More steps would not stop here: the state does not have this point.
                break [state.curve.clone(), vec![point]].concat();
            }
            state.curve.push(point);
            state.sums = Sums::default();
        }
        if is_last {
            break state.curve.clone();
        }
        let started = Instant::now();
        let diverged = |loss: f64| Error::Diverged {
            model: name.into(),
            step: state.step + 1,
            loss,
            checkpoint: last_good(files.map(|files| files.checkpoint.as_path()), saved_step),
        };
        let done = match step::gradients(&network, objective, &batches, options, &constant, state.step) {
            // Of logits that are not finite there is no loss either.
            Err(Error::NotFinite(_)) => return Err(diverged(f64::NAN)),
            // In the middle of a step: the state is that of the step before.
            Err(Error::Interrupted) => {
                save(&state, &network, &moving)?;
                return Err(Error::Interrupted);
            }
            done => done?,
        };
        if !done.loss.is_finite() {
            return Err(diverged(done.loss));
        }
        let rate = Rate {
            of_all: options.rate(state.step),
            factors: &constant.factors,
        };
        moving.stepper.apply(&mut network, done.gradients, rate)?;
        for pass in done.passes {
            network.update_moving_averages(pass);
        }
        if let Some(average) = &mut moving.average {
            average.update(&network, state.step);
        }
        state.sums.add(done.loss, done.cross_entropy, done.right, done.images);
        state.step += 1;
        state.seconds += started.elapsed().as_secs_f64();
        let (step, steps, loss) = (state.step, options.steps, Some(done.loss));
        let stop = watch.advance(Progress { step, steps, loss }).is_break();
        if stop || saved.elapsed() >= options.checkpoint_every {
            save(&state, &network, &moving)?;
            (saved, saved_step) = (Instant::now(), Some(state.step));
        }
        if stop {
            return Err(Error::Interrupted);
        }
    };
    if files.is_some_and(|files| files.keep) {
        // The model is worth more than its state, and comes after it.
        if let Err(error) = save(&state, &network, &moving) {
            tracing::warn!("{error}. Without this state more steps will start from the first one");
        }
    }
    Ok(Trained {
        network: moving.average.map_or(network, Average::into_network),
        curve,
        seconds: state.seconds,
    })
}

impl State {
    /// Whether the curve's point at this step is to be measured.
    fn lacks_point(&self, every: usize, is_last: bool) -> bool {
        let due = is_last || (self.step > 0 && self.step.is_multiple_of(every));
        due && self.curve.last().is_none_or(|point| point.step != self.step)
    }
}

/// What earlier versions wrote into checkpoints in place of an [`Identity`]; nothing if they could not have trained this.
pub(super) fn fingerprint(
    network: &Network,
    name: &str,
    dataset: &Dataset,
    options: &TrainOptions,
) -> Result<Option<String>> {
    let TrainOptions {
        steps,
        batch,
        adam,
        seed,
        class_weights,
        curve_every,
        curve_images,
        curve_eps,
        ..
    } = options;
    if class_weights.is_some() || !options.choices().is_empty() {
        return Ok(None);
    }
    let architecture =
        serde_json::to_string(network.architecture()).map_err(|e| Error::internal("describing the network", e))?;
    let sources: Vec<&str> = dataset.sources.iter().map(|s| s.sha256.as_str()).collect();
    Ok(Some(format!(
        "{name}; {architecture}; {} {sources:?} {} images, preparation {}; {steps} steps of {batch}, {adam:?}, seed {seed}, curve {curve_every} {curve_images} {curve_eps}",
        dataset.name,
        dataset.train.len(),
        dataset.preparation,
    )))
}

fn last_good(checkpoint: Option<&Path>, step: Option<usize>) -> String {
    match (checkpoint, step) {
        (Some(path), Some(step)) => format!("The last checkpoint is {} at step {step}.", path.display()),
        _ => "There is no checkpoint yet.".into(),
    }
}
