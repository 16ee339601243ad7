//! The house: data flows one way. Arrows between crates go down a list, arrows between the modules of the library too, and no files of a
//! crate use each other in a circle.

mod arrows;

use std::fs;
use std::path::{Path, PathBuf};

use arrows::{Arrows, Sources, arrows, circles, name};

/// From the top of the house down: a crate may use those below it.
const CRATES: [&str; 11] = [
    "doubleback-cli",
    "doubleback-study",
    "doubleback-report",
    "doubleback-experiments",
    "doubleback-import",
    "doubleback",
    "doubleback-ops",
    "doubleback-data",
    "doubleback-error",
    "doubleback-test-browser",
    "doubleback-test-device",
];

/// The rooms of the library from the top down; what is not named here is the floor that all stand on.
const ROOMS: [&str; 9] = [
    "audit",
    "evaluate",
    "diagnose",
    "train",
    "faithfulness",
    "explain",
    "attack",
    "batch",
    "nn",
];

/// No crate may have as much of all lines under `crates/*/src`, in percent: attacks, explanations and what measures both are the library's own matter.
const LARGEST_SHARE: usize = 33;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The modules of a crate that are files.
fn sources(root: &Path) -> Sources {
    fn read(folder: &Path, path: &[String], sources: &mut Sources) {
        for entry in fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().path();
            let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
            if file.is_dir() {
                read(&file, &[path, &[stem]].concat(), sources);
            } else if file.extension().is_some_and(|ending| ending == "rs") {
                let own = !["lib", "main", "mod"].contains(&stem.as_str());
                let module = if own { [path, &[stem]].concat() } else { path.to_vec() };
                sources.insert(module, fs::read_to_string(&file).unwrap());
            }
        }
    }
    let mut found = Sources::new();
    read(&root.join("src"), &[], &mut found);
    found
}

/// Arrows of the library that go from a room to one above it.
fn arrows_back(arrows: &Arrows) -> Vec<String> {
    let level = |path: &[String]| {
        let room = path
            .first()
            .and_then(|first| ROOMS.iter().position(|room| room == first));
        room.unwrap_or(ROOMS.len())
    };
    let mut back = Vec::new();
    for (from, targets) in arrows.iter().filter(|(from, _)| !from.is_empty()) {
        let up = targets.iter().filter(|to| !to.is_empty() && level(to) < level(from));
        back.extend(up.map(|to| format!("{} uses {}", name(from), name(to))));
    }
    back
}

/// Dependencies of a crate on a crate that does not stand below it, or on one that the list does not have.
fn crates_above(crate_name: &str, manifest: &str) -> Vec<String> {
    let place = |name: &str| CRATES.iter().position(|&known| known == name);
    let dependencies = manifest.lines().filter_map(|line| {
        let name = line.split(['.', ' ', '=']).next()?;
        name.starts_with("doubleback").then(|| name.to_owned())
    });
    dependencies.filter(|name| place(name) <= place(crate_name)).collect()
}

#[test]
fn crates_use_only_crates_below_them() {
    let mut found: Vec<String> = fs::read_dir(crates())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut known = CRATES.to_vec();
    known.sort_unstable();
    assert_eq!(
        found, known,
        "a crate that the list does not have, or the other way round"
    );
    for name in CRATES {
        let manifest = fs::read_to_string(crates().join(name).join("Cargo.toml")).unwrap();
        let dependencies = &manifest[manifest.find("[dependencies]").unwrap()..];
        assert_eq!(
            crates_above(name, dependencies),
            [""; 0],
            "{name} uses crates that are not below it"
        );
    }
}

