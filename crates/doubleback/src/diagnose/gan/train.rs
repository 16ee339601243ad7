use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;

use super::checkpoint::{self, State};
use super::explain::{Facts, InterpretGan};
use super::grid;
use super::noise::noise;
use super::options::GanOptions;
use super::see::see;
use super::step::{Players, StepLosses};
use crate::batch::{Batch, tensor_of};
use crate::data::Dataset;
use crate::diagnose::LossPoint;
use crate::nn::Staged;
use crate::progress::{Phase, Watch};
use crate::random::Stream;
use crate::write::write_atomically;
use crate::{Error, Result};

/// Images whose latents give mean and variance of the channels.
const STATISTICS: usize = 1024;
/// The phase in which the recognition network learns alone.
const WARM_UP: &str = "warming up the recognition network";
/// The phase of generators against discriminator.
const GAME: &str = "InterpretGAN";
/// Test images on a grid.
const COLUMNS: usize = 12;

/// Files that a training of generators keeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct GanFiles<'a> {
    /// The state, from time to time; if it is there at the start, training goes on from it.
    pub checkpoint: Option<&'a Path>,
    /// A folder for `step-NNNNNN.png` at each point of the history: test images in the first row, what each stage makes of them in the others.
    pub grids: Option<&'a Path>,
}

/// The classifier to be explained.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// It is not changed.
    pub model: &'a dyn Staged,
    /// Which model it is: a checksum of its file, for one. Checkpoints of another are refused.
    pub identity: &'a str,
    /// Indices of the stages to explain, ascending.
    pub stages: &'a [usize],
}

/// Trains a generator for each chosen stage of a frozen classifier on the training images of `dataset`, all at once: one pass through the
/// classifier and one discriminator serve all.
///
/// `watch` is told of the phases `warming up the recognition network`, which can be empty, and `InterpretGAN`, each when it begins and after each of
/// its steps. The loss is the discriminator's at the last point of the history.
///
/// With a checkpoint, a training that was interrupted ends with the same bits as one that was not.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` breaks; [`Error::Diverged`] when a loss stops being a finite number; when model and data set do not
/// fit; whatever reading or writing a file gives.
pub fn train_gan(
    subject: Subject<'_>,
    dataset: &Dataset,
    options: &GanOptions,
    files: GanFiles<'_>,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<InterpretGan> {
    let facts = facts(subject, dataset, options)?;
    let mut players = facts.players(device)?;
    let fingerprint = fingerprint(&facts, dataset)?;
    let mut state = State {
        fingerprint,
        step: 0,
        losses: Vec::new(),
        sums: None,
        seconds: 0.0,
    };
    let found = match files.checkpoint {
        Some(path) => checkpoint::load(path, &state.fingerprint, &mut players, options, device)?,
        None => None,
    };
    match found {
        Some(found) => state = found,
        None => standardize(&mut players, subject, dataset, device)?,
    }
    let game = Game {
        subject,
        dataset,
        options,
        device,
    };
    if state.step == 0 {
        game.warm_up(&mut players, watch)?;
    }
    let mut phase = Phase::begin(GAME, options.steps, watch);
    let last_loss = |state: &State| state.losses.last().map(|point| point.discriminator);
    phase.resume(state.step);
    phase.tell(state.step, last_loss(&state))?;
    let mut saved = Instant::now();
    let mut saved_step = (state.step > 0).then_some(state.step);
    while state.step < options.steps {
        let started = Instant::now();
        let losses = game.step(&mut players, state.step)?;
        if let Some(loss) = losses.not_finite() {
            let checkpoint = match (files.checkpoint, saved_step) {
                (Some(path), Some(step)) => format!("The last checkpoint is {} at step {step}.", path.display()),
                _ => "There is no checkpoint yet.".into(),
            };
            return Err(Error::Diverged {
                model: "the generators".into(),
                step: state.step + 1,
                loss,
                checkpoint,
            });
        }
        state.step += 1;
        state.seconds += started.elapsed().as_secs_f64();
        state.sums = Some(added(state.sums.take(), &losses, state.step));
        if state.step.is_multiple_of(options.history_every) || state.step == options.steps {
            let since = state.step - state.losses.last().map_or(0, |point| point.step);
            state.losses.extend(state.sums.take().map(|sums| mean(sums, since)));
            if let Some(folder) = files.grids {
                let png = game.grid(&players)?;
                write_atomically(&folder.join(format!("step-{:06}.png", state.step)), &png)?;
            }
        }
        let stop = phase.tell(state.step, last_loss(&state));
        if let Some(path) = files.checkpoint
            && (stop.is_err() || saved.elapsed() >= options.checkpoint_every)
        {
            checkpoint::save(path, &state, &players)?;
            (saved, saved_step) = (Instant::now(), Some(state.step));
        }
        stop?;
    }
    let generators = players.generators.into_iter().map(|(generator, _)| generator).collect();
    Ok(InterpretGan {
        facts: Facts {
            losses: state.losses,
            seconds: state.seconds,
            ..facts
        },
        generators,
        discriminator: players.discriminator,
    })
}

/// What does not change from step to step.
struct Game<'a> {
    subject: Subject<'a>,
    dataset: &'a Dataset,
    options: &'a GanOptions,
    device: &'a Device,
}

