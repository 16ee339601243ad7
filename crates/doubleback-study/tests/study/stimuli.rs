//! Stimuli are what the manifest says of them: each decodes to an image that its model takes for its target.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use doubleback::ErrorKind;
use doubleback::attack::AttackSpec;
use doubleback::data::{Dataset, LoadOptions, Part, Split, load, sha256};
use doubleback::device::{Device, DeviceName};
use doubleback::evaluate::{Asked, Chosen, Named, Predictions, TestSet};
use doubleback::nn::{ModelCard, Network, Pool, paper_cnn};
use doubleback::ops::AdamOptions;
use doubleback::progress::Progress;
use doubleback::train::{Defense, DefenseKind, Recipe, TrainOptions};
use doubleback_study::folder::{Manifest, Role};
use doubleback_study::stimuli::{Demo, Record, Request, Subject, cells, demo, make};

/// A model with what its file would say.
type Model = (Network, ModelCard);

fn device() -> Device {
    DeviceName::Cpu.open().unwrap()
}

fn train(kind: DefenseKind, dataset: &Dataset, steps: usize, batch: usize) -> Model {
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
fn trained() -> &'static (Dataset, [Model; 2]) {
    static TRAINED: OnceLock<(Dataset, [Model; 2])> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let dataset = load("mnist-mini", &LoadOptions::default()).unwrap();
        let models = [DefenseKind::Normal, DefenseKind::DoubleBackprop].map(|kind| train(kind, &dataset, 40, 64));
        (dataset, models)
    })
}