/// What has tensors is out of the command line's reach.
#[test]
fn the_command_line_depends_on_no_crate_of_tensors() {
    let manifest = fs::read_to_string(crates().join("doubleback-cli/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    let (dependencies, _) = dependencies.split_once("[dev-dependencies]").unwrap();
    let of_tensors = |line: &&str| line.starts_with("burn") || line.starts_with("doubleback-ops");
    assert_eq!(dependencies.lines().find(of_tensors), None);
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    // The Python package stands on all of them, outside of their folder.
    for name in CRATES.into_iter().chain(["../python"]) {
        let found = circles(&arrows(&sources(&crates().join(name))));
        assert!(found.is_empty(), "{name}: circles of modules: {found:#?}");
    }
}

#[test]
fn no_arrow_of_the_library_goes_back() {
    let back = arrows_back(&arrows(&sources(&crates().join("doubleback"))));
    assert!(back.is_empty(), "arrows to a room above: {back:#?}");
}

#[test]
fn no_crate_is_most_of_the_house() {
    let lines = |name: &str| -> usize {
        let sources = sources(&crates().join(name));
        sources.values().map(|source| source.lines().count()).sum()
    };
    let all: usize = CRATES.iter().map(|name| lines(name)).sum();
    for name in CRATES {
        let share = 100 * lines(name) / all;
        assert!(share < LARGEST_SHARE, "{name} has {share} % of all lines: part it");
    }
}

/// A small library in which data flows one way.
fn library() -> Sources {
    let file = |path: &str, source: &str| (path.split('/').map(str::to_owned).collect(), source.to_owned());
    Sources::from([
        (
            Vec::new(),
            "mod attack; mod nn; mod error; pub use error::Error;".to_owned(),
        ),
        file("error", "pub struct Error;"),
        file(
            "nn",
            "mod layer; mod network; pub use layer::Layer; pub use network::Network;",
        ),
        file("nn/layer", "use crate::Error; pub struct Layer;"),
        file("nn/network", "use super::Layer; pub struct Network;"),
        file("attack", "mod pgd; pub use pgd::Pgd;"),
        file("attack/pgd", "use crate::nn::{Layer, Network}; pub struct Pgd;"),
    ])
}

fn planted(path: &str, source: &str) -> Arrows {
    let mut sources = library();
    let module: Vec<String> = path.split('/').map(str::to_owned).collect();
    sources.insert(module, source.to_owned());
    arrows(&sources)
}

#[test]
fn a_planted_arrow_back_and_a_planted_circle_are_found() {
    let sound = arrows(&library());
    assert!(circles(&sound).is_empty() && arrows_back(&sound).is_empty());

    let back = planted("nn/network", "use crate::attack::Pgd; pub struct Network;");
    assert_eq!(arrows_back(&back), ["nn::network uses attack::pgd"]);

    // In a `use`, in an expression and in a type.
    for circle in [
        "use super::network::Network;",
        "fn f() { crate::nn::Network::new() }",
        "struct S(super::Network);",
    ] {
        let found = circles(&planted("nn/layer", &format!("{circle} pub struct Layer;")));
        assert_eq!(found, [["nn::layer", "nn::network"]], "{circle}");
    }
    // A child that uses what its parent defines, where the parent uses the child.
    let parent = planted(
        "attack",
        "mod pgd; use pgd::Pgd; pub trait Attack { fn pgd(self) -> Pgd; }",
    );
    assert!(circles(&parent).is_empty());
    let mut sources = library();
    sources.insert(
        vec!["attack".to_owned()],
        "mod pgd; use pgd::Pgd; pub struct Attack(Pgd);".to_owned(),
    );
    sources.insert(
        vec!["attack".to_owned(), "pgd".to_owned()],
        "use super::Attack; pub struct Pgd;".to_owned(),
    );
    assert_eq!(circles(&arrows(&sources)), [["attack", "attack::pgd"]]);

    // Within a macro, and by a re-export from elsewhere.
    let macros = planted(
        "nn/layer",
        "pub struct Layer; fn f() { panic!(\"{}\", crate::attack::Pgd::NAME) }",
    );
    assert_eq!(arrows_back(&macros), ["nn::layer uses attack::pgd"]);
    let reexport = planted(
        "nn",
        "mod layer; mod network; pub use layer::*; pub(crate) use crate::attack::Pgd;",
    );
    assert_eq!(arrows_back(&reexport), ["nn uses attack::pgd"]);
    // Through all names of a module; and within a module of the file, whose `super` is the file.
    let mut globs = library();
    globs.insert(
        vec!["nn".to_owned()],
        "mod layer; mod network; pub use layer::*; pub use network::*;".to_owned(),
    );
    globs.insert(
        vec!["nn".to_owned(), "layer".to_owned()],
        "pub struct Layer; mod inner { use super::super::Network; use super::Layer; }".to_owned(),
    );
    assert_eq!(circles(&arrows(&globs)), [["nn::layer", "nn::network"]]);

    // Tests may look wherever they like.
    let tests = planted(
        "nn/layer",
        "pub struct Layer; #[cfg(test)] mod tests { use crate::attack::Pgd; }",
    );
    assert!(circles(&tests).is_empty() && arrows_back(&tests).is_empty());

    assert_eq!(
        crates_above("doubleback", "[dependencies]\ndoubleback-report.workspace = true\n"),
        ["doubleback-report"]
    );
    assert_eq!(
        crates_above("doubleback", "[dependencies]\ndoubleback-ops.workspace = true\n"),
        [""; 0]
    );
}
