//! Small models, studies of them, and what holds of every study.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use doubleback::attack::AttackSpec;
use doubleback::data::{Dataset, LoadOptions, Split, load, sha256};
use doubleback::device::{Device, DeviceName};
use doubleback::evaluate::{Asked, Chosen, Named, Predictions, TestSet};
use doubleback::nn::{ModelCard, Network, Pool, paper_cnn};
use doubleback::ops::AdamOptions;
use doubleback::train::{Defense, DefenseKind, Recipe, TrainOptions};
use doubleback_study::folder::Manifest;
use doubleback_study::stimuli::{Record, Request, Subject, make};

/// A model with what its file would say.
pub type Model = (Network, ModelCard);

pub fn device() -> Device {
    DeviceName::Cpu.open().unwrap()
}

pub fn train(kind: DefenseKind, dataset: &Dataset, steps: usize, batch: usize) -> Model {
    let mut defense = Defense::new(kind);
    if let Some(penalty) = defense.penalty_mut() {
        penalty.lambda = 10.0;
    }
    let recipe = Recipe {
        defense,
        architecture: paper_cnn(dataset.shape, dataset.bounds, 10, Pool::Max),
        options: TrainOptions {
            steps,
            batch,
            adam: AdamOptions {
                learning_rate: 1e-3,
                ..AdamOptions::default()
            },
            curve_every: steps,
            ..TrainOptions::default()
        },
        start: None,
    };
    let cooked = recipe.run(dataset, &device(), None, &mut ()).unwrap();
    (cooked.trained.network, recipe.card(dataset))
}

/// Digits and two models of them, trained just enough.
pub fn trained() -> &'static (Dataset, [Model; 2]) {
    static TRAINED: OnceLock<(Dataset, [Model; 2])> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let dataset = load("mnist-mini", &LoadOptions::default()).unwrap();
        let models = [DefenseKind::Normal, DefenseKind::DoubleBackprop].map(|kind| train(kind, &dataset, 40, 64));
        (dataset, models)
    })
}

pub fn subjects(models: &[Model]) -> Vec<Subject<'_>> {
    let named = ["plain", "smooth", "third"].into_iter().zip(models);
    named
        .map(|(name, (network, card))| Subject {
            name,
            role: None,
            file: "model.safetensors",
            network,
            card,
        })
        .collect()
}

/// A study of one image a class, changed by `set`, in a folder of its own.
pub fn study(
    parent: &Path,
    dataset: &Dataset,
    set: impl FnOnce(&mut Request<'_>),
) -> doubleback_study::Result<Manifest> {
    let (_, models) = trained();
    let (folder, subjects, device) = (parent.join("study"), subjects(models), device());
    let mut request = Request {
        per_class: 1,
        ..Request::new(&folder, &subjects, dataset, &device)
    };
    set(&mut request);
    make(&request, &mut ())
}

pub fn itgsm(request: &mut Request<'_>, eps: &[f64]) {
    let steps = serde_json::json!({ "steps": 5 });
    request.attack = Some(AttackSpec::with_options("itgsm", steps.as_object().unwrap()).unwrap());
    request.eps = eps.to_vec();
}

/// All files of a folder, by path.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

pub fn record(study: &Path) -> Record {
    serde_json::from_slice(&fs::read(study.join("stimuli.json")).unwrap()).unwrap()
}

/// The bytes of a gray picture, by another decoder than the library's.
pub fn decoded(png: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(
        (info.color_type, info.bit_depth),
        (png::ColorType::Grayscale, png::BitDepth::Eight)
    );
    bytes
}

/// Every candidate is in the folder as the manifest has it, and is taken for its target.
pub fn assert_every_candidate_fools_its_model(study: &Path, manifest: &Manifest, dataset: &Dataset, models: &[Model]) {
    let record = record(study);
    assert_eq!(record.images.len(), manifest.candidates.len());
    for (place, (network, _)) in models.iter().enumerate() {
        let mine: Vec<_> = manifest.candidates.iter().filter(|one| one.model == place).collect();
        let mut pixels = Vec::new();
        for candidate in &mine {
            let png = fs::read(study.join("images").join(&candidate.file)).unwrap();
            assert_eq!(sha256(std::iter::once(png.as_slice())), candidate.sha256);
            let made = &record.images[&candidate.file];
            let value = |byte: u8| made.black + f32::from(byte) / 255.0 * (made.white - made.black);
            pixels.extend(decoded(&png).into_iter().map(value));
            let label = dataset.test.labels()[candidate.index] as usize;
            assert_eq!(label, candidate.original);
            assert_ne!(candidate.original, candidate.target);
        }
        let split = Split::new(pixels, vec![0; mine.len()], dataset.shape).unwrap();
        let test = TestSet {
            split: &split,
            shape: dataset.shape,
            chosen: Chosen::ALL,
            device: &device(),
        };
        let named = Named {
            name: "model",
            model: network,
        };
        let asked = Asked {
            labelled: false,
            gradient: None,
        };
        let found = Predictions::of(&named, &test, &dataset.classes, asked, &mut ()).unwrap();
        let targets: Vec<usize> = mine.iter().map(|one| one.target).collect();
        assert_eq!(found.prediction, targets);
    }
}
