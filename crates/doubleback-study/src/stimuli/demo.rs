//! A study to try things with: small models on the digits within the program.

use std::path::Path;

use doubleback::data::{Dataset, LoadOptions, load};
use doubleback::device::Device;
use doubleback::nn::{self, ModelCard, Network, Pool, paper_cnn};
use doubleback::ops::AdamOptions;
use doubleback::progress::{Renamed, Watch};
use doubleback::train::{Defense, DefenseKind, Recipe, TEACHER, TrainOptions};

use super::make::Made;
use super::request::{DEFAULT_PER_CLASS, DEFAULT_TITLE, Request, Subject};
use crate::folder::{self, Manifest, Texts};
use crate::{Error, Result};

/// What the study of [`demo`] is less than the paper's, in a sentence for whoever made it.
pub const DEMO_IS_LESS: &str = "This study is for trying things out: its models were trained for 150 steps of 64 images on a sixth of MNIST, far less than \
                                the paper's, and say little of the defenses. The rest is the paper's protocol";

/// The models, by name.
const MODELS: [(&str, DefenseKind); 3] = [
    ("normal", DefenseKind::Normal),
    ("distilled", DefenseKind::Distillation),
    ("regularized", DefenseKind::DoubleBackprop),
];
const STEPS: usize = 150;
const BATCH: usize = 64;
const LEARNING_RATE: f64 = 1e-3;
/// Weight of double backprop, per example: that of the quick profile of trainings.
const LAMBDA: f64 = 10.0;
/// Temperature of the teacher and its student: at the paper's 50 so short a training learns nothing.
const TEMPERATURE: f64 = 10.0;

/// What a demonstration is to be.
#[derive(Clone)]
pub struct Demo<'a> {
    /// The study's folder, which is not there yet, or empty.
    pub folder: &'a Path,
    /// Where to compute.
    pub device: &'a Device,
    /// Seed of all that is drawn.
    pub seed: u64,
    /// What participants see as the study's name.
    pub title: String,
    /// What participants read.
    pub texts: Texts,
}

impl<'a> Demo<'a> {
    /// One with the default title and texts.
    pub fn new(folder: &'a Path, device: &'a Device) -> Self {
        Self {
            folder,
            device,
            seed: 0,
            title: DEFAULT_TITLE.to_owned(),
            texts: Texts::default(),
        }
    }
}

/// Makes a study on `mnist-mini` by JSMA, with a normal, a distilled and a regularized model that it trains for it and keeps in the folder's `models/`: about a
/// minute on two processors. [`DEMO_IS_LESS`] says what it lacks.
///
/// # Errors
/// As [`make`](super::make).
pub fn demo(request: &Demo<'_>, watch: &mut dyn Watch) -> Result<Manifest> {
    folder::check_free(request.folder)?;
    let dataset = load("mnist-mini", &LoadOptions::default())?;
    let mut trained = Vec::new();
    for (name, kind) in MODELS {
        let (network, card) = train(name, kind, &dataset, request, watch)?;
        trained.push((name, format!("models/{name}.safetensors"), network, card));
    }
    let subjects: Vec<Subject<'_>> = trained
        .iter()
        .map(|(name, file, network, card)| Subject {
            name,
            role: None,
            file,
            network,
            card,
        })
        .collect();
    let of_models = Request {
        seed: request.seed,
        title: request.title.clone(),
        texts: request.texts.clone(),
        per_class: DEFAULT_PER_CLASS,
        ..Request::new(request.folder, &subjects, &dataset, request.device)
    };
    let made = Made::of(&of_models, watch)?;
    let files = trained
        .iter()
        .map(|(_, file, network, card)| Ok((file.clone(), bytes(network, card)?)));
    made.write(&of_models, files.collect::<Result<_>>()?)
}

fn train(
    name: &str,
    kind: DefenseKind,
    dataset: &Dataset,
    request: &Demo<'_>,
    watch: &mut dyn Watch,
) -> Result<(Network, ModelCard)> {
    let mut defense = Defense::new(kind);
    if let Some(penalty) = defense.penalty_mut() {
        penalty.lambda = LAMBDA;
    }
    if let Some(temperature) = defense.temperature_mut() {
        *temperature = TEMPERATURE;
    }
    let recipe = Recipe {
        defense,
        architecture: paper_cnn(dataset.shape, dataset.bounds, dataset.classes.len(), Pool::Max),
        options: TrainOptions {
            steps: STEPS,
            batch: BATCH,
            adam: AdamOptions {
                learning_rate: LEARNING_RATE,
                ..AdamOptions::default()
            },
            seed: request.seed,
            curve_every: STEPS,
            curve_images: BATCH,
            ..TrainOptions::default()
        },
        start: None,
    };
    let rename = |phase: &str| match phase {
        TEACHER => format!("{name}: training its teacher"),
        _ => format!("{name}: training"),
    };
    let cooked = recipe.run(dataset, request.device, None, &mut Renamed::new(watch, rename))?;
    Ok((cooked.trained.network, recipe.card(dataset)))
}

/// A model's file.
fn bytes(network: &Network, card: &ModelCard) -> Result<Vec<u8>> {
    let failed = |action| {
        move |cause| Error::File {
            path: std::env::temp_dir(),
            action,
            cause,
        }
    };
    let folder = tempfile::tempdir().map_err(failed("cannot make a temporary folder"))?;
    let path = folder.path().join("model.safetensors");
    nn::save(network, card, &path)?;
    std::fs::read(&path).map_err(failed("cannot read a model that was just written"))
}
