use std::path::Path;
use std::time::{Duration, Instant};

use burn::tensor::Gradients;
use doubleback_ops::AdamOptions;

use super::checkpoint::{self, State};
use super::curve::{CurvePoint, Sums};
use super::objective::Objective;
use super::optimizer::Adam;
use crate::batch::Batch;
use crate::data::Dataset;
use crate::nn::{Classifier, Module, Network, TrainingPass, predictions, to_vec};
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
    let found = match checkpoint {
        Some(path) => checkpoint::load(path, &fingerprint, &mut network, options.adam)?,
        None => None,
    };
    let (mut state, mut adam) = found.unwrap_or_else(|| (State::start(fingerprint), Adam::new(&network, options.adam)));
    if state.step > 0 {
        watch.resume(state.step);
    }
    let mut saved = Instant::now();
    let mut saved_step = (state.step > 0).then_some(state.step);
    while state.step < options.steps {
        let started = Instant::now();
        let batch = batch_of_step(state.step, &network, dataset, options.batch)?;
        let mut pass = TrainingPass::new(options.seed, state.step);
        let tracked = network.tracked();
        let mut done = differentiate(objective, &tracked, &batch, &mut pass)?;
        if !done.loss.is_finite() {
            return Err(Error::Diverged {
                model: name.into(),
                step: state.step + 1,
                loss: done.loss,
                checkpoint: last_good(checkpoint, saved_step),
            });
        }
        adam.step(&mut network, tracked, &mut done.gradients)?;
        // What is left of them would stay in memory while the curve is measured.
        drop(done.gradients);
        network.update_moving_averages(pass);
        state.sums.add(done.loss, done.cross_entropy, done.right, batch.len());
        state.step += 1;
        state.seconds += started.elapsed().as_secs_f64();
        if state.step.is_multiple_of(options.curve_every) || state.step == options.steps {
            let point = state
                .sums
                .point(state.step, &network, dataset, options.curve_images, options.curve_eps)?;
            state.curve.push(point);
            state.sums = Sums::default();
        }
        let (step, steps, loss) = (state.step, options.steps, Some(done.loss));
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

/// The images of a step: the training set is gone through from the first to the last, again and again.
fn batch_of_step(step: usize, network: &Network, dataset: &Dataset, size: usize) -> Result<Batch> {
    let batches = dataset.train.len().div_ceil(size);
    let start = step % batches * size;
    let range = start..(start + size).min(dataset.train.len());
    Batch::new(
        &dataset.train,
        dataset.shape,
        network.classes(),
        range,
        network.device(),
    )
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
    let scalar = |t| -> Result<f64> { Ok(to_vec::<1>(t)?[0].into()) };
    let predicted = predictions(&value.logits.inner())?;
    Ok(Differentiated {
        loss: scalar(value.loss.clone().inner())?,
        cross_entropy: scalar(value.cross_entropy.inner())?,
        right: predicted.iter().zip(&batch.labels).filter(|(a, b)| a == b).count(),
        gradients: value.loss.backward(),
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
        serde_json::to_string(network.architecture()).map_err(|e| Error::internal("describing the network", e))?;
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
