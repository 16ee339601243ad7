//! The work of one cell: train, measure, write down.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::cell::Settings;
use super::files::{CellFolder, State, host, make_folder, read_json};
use super::lock::Lock;
use super::memory;
use super::results::Accuracy;
use crate::data_identity::short;
use crate::interruptible::{Interruptible, SharedWatch};
use crate::json;
use doubleback::attack::AttackSpec;
use doubleback::data::{self, Dataset, LoadOptions, Split, sha256};
use doubleback::evaluate::{Chosen, Counts, Named, TestSet, Transfer, clean_accuracy};
use doubleback::nn::{self, ModelCard, Network};
use doubleback::progress::{Phase, Progress, Watch};
use doubleback::train::{CurvePoint, Recipe};
use doubleback::write::remove_partial_files;
use doubleback::{Error, Result};

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// With a model.
    Trained,
    /// Its loss stopped being a finite number, as it may with a large weight. It would again.
    Diverged,
}

/// `cell.json`: how a cell was trained, and what was measured on its model alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// All settings.
    pub settings: Settings,
    /// How the training ended.
    pub outcome: Outcome,
    /// What was said when it diverged.
    pub problem: Option<String>,
    /// What is stored with the model: settings, version, instruction set, checksums of the data.
    pub card: ModelCard,
    /// Parameters of the network.
    pub parameters: usize,
    /// Seconds of training.
    pub seconds: f64,
    /// The training curve.
    pub curve: Vec<CurvePoint>,
    /// The teacher's, if the defense has one.
    pub teacher_curve: Option<Vec<CurvePoint>>,
    /// Accuracy on clean validation images.
    pub validation: Option<Accuracy>,
    /// Accuracy on clean test images.
    pub test: Option<Accuracy>,
    /// Accuracy on its own FGSM examples of the test images.
    pub white_box: Vec<Accuracy>,
    /// Test images whose loss gradient is exactly zero.
    pub zero_gradient_images: usize,
    /// The machine.
    pub host: String,
    /// Peak resident memory in bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

/// `black-box.json`: what a model does on the normal model's FGSM examples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlackBox {
    /// The normal model's cell.
    pub normal: String,
    /// Accuracy on examples of the validation images.
    pub validation: Accuracy,
    /// Accuracy on examples of the test images.
    pub test: Vec<Accuracy>,
    /// Validation images whose gradient on the normal model is exactly zero.
    pub zero_gradient_images: usize,
}

/// What remains of a training while its model is measured.
#[derive(Serialize, Deserialize)]
struct Training {
    /// Of the model's file; folders of earlier versions have none.
    #[serde(default)]
    sha256: Option<String>,
    seconds: f64,
    curve: Vec<CurvePoint>,
    teacher_curve: Option<Vec<CurvePoint>>,
}

/// Trains and measures the cell in `folder`, or does what is left of it. Killed at any instant, it goes on when it is called again.
/// A training that diverges is a result, kept in the record.
///
/// # Errors
/// When another process works on the cell; [`Error::Interrupted`] when `watch` breaks; whatever goes wrong with files and data.
pub fn run_cell(folder: &CellFolder, device: &Device, data: &LoadOptions, watch: &mut dyn Watch) -> Result<()> {
    let settings: Settings = read_json(&folder.settings())?.ok_or_else(|| {
        Error::file(
            folder.path(),
            "is not the folder of a cell: it has no settings.json. Run `doubleback sweep`, which makes them",
        )
    })?;
    let _lock = Lock::take(&folder.lock(), "this cell")?;
    if folder.is_done() {
        return Ok(());
    }
    remove_partial_files(folder.path());
    make_folder(&folder.work())?;
    remove_partial_files(&folder.work());
    let dataset = data::load(&settings.dataset, data)?;
    settings.check_data(&dataset)?;
    let recipe = settings.recipe(&dataset)?;
    let mut watch = Stated::new(folder, watch);
    let record = match trained(folder, &recipe, &dataset, device, &mut watch) {
        Ok((network, training)) => measured(network, training, &settings, &recipe, &dataset, device, &mut watch)?,
        Err(e @ Error::Diverged { .. }) => diverged(&settings, &recipe, &dataset, &e),
        Err(e) => return Err(e),
    };
    json::write(&folder.record(), &record)?;
    // What follows is of no more use; the record says that the cell is done.
    recipe.clean(&folder.work());
    let _ = std::fs::remove_file(folder.training());
    let _ = std::fs::remove_dir_all(folder.work());
    // If the normal model is not ready yet, gathering does it.
    black_box(folder, &settings, &dataset, device, &SharedWatch::new(&mut watch))?;
    let _ = std::fs::remove_file(folder.state());
    Ok(())
}