fn subjects(models: &[Model]) -> Vec<Subject<'_>> {
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
fn study(parent: &Path, dataset: &Dataset, set: impl FnOnce(&mut Request<'_>)) -> doubleback_study::Result<Manifest> {
    let (_, models) = trained();
    let (folder, subjects, device) = (parent.join("study"), subjects(models), device());
    let mut request = Request {
        per_class: 1,
        ..Request::new(&folder, &subjects, dataset, &device)
    };
    set(&mut request);
    make(&request, &mut ())
}

fn itgsm(request: &mut Request<'_>, eps: &[f64]) {
    let steps = serde_json::json!({ "steps": 5 });
    request.attack = Some(AttackSpec::with_options("itgsm", steps.as_object().unwrap()).unwrap());
    request.eps = eps.to_vec();
}

/// All files of a folder, by path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
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

fn record(study: &Path) -> Record {
    serde_json::from_slice(&fs::read(study.join("stimuli.json")).unwrap()).unwrap()
}

/// The bytes of a gray picture, by another decoder than the library's.
fn decoded(png: &[u8]) -> Vec<u8> {
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
fn assert_every_candidate_fools_its_model(study: &Path, manifest: &Manifest, dataset: &Dataset, models: &[Model]) {
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

#[test]
fn every_candidate_is_taken_for_its_target_as_its_file_decodes() {
    let (dataset, models) = trained();
    let parent = tempfile::tempdir().unwrap();
    let manifest = study(parent.path(), dataset, |_| {}).unwrap();
    let folder = parent.path().join("study");
    assert_every_candidate_fools_its_model(&folder, &manifest, dataset, models);
    assert_eq!(manifest.attack.name, "jsma");
    assert_eq!(
        manifest.attack.options,
        serde_json::json!({"theta": 1.0, "gamma": 0.25, "single_pixels": false})
    );
    let roles: Vec<Role> = manifest.models.iter().map(|model| model.role).collect();
    assert_eq!(roles, [Role::Normal, Role::Regularized]);
    assert!(
        manifest.models.iter().all(|model| model.clean_accuracy > 0.3),
        "{:?}",
        manifest.models
    );
    assert!(manifest.candidates.len() > 90, "{} of 180", manifest.candidates.len());

    // As it is read again.
    let written = fs::read(folder.join("study.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Manifest>(&written).unwrap(), manifest);
    let images: BTreeSet<String> = manifest.candidates.iter().map(|one| one.file.clone()).collect();
    assert_eq!(
        fs::read_dir(folder.join("images")).unwrap().count(),
        images.len() + manifest.practice.len()
    );
    assert!(fs::read(folder.join("stimuli.png")).unwrap().starts_with(b"\x89PNG"));

    // Cells add up.
    let cells = cells(&manifest);
    assert_eq!(
        (cells.len(), cells.iter().map(|cell| cell.found).sum::<usize>()),
        (20, manifest.candidates.len())
    );
    let short: Vec<_> = cells
        .iter()
        .filter(|cell| cell.found < 9)
        .map(|cell| (cell.model, cell.original))
        .collect();
    let listed: Vec<_> = manifest
        .protocol
        .short
        .iter()
        .map(|cell| (cell.model, cell.original))
        .collect();
    assert_eq!(short, listed);

    // What is practised on is unchanged, of different classes, and not among the first of its class.
    let labels: BTreeSet<usize> = manifest.practice.iter().map(|one| one.label).collect();
    assert_eq!((manifest.practice.len(), labels.len()), (3, 3));
    for practice in &manifest.practice {
        let earlier = &dataset.test.labels()[..practice.index];
        assert!(earlier.contains(&(practice.label as u32)), "the first of its class");
        let bytes = decoded(&fs::read(folder.join("images").join(&practice.file)).unwrap());
        let shown: Vec<f32> = bytes.into_iter().map(|byte| f32::from(byte) / 255.0).collect();
        assert_eq!(shown, dataset.test.image(practice.index));
    }

    // Each image counts once in its model's matrix, whose title names no model.
    for confusion in &manifest.confusion {
        assert!(
            confusion
                .counts
                .iter()
                .all(|row| row.len() == 10 && row.iter().sum::<u64>() == 1)
        );
        assert!(
            !["plain", "smooth", "jsma"]
                .iter()
                .any(|word| confusion.title.to_lowercase().contains(word))
        );
    }

    // A study is never replaced.
    let before = files(parent.path());
    let again = study(parent.path(), dataset, |request| request.seed = 9).unwrap_err();
    assert!(
        again.to_string().contains("holds a study. A study is never replaced"),
        "{again}"
    );
    assert_eq!(files(parent.path()), before);
}

#[test]
fn one_seed_gives_the_same_bytes_and_another_other_names() {
    let (dataset, _) = trained();
    let made = |seed: u64| {
        let parent = tempfile::tempdir().unwrap();
        let manifest = study(parent.path(), dataset, |request| {
            itgsm(request, &[0.1]);
            request.seed = seed;
        });
        let found = files(parent.path()).into_iter();
        let relative = |path: PathBuf| path.strip_prefix(parent.path()).unwrap().to_owned();
        let found: BTreeMap<PathBuf, Vec<u8>> = found.map(|(path, bytes)| (relative(path), bytes)).collect();
        (manifest.unwrap(), found)
    };
    let (first, again, other) = (made(1), made(1), made(2));
    assert_eq!(first, again);
    assert_ne!(first.0.practice, other.0.practice);
    let names =
        |manifest: &Manifest| -> BTreeSet<String> { manifest.candidates.iter().map(|one| one.file.clone()).collect() };
    assert!(names(&first.0).is_disjoint(&names(&other.0)));
}

#[test]
fn of_several_sizes_the_smallest_that_works_is_taken() {
    let (dataset, models) = trained();
    let of = |eps: &[f64]| {
        let parent = tempfile::tempdir().unwrap();
        let manifest = study(parent.path(), dataset, |request| itgsm(request, eps)).unwrap();
        let folder = parent.path().join("study");
        assert_every_candidate_fools_its_model(&folder, &manifest, dataset, models);
        let images = record(&folder).images;
        let sized = manifest
            .candidates
            .iter()
            .map(|one| ((one.model, one.index, one.target), images[&one.file].eps.unwrap()));
        (manifest.attack.eps.clone(), sized.collect::<BTreeMap<_, _>>())
    };
    let ((small, at_small), (both, at_both)) = (of(&[0.02]), of(&[0.1, 0.02, 0.1]));
    assert_eq!((small, both), (vec![0.02], vec![0.02, 0.1]));
    let kept: BTreeMap<_, _> = at_both
        .iter()
        .filter(|(_, eps)| **eps == 0.02)
        .map(|(k, v)| (*k, *v))
        .collect();
    assert_eq!(kept, at_small);
    assert!(
        at_both.len() > at_small.len(),
        "{} and {}",
        at_both.len(),
        at_small.len()
    );
}

#[test]
fn strict_lists_the_short_cells_and_leaves_nothing() {
    let (dataset, _) = trained();
    let parent = tempfile::tempdir().unwrap();
    let listed = study(parent.path(), dataset, |request| itgsm(request, &[0.005])).unwrap();
    let short = &listed.protocol.short;
    assert!(!short.is_empty() && listed.protocol.candidates == 9);
    fs::remove_dir_all(parent.path().join("study")).unwrap();

    let refused = study(parent.path(), dataset, |request| {
        itgsm(request, &[0.005]);
        request.strict = true;
    });
    let refused = refused.unwrap_err();
    let message = refused.to_string();
    assert_eq!(refused.kind(), ErrorKind::Input);
    assert!(
        message.starts_with(&format!("{} of 20 cells have fewer than the 9 candidates", short.len())),
        "{message}"
    );
    let cells = short
        .iter()
        .map(|cell| format!("class {} has {}", cell.original, cell.found));
    assert!(cells.into_iter().all(|cell| message.contains(&cell)), "{message}");
    assert!(message.contains("plain: ") && message.contains("smooth: ") && !message.contains('\n'));
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn an_interruption_leaves_nothing() {
    let (dataset, models) = trained();
    let parent = tempfile::tempdir().unwrap();
    let (folder, subjects, device) = (parent.path().join("study"), subjects(models), device());
    let mut request = Request {
        per_class: 1,
        ..Request::new(&folder, &subjects, dataset, &device)
    };
    itgsm(&mut request, &[0.1]);
    let mut steps = 0;
    let mut stop = |_: Progress| {
        steps += 1;
        if steps < 5 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let stopped = make(&request, &mut stop).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Interrupted);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn images_of_normalized_contrast_are_drawn_between_their_own_extremes() {
    let (dataset, models) = trained();
    let mut dataset = dataset.clone();
    dataset.preparation.contrast_normalized = true;
    let parent = tempfile::tempdir().unwrap();
    let manifest = study(parent.path(), &dataset, |request| itgsm(request, &[0.1])).unwrap();
    let folder = parent.path().join("study");
    assert_every_candidate_fools_its_model(&folder, &manifest, &dataset, models);
    for candidate in &manifest.candidates {
        let bytes = decoded(&fs::read(folder.join("images").join(&candidate.file)).unwrap());
        assert!(bytes.contains(&0) && bytes.contains(&255));
    }
}

#[test]
fn what_does_not_go_together_is_refused_before_any_work() {
    let (dataset, models) = trained();
    let parent = tempfile::tempdir().unwrap();
    let message = |set: &dyn Fn(&mut Request<'_>)| study(parent.path(), dataset, set).unwrap_err().to_string();
    let attack = |name: &str, options: serde_json::Value| {
        Some(AttackSpec::with_options(name, options.as_object().unwrap()).unwrap())
    };
    let none = || serde_json::json!({});
    let cases: [(&str, &dyn Fn(&mut Request<'_>)); 6] = [
        ("models: none, expected at least one", &|request| request.models = &[]),
        ("images per class: 0", &|request| request.per_class = 0),
        ("title: expected one line", &|request| request.title = "a\nb".to_owned()),
        ("`pgd` needs a size", &|request| request.attack = attack("pgd", none())),
        ("for `jsma`, which takes none", &|request| request.eps = vec![0.1]),
        ("target: a study aims at every other class", &|request| {
            request.attack = attack("jsma", serde_json::json!({"target": 3}));
        }),
    ];
    for (expected, set) in cases {
        let found = message(set);
        assert!(found.contains(expected), "{found}");
    }
    let mut twice = subjects(models);
    twice[1].name = "plain";
    let (folder, device) = (parent.path().join("study"), device());
    let found = make(&Request::new(&folder, &twice, dataset, &device), &mut ()).unwrap_err();
    assert_eq!(
        found.to_string(),
        "model: two are called `plain`. Give each a name of its own"
    );
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

/// Where the images can be looked at: `STUDY_OUT`, or a temporary folder.
fn out(name: &str) -> (Option<tempfile::TempDir>, PathBuf) {
    match std::env::var_os("STUDY_OUT") {
        Some(folder) => (None, PathBuf::from(folder).join(name)),
        None => {
            let parent = tempfile::tempdir().unwrap();
            let folder = parent.path().join(name);
            (Some(parent), folder)
        }
    }
}

fn told(manifest: &Manifest, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    println!("{} candidates after {seconds:.1} s", manifest.candidates.len());
    for (place, model) in manifest.models.iter().enumerate() {
        let found: Vec<usize> = cells(manifest)
            .iter()
            .filter(|cell| cell.model == place)
            .map(|cell| cell.found)
            .collect();
        println!(
            "{} ({:.1} % right): {found:?}",
            model.name,
            100.0 * model.clean_accuracy
        );
    }
}

#[test]
#[ignore = "trains three models: a minute"]
fn the_demonstration_is_the_protocol_on_small_models() {
    let (_parent, folder) = out("demo");
    let (begun, device) = (Instant::now(), device());
    let manifest = demo(&Demo::new(&folder, &device), &mut ()).unwrap();
    told(&manifest, begun);
    let roles: Vec<Role> = manifest.models.iter().map(|model| model.role).collect();
    assert_eq!(roles, [Role::Normal, Role::Distilled, Role::Regularized]);
    assert!(
        cells(&manifest).iter().all(|cell| cell.found > 0),
        "{:?}",
        manifest.protocol.short
    );
    for model in &manifest.models {
        assert!(model.clean_accuracy > 0.8, "{}: {}", model.name, model.clean_accuracy);
        let (network, _) = doubleback::nn::load(&folder.join(&model.file), &device).unwrap();
        assert_eq!(doubleback::nn::checksum(&network).unwrap(), model.checksum);
    }
}

/// Trains as long as `STUDY_STEPS` says.
#[test]
#[ignore = "needs MNIST (DOUBLEBACK_DATA), and minutes"]
fn the_papers_protocol_on_mnist() {
    let mut options = LoadOptions::in_dir(std::env::var_os("DOUBLEBACK_DATA").unwrap());
    let dataset = load("mnist", &options).unwrap();
    let steps = std::env::var("STUDY_STEPS").map_or(940, |steps| steps.parse().unwrap());
    let kinds = [
        DefenseKind::Normal,
        DefenseKind::Distillation,
        DefenseKind::DoubleBackprop,
    ];
    let begun = Instant::now();
    let models = kinds.map(|kind| train(kind, &dataset, steps, 256));
    println!("trained after {:.1} s", begun.elapsed().as_secs_f64());
    options.only = Some(Part::Test);
    let test = load("mnist", &options).unwrap();
    let ((_parent, folder), subjects, device) = (out("mnist"), subjects(&models), device());
    let begun = Instant::now();
    let manifest = make(&Request::new(&folder, &subjects, &test, &device), &mut ()).unwrap();
    told(&manifest, begun);
    assert_every_candidate_fools_its_model(&folder, &manifest, &test, &models);
    assert_eq!(manifest.protocol.candidates, 45);
}
