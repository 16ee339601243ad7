//! Stimuli are what the manifest says of them: each decodes to an image that its model takes for its target.

mod protocol;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use doubleback::ErrorKind;
use doubleback::attack::AttackSpec;
use doubleback::progress::Progress;
use doubleback_study::folder::{Manifest, Role};
use doubleback_study::stimuli::{Request, cells, make};

use support::{
    assert_every_candidate_fools_its_model, decoded, device, files, itgsm, record, study, subjects, trained,
};

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
    for picture in ["stimuli.png", "matrices/0.png", "matrices/1.png"] {
        let png = fs::read(folder.join(picture)).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{picture}");
    }

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
    type Set<'a> = &'a dyn Fn(&mut Request<'_>);
    let (dataset, models) = trained();
    let parent = tempfile::tempdir().unwrap();
    let message = |set: Set<'_>| study(parent.path(), dataset, set).unwrap_err().to_string();
    let attack = |name: &str, options: serde_json::Value| {
        Some(AttackSpec::with_options(name, options.as_object().unwrap()).unwrap())
    };
    let none = || serde_json::json!({});
    let cases: [(&str, Set<'_>); 6] = [
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
