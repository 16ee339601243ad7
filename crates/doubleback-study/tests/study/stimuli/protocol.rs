//! The paper's protocol whole: minutes, so these are run by hand. `STUDY_OUT` names a folder where the studies stay to be looked at.

use std::path::{Path, PathBuf};
use std::time::Instant;

use doubleback::data::{LoadOptions, Part, load};
use doubleback::nn::{self, ModelCard, Network};
use doubleback::train::DefenseKind;
use doubleback_study::folder::{Manifest, Role};
use doubleback_study::stimuli::{Demo, Request, cells, demo, make};

use super::support::{assert_every_candidate_fools_its_model, device, subjects, train};

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
        let (network, _) = nn::load(&folder.join(&model.file), &device).unwrap();
        assert_eq!(nn::checksum(&network).unwrap(), model.checksum);
    }
}

/// The models: files in `STUDY_MODELS`, with commas between them, or ones that are trained for `STUDY_STEPS`.
fn models(dataset: &str, options: &LoadOptions) -> Vec<(Network, ModelCard)> {
    if let Ok(files) = std::env::var("STUDY_MODELS") {
        let read = |file: &str| nn::load(Path::new(file), &device()).unwrap();
        return files.split(',').map(read).collect();
    }
    let steps = std::env::var("STUDY_STEPS").map_or(940, |steps| steps.parse().unwrap());
    let kinds = [
        DefenseKind::Normal,
        DefenseKind::Distillation,
        DefenseKind::DoubleBackprop,
    ];
    let dataset = load(dataset, options).unwrap();
    kinds.map(|kind| train(kind, &dataset, steps, 256)).into()
}

/// Of the data set `STUDY_DATASET`, or MNIST.
#[test]
#[ignore = "needs MNIST (DOUBLEBACK_DATA), and minutes"]
fn the_papers_protocol_on_real_data() {
    let mut options = LoadOptions::in_dir(std::env::var_os("DOUBLEBACK_DATA").unwrap());
    let name = std::env::var("STUDY_DATASET").unwrap_or_else(|_| "mnist".to_owned());
    let models = models(&name, &options);
    options.only = Some(Part::Test);
    let test = load(&name, &options).unwrap();
    let ((_parent, folder), subjects, device) = (out(&name), subjects(&models), device());
    let begun = Instant::now();
    let manifest = make(&Request::new(&folder, &subjects, &test, &device), &mut ()).unwrap();
    told(&manifest, begun);
    assert_every_candidate_fools_its_model(&folder, &manifest, &test, &models);
    assert_eq!(manifest.protocol.candidates, 45);
}