/// The trained network, from its file if it was trained before.
fn trained(
    folder: &CellFolder,
    recipe: &Recipe,
    dataset: &Dataset,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<(Network, Training)> {
    if let (true, Some(training)) = (folder.model().is_file(), read_json::<Training>(&folder.training())?) {
        let bytes = read_model(&folder.model())?;
        let found = sha256([bytes.as_slice()].into_iter());
        if let Some(expected) = training.sha256.as_ref().filter(|expected| **expected != found) {
            let problem = format!(
                "is not the model that this cell trained (SHA-256 {}, not {}). Put that back, or delete the cell's folder",
                short(&found),
                short(expected)
            );
            return Err(Error::file(folder.model(), problem));
        }
        return Ok((nn::load_bytes(bytes, &folder.model(), device)?.0, training));
    }
    let cooked = recipe.run(dataset, device, Some(&folder.work()), watch)?;
    nn::save(&cooked.trained.network, &recipe.card(dataset), &folder.model())?;
    let training = Training {
        sha256: Some(sha256([read_model(&folder.model())?.as_slice()].into_iter())),
        seconds: cooked.trained.seconds,
        curve: cooked.trained.curve,
        teacher_curve: cooked.teacher_curve,
    };
    json::write(&folder.training(), &training)?;
    Ok((cooked.trained.network, training))
}

fn read_model(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(Error::io(path, "reading the model"))
}

fn measured(
    network: Network,
    training: Training,
    settings: &Settings,
    recipe: &Recipe,
    dataset: &Dataset,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<Record> {
    let shared = SharedWatch::new(watch);
    let (watched, mut told) = (Interruptible::new(&network, &shared), &shared);
    let mut phase = Phase::begin("measuring", 3, &mut told);
    let named = Named {
        name: settings.defense.name(),
        model: &watched,
    };
    let validation = clean(named, &images(&dataset.validation, None, dataset, device))?;
    phase.step_done()?;
    let test = images(&dataset.test, settings.measure.test_images, dataset, device);
    let clean_test = clean(named, &test)?;
    phase.step_done()?;
    let own = fgsm(named, &[named], &test, &settings.measure.test_eps)?;
    // All is measured: an interruption comes too late.
    let _ = phase.step_done();
    Ok(Record {
        settings: settings.clone(),
        outcome: Outcome::Trained,
        problem: None,
        card: recipe.card(dataset),
        parameters: network.parameter_count(),
        seconds: training.seconds,
        curve: training.curve,
        teacher_curve: training.teacher_curve,
        validation: Some(validation),
        test: Some(clean_test),
        white_box: of_model(&own, 0),
        zero_gradient_images: own.zero_gradient_images,
        host: host(),
        peak_memory: memory::peak(std::process::id()),
    })
}

fn diverged(settings: &Settings, recipe: &Recipe, dataset: &Dataset, error: &Error) -> Record {
    Record {
        settings: settings.clone(),
        outcome: Outcome::Diverged,
        problem: Some(error.to_string()),
        card: recipe.card(dataset),
        parameters: 0,
        seconds: 0.0,
        curve: Vec::new(),
        teacher_curve: None,
        validation: None,
        test: None,
        white_box: Vec::new(),
        zero_gradient_images: 0,
        host: host(),
        peak_memory: memory::peak(std::process::id()),
    }
}

/// Measures a cell's model on the normal model's examples, if both models are there, and keeps that. Done before, it is read.
///
/// # Errors
/// When a model or file cannot be read or written.
pub(super) fn black_box(
    folder: &CellFolder,
    settings: &Settings,
    dataset: &Dataset,
    device: &Device,
    watch: &SharedWatch<'_>,
) -> Result<Option<BlackBox>> {
    if let Some(known) = read_json(&folder.black_box())? {
        return Ok(Some(known));
    }
    let name = settings.normal_name();
    let normal = CellFolder::new(folder.path().parent().unwrap_or(Path::new("")).join(&name));
    for cell in [folder, &normal] {
        match read_json::<Record>(&cell.record())? {
            Some(record) if record.outcome == Outcome::Trained => {}
            _ => return Ok(None),
        }
    }
    let (source, model) = (
        nn::load(&normal.model(), device)?.0,
        nn::load(&folder.model(), device)?.0,
    );
    let (source, model) = (Interruptible::new(&source, watch), Interruptible::new(&model, watch));
    let source = Named {
        name: "the normal model",
        model: &source,
    };
    let target = Named {
        name: "the model",
        model: &model,
    };
    let validation = images(&dataset.validation, None, dataset, device);
    let test = images(&dataset.test, settings.measure.test_images, dataset, device);
    let on_validation = fgsm(source, &[target], &validation, &[settings.measure.selection_eps])?;
    let on_test = fgsm(source, &[target], &test, &settings.measure.test_eps)?;
    let found = BlackBox {
        normal: name,
        validation: Accuracy::new(
            settings.measure.selection_eps,
            on_validation.right[0][0],
            on_validation.count,
        ),
        test: of_model(&on_test, 0),
        zero_gradient_images: on_validation.zero_gradient_images,
    };
    json::write(&folder.black_box(), &found)?;
    Ok(Some(found))
}

fn images<'a>(split: &'a Split, count: Option<usize>, dataset: &Dataset, device: &'a Device) -> TestSet<'a> {
    TestSet {
        split,
        shape: dataset.shape,
        chosen: count.map_or(Chosen::ALL, Chosen::First),
        device,
    }
}

fn clean(model: Named<'_>, images: &TestSet<'_>) -> Result<Accuracy> {
    let found = clean_accuracy(&[model], images)?;
    let [clean] = found.as_slice() else {
        return Err(Error::shape("accuracy of one model", 1, found.len()));
    };
    Ok(Accuracy {
        eps: 0.0,
        accuracy: clean.accuracy,
        low: clean.low,
        high: clean.high,
        count: clean.count,
    })
}

fn fgsm(source: Named<'_>, targets: &[Named<'_>], images: &TestSet<'_>, eps: &[f64]) -> Result<Counts> {
    let attack = AttackSpec::named("fgsm")?.attack()?;
    Transfer::new(targets, images).run(&attack, source, eps)
}

fn of_model(counts: &Counts, model: usize) -> Vec<Accuracy> {
    let by_eps = counts.eps.iter().zip(&counts.right);
    by_eps
        .map(|(&eps, right)| Accuracy::new(eps, right[model], counts.count))
        .collect()
}

/// Passes progress on, and keeps it in the cell's folder from time to time for those who wait for the cell.
struct Stated<'a> {
    folder: &'a CellFolder,
    inner: &'a mut dyn Watch,
    state: State,
    written: Instant,
}

