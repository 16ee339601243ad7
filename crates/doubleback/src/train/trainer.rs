use std::path::Path;
use std::time::{Duration, Instant};

use doubleback_ops::AdamOptions;

use super::checkpoint::{self, State};
use super::curve::{CurvePoint, Sums};
use super::objectives::Objective;
use super::optimizer::Adam;
use crate::batch::Batch;
use crate::data::Dataset;
use crate::nn::{Classifier, Network, TrainingPass, predictions, to_vec};
use crate::progress::{Progress, Watch};
use crate::{Error, Result};

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// Optimizer steps.
    pub steps: usize,
    /// Images a step. The training set is gone through in fixed order, as in the authors' code; the last batch of an epoch may be smaller.
    pub batch: usize,
    /// The optimizer.
    pub adam: AdamOptions,
    /// Seed of the dropout masks.
    pub seed: u64,
    /// Steps between points of the curve.
    pub curve_every: usize,
    /// Validation images that a point looks at.
    pub curve_images: usize,
    /// Perturbation of the FGSM that a point measures.
    pub curve_eps: f64,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
}

impl Default for TrainOptions {
    /// The paper's: 15,050 steps of 256 images, a point every 100.
    fn default() -> Self {
        Self {
            steps: 15_050,
            batch: 256,
            adam: AdamOptions::default(),
            seed: 0,
            curve_every: 100,
            curve_images: 512,
            curve_eps: 0.1,
            checkpoint_every: Duration::from_secs(15),
        }
    }
}

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
/// if the file is there at the start, training goes on from it and ends with the same bits as one that was never interrupted.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` breaks; [`Error::Diverged`] when the loss stops being a finite number; whatever reading or
/// writing the checkpoint gives.
pub fn train(
    mut network: Network,
    name: &str,
    objective: &dyn Objective,
    dataset: &Dataset,
    options: &TrainOptions,
    checkpoint: Option<&Path>,
    watch: &mut dyn Watch,
) -> Result<Trained> {
    check(&network, dataset, options)?;
    let fingerprint = fingerprint(&network, name, dataset, options)?;
    let mut adam = Adam::new(&network, options.adam);
    let mut state = State {
        fingerprint,
        step: 0,
        curve: Vec::new(),
        sums: Sums::default(),
        seconds: 0.0,
    };
    if let Some(path) = checkpoint
        && let Some(found) = checkpoint::load(path, &state.fingerprint, &mut network, options.adam)?
    {
        (state, adam) = found;
    }
    let batches = dataset.train.len().div_ceil(options.batch);
    let mut saved = Instant::now();
    let mut saved_step = (state.step > 0).then_some(state.step);
    while state.step < options.steps {
        let started = Instant::now();
        let start = state.step % batches * options.batch;
        let range = start..(start + options.batch).min(dataset.train.len());
        let batch = Batch::new(
            &dataset.train,
            dataset.shape,
            network.classes(),
            range,
            network.device(),
        )?;
        let mut pass = TrainingPass::new(options.seed, state.step);
        let tracked = network.tracked();
        let values = objective.evaluate(&tracked, &batch, &mut pass)?;
        let scalar = |t| -> Result<f64> { Ok(to_vec::<1>(t)?[0].into()) };
        let loss = scalar(values.loss.clone().inner())?;
        if !loss.is_finite() {
            return Err(Error::Diverged {
                model: name.into(),
                step: state.step + 1,
                loss,
                checkpoint: last_good(checkpoint, saved_step),
            });
        }
        let right = predictions(&values.logits.clone().inner())?
            .iter()
            .zip(&batch.labels)
            .filter(|(a, b)| a == b)
            .count();
        state
            .sums
            .add(loss, scalar(values.cross_entropy.clone().inner())?, right, batch.len());
        let gradients = values.loss.backward();
        // The tape shares the parameters; without it they can change in place.
        drop(values);
        adam.step(&mut network, tracked, gradients)?;
        network.update_moving_averages(pass);
        state.step += 1;
        state.seconds += started.elapsed().as_secs_f64();
        if state.step.is_multiple_of(options.curve_every) || state.step == options.steps {
            let point = state
                .sums
                .point(state.step, &network, dataset, options.curve_images, options.curve_eps)?;
            state.curve.push(point);
            state.sums = Sums::default();
        }
        let (step, steps, loss) = (state.step, options.steps, Some(loss));
        let stop = watch.advance(Progress { step, steps, loss }).is_break();
        if let Some(path) = checkpoint
            && (stop || saved.elapsed() >= options.checkpoint_every)
        {
            checkpoint::save(path, &state, &network, &adam)?;
            (saved, saved_step) = (Instant::now(), Some(state.step));
        }
        if stop {
            return Err(Error::Interrupted);
        }
    }
    Ok(Trained {
        network,
        curve: state.curve,
        seconds: state.seconds,
    })
}

fn check(network: &Network, dataset: &Dataset, options: &TrainOptions) -> Result<()> {
    if network.shape() != dataset.shape || network.classes() != dataset.classes.len() {
        let expected = format!("{:?} and {} classes", network.shape(), network.classes());
        let found = format!("{:?} and {} classes", dataset.shape, dataset.classes.len());
        return Err(Error::Shape {
            what: format!("training on {}", dataset.name),
            expected,
            found,
        });
    }
    if dataset.train.is_empty() {
        return Err(Error::value("training images", "at least one", 0));
    }
    for (name, value) in [
        ("steps", options.steps),
        ("batch", options.batch),
        ("curve_every", options.curve_every),
    ] {
        if value == 0 {
            return Err(Error::value(name, "at least 1", value));
        }
    }
    let rate = options.adam.learning_rate;
    if !(rate > 0.0 && rate.is_finite()) {
        return Err(Error::value("learning rate", "a positive number", rate));
    }
    Ok(())
}

/// Everything that the result depends on, as text.
fn fingerprint(network: &Network, name: &str, dataset: &Dataset, options: &TrainOptions) -> Result<String> {
    let architecture =
        serde_json::to_string(network.architecture()).map_err(|e| Error::device("describing the network", e))?;
    let TrainOptions {
        steps,
        batch,
        adam,
        seed,
        curve_every,
        curve_images,
        curve_eps,
        checkpoint_every: _,
    } = options;
    let sources: Vec<&str> = dataset.sources.iter().map(|s| s.sha256.as_str()).collect();
    Ok(format!(
        "{name}; {architecture}; {} {sources:?} {} images, preparation {}; {steps} steps of {batch}, {adam:?}, seed {seed}, curve {curve_every} {curve_images} {curve_eps}",
        dataset.name,
        dataset.train.len(),
        dataset.preparation,
    ))
}

fn last_good(checkpoint: Option<&Path>, step: Option<usize>) -> String {
    match (checkpoint, step) {
        (Some(path), Some(step)) => format!("The last checkpoint is {} at step {step}.", path.display()),
        _ => "There is no checkpoint yet.".into(),
    }
}
