use std::path::Path;
use std::time::Instant;

use burn::tensor::Gradients;

use super::checkpoint::{self, Files, State};
use super::curve::{CurvePoint, Measured, Sums};
use super::identity::Identity;
use super::objective::Objective;
use super::optimizer::Adam;
use super::options::TrainOptions;
use crate::batch::{Batch, Batches};
use crate::data::Dataset;
use crate::nn::{Classifier, Module, Network, TrainingPass, predictions, to_vec};
use crate::progress::{Progress, Watch};
use crate::stop;
use crate::work::PARAMETER_GRADIENTS;
use crate::{Error, Result};

/// A trained network.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The network, ready for inference.
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
        (State::start(identity), Adam::new(&network, options.adam))
    };
    let (mut state, adam) = found.unwrap_or_else(start);
    let mut adam = adam.with_rate_factors(options.layers.factors(&network));
    let kept_norms = options.layers.kept_norms(network.architecture());
    if state.step > 0 {
        watch.resume(state.step);
    }
    let device = network.device().clone();
    let batches = Batches::new(&dataset.train, dataset.shape, network.classes(), options.batch, &device)
        .weighted(options.class_weights.as_deref());
    let measured = Measured {
        dataset,
        images: options.curve_images,
        eps: options.curve_eps,
    };
    let save = |state: &State, network: &Network, adam: &Adam| match files {
        Some(files) => checkpoint::save(&files.checkpoint, state, network, adam),
        None => Ok(()),
    };
    let mut saved = Instant::now();
    let mut saved_step = (state.step > 0).then_some(state.step);
    let curve = loop {
        let is_last = state.step >= options.steps;
        if state.lacks_point(options.curve_every, is_last) {
            let point = match state.sums.point(state.step, &network, &measured, watch) {
                Err(Error::Interrupted) => {
                    save(&state, &network, &adam)?;
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
        let batch = batches.of_step(state.step)?;
        let mut pass = TrainingPass::new(options.seed, state.step).with_frozen_norms(kept_norms.clone());
        let tracked = options.layers.tracked(&network);
        let diverged = |loss: f64| Error::Diverged {
            model: name.into(),
            step: state.step + 1,
            loss,
            checkpoint: last_good(files.map(|files| files.checkpoint.as_path()), saved_step),
        };
        let mut done = match differentiate(objective, &tracked, &batch, &mut pass) {
            // Of logits that are not finite there is no loss either.
            Err(Error::NotFinite(_)) => return Err(diverged(f64::NAN)),
            // In the middle of a step: the state is that of the step before.
            Err(Error::Interrupted) => {
                save(&state, &network, &adam)?;
                return Err(Error::Interrupted);
            }
            done => done?,
        };
        if !done.loss.is_finite() {
            return Err(diverged(done.loss));
        }
        adam.step(&mut network, tracked, &mut done.gradients)?;
        // What is left of them would stay in memory while the curve is measured.
        drop(done.gradients);
        network.update_moving_averages(pass);
        state.sums.add(done.loss, done.cross_entropy, done.right, batch.len());
        state.step += 1;
        state.seconds += started.elapsed().as_secs_f64();
        let (step, steps, loss) = (state.step, options.steps, Some(done.loss));
        let stop = watch.advance(Progress { step, steps, loss }).is_break();
        if stop || saved.elapsed() >= options.checkpoint_every {
            save(&state, &network, &adam)?;
            (saved, saved_step) = (Instant::now(), Some(state.step));
        }
        if stop {
            return Err(Error::Interrupted);
        }
    };
    if files.is_some_and(|files| files.keep) {
        // The model is worth more than its state, and comes after it.
        if let Err(error) = save(&state, &network, &adam) {
            tracing::warn!("{error}. Without this state more steps will start from the first one");
        }
    }
    Ok(Trained {
        network,
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

/// What a training step found on its batch.
struct Differentiated {
    loss: f64,
    cross_entropy: f64,
    /// Images that are classified rightly.
    right: usize,
    gradients: Gradients,
}

/// Evaluates the objective and differentiates it with respect to the parameters of `tracked`. Only numbers and gradients leave this
/// function: the objective's value holds the tape, and the tape a share of each parameter. The optimizer changes parameters in place, which
/// takes that nobody else holds them.
fn differentiate(
    objective: &dyn Objective,
    tracked: &Network,
    batch: &Batch,
    pass: &mut TrainingPass,
) -> Result<Differentiated> {
    let value = objective.evaluate(tracked, batch, pass)?;
    PARAMETER_GRADIENTS.add(batch.len());
    let scalar = |t| -> Result<f64> { Ok(to_vec::<1>(t)?[0].into()) };
    let predicted = predictions(&value.logits.inner())?;
    stop::check()?;
    let differentiated = Differentiated {
        loss: scalar(value.loss.clone().inner())?,
        cross_entropy: scalar(value.cross_entropy.inner())?,
        right: predicted.iter().zip(&batch.labels).filter(|(a, b)| a == b).count(),
        gradients: value.loss.backward(),
    };
    stop::check()?;
    Ok(differentiated)
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
        layers,
        curve_every,
        curve_images,
        curve_eps,
        checkpoint_every: _,
    } = options;
    if class_weights.is_some() || !layers.is_all() {
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