impl<'a> Stated<'a> {
    const EVERY: Duration = Duration::from_secs(3);

    fn new(folder: &'a CellFolder, inner: &'a mut dyn Watch) -> Self {
        let state = State {
            phase: "loading".into(),
            step: 0,
            steps: 0,
            host: host(),
            pid: std::process::id(),
        };
        let mut this = Self {
            folder,
            inner,
            state,
            written: Instant::now(),
        };
        this.write();
        this
    }

    fn write(&mut self) {
        // Only for display: the work does not depend on it.
        if let Err(e) = json::write(&self.folder.state(), &self.state) {
            tracing::warn!("{e}");
        }
        self.written = Instant::now();
    }
}

impl Watch for Stated<'_> {
    fn begin(&mut self, phase: &str, steps: usize) {
        self.inner.begin(phase, steps);
        (self.state.phase, self.state.step, self.state.steps) = (phase.to_owned(), 0, steps);
        self.write();
    }

    fn resume(&mut self, step: usize) {
        self.inner.resume(step);
        self.state.step = step;
    }

    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        (self.state.step, self.state.steps) = (progress.step, progress.steps);
        if self.written.elapsed() >= Self::EVERY {
            self.write();
        }
        self.inner.advance(progress)
    }

    fn asked_to_stop(&mut self) -> bool {
        self.inner.asked_to_stop()
    }
}