impl Game<'_> {
    /// Step number `step`, counted from 0: batch and noise are functions of it, so that a resumed training repeats them.
    fn step(&self, players: &mut Players, step: usize) -> Result<StepLosses> {
        let batch = self.batch(step)?;
        let seen = see(
            self.subject.model,
            self.subject.stages,
            batch.images().clone(),
            self.options,
            step,
        )?;
        let count = self.options.generator_batch.min(batch.len());
        let stream = Stream::GeneratorNoise { step: step as u64 };
        let z = noise(count, self.options.noise, self.options.seed, stream, self.device);
        let classifier = Some((self.subject.model, self.subject.stages));
        players.step(&batch, &seen, z, classifier, self.options)
    }

    /// Seconds: it is repeated if the training is interrupted before its first checkpoint.
    fn warm_up(&self, players: &mut Players, watch: &mut dyn Watch) -> Result<()> {
        let steps = self.options.warm_up;
        if steps > 0 {
            let mut phase = Phase::begin(WARM_UP, steps, watch);
            for step in 0..steps {
                phase.done(step)?;
                players.warm_up(&self.batch(step)?, self.options)?;
            }
            phase.done(steps)?;
        }
        players.begin(self.options);
        Ok(())
    }

    fn batch(&self, step: usize) -> Result<Batch> {
        let train = &self.dataset.train;
        let size = self.options.batch.min(train.len());
        let start = step % (train.len() / size) * size;
        let classes = self.subject.model.classes();
        Batch::new(train, self.dataset.shape, classes, start..start + size, self.device)
    }

    fn grid(&self, players: &Players) -> Result<Vec<u8>> {
        let test = &self.dataset.test;
        let count = COLUMNS.min(test.len());
        let images = tensor_of(test, self.dataset.shape, 0..count, self.device);
        let latents = self.subject.model.latents(images.clone(), self.subject.stages)?;
        let stream = Stream::GeneratorGrid;
        let z = noise(count, self.options.noise, self.options.seed, stream, self.device);
        let mut rows = vec![images];
        rows.extend(players.explain(&latents, &z)?);
        grid::png(&rows, self.dataset.shape, self.dataset.bounds)
    }
}

fn facts(subject: Subject<'_>, dataset: &Dataset, options: &GanOptions) -> Result<Facts> {
    let Subject {
        model,
        identity,
        stages,
    } = subject;
    let (shape, classes, bounds) = (model.shape(), model.classes(), model.bounds());
    if shape != dataset.shape || classes != dataset.classes.len() {
        return Err(Error::Shape {
            what: format!("training generators on {}", dataset.name),
            expected: format!("{shape:?} and {classes} classes"),
            found: format!("{:?} and {} classes", dataset.shape, dataset.classes.len()),
        });
    }
    if dataset.train.is_empty() {
        return Err(Error::value("training images", "at least one", 0));
    }
    let known = model.stages();
    let ascending = stages.windows(2).all(|pair| pair[0] < pair[1]);
    if stages.is_empty() || !ascending || stages.iter().any(|&stage| stage >= known.len()) {
        let expected = format!("ascending and less than {}, at least one", known.len());
        return Err(Error::value("stages", expected, format!("{stages:?}")));
    }
    Ok(Facts {
        identity: identity.to_owned(),
        stages: stages
            .iter()
            .map(|&stage| (known[stage].name.clone(), known[stage].size))
            .collect(),
        logits: stages.last() == Some(&(known.len() - 1)),
        input: [shape.channels, shape.height, shape.width],
        bounds: [bounds.low, bounds.high],
        classes,
        options: options.clone(),
        losses: Vec::new(),
        seconds: 0.0,
    })
}

/// Everything that the result depends on, as text.
fn fingerprint(facts: &Facts, dataset: &Dataset) -> Result<String> {
    let mut facts = facts.clone();
    // How often it is saved changes nothing.
    facts.options.checkpoint_every = std::time::Duration::ZERO;
    let facts = serde_json::to_string(&facts).map_err(|e| Error::internal("describing the generators", e))?;
    let sources: Vec<&str> = dataset.sources.iter().map(|s| s.sha256.as_str()).collect();
    Ok(format!(
        "{facts}; {} {sources:?} {} images, preparation {}",
        dataset.name,
        dataset.train.len(),
        dataset.preparation
    ))
}

fn standardize(players: &mut Players, subject: Subject<'_>, dataset: &Dataset, device: &Device) -> Result<()> {
    let count = STATISTICS.min(dataset.train.len());
    let images = tensor_of(&dataset.train, dataset.shape, 0..count, device);
    let latents = subject.model.latents(images, subject.stages)?;
    for ((generator, _), latents) in players.generators.iter_mut().zip(&latents) {
        generator.standardize(latents)?;
    }
    Ok(())
}

fn added(sums: Option<LossPoint>, losses: &StepLosses, step: usize) -> LossPoint {
    let zeros = || vec![0.0; losses.generator.len()];
    let sums = sums.unwrap_or_else(|| LossPoint {
        step,
        discriminator: 0.0,
        anchor: 0.0,
        generator: zeros(),
        class: zeros(),
    });
    let add = |a: Vec<f64>, b: &[f64]| a.iter().zip(b).map(|(a, b)| a + b).collect();
    LossPoint {
        step,
        discriminator: sums.discriminator + losses.discriminator,
        anchor: sums.anchor + losses.anchor,
        generator: add(sums.generator, &losses.generator),
        class: add(sums.class, &losses.class),
    }
}

fn mean(sums: LossPoint, count: usize) -> LossPoint {
    let count = count as f64;
    let divided = |values: Vec<f64>| values.into_iter().map(|value| value / count).collect();
    LossPoint {
        step: sums.step,
        discriminator: sums.discriminator / count,
        anchor: sums.anchor / count,
        generator: divided(sums.generator),
        class: divided(sums.class),
    }
}
