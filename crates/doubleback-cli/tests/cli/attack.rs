//! What `attack` and `transfer` promise: samples, going on after a kill, pictures, an exit status for pipelines.
#![cfg(unix)]

use crate::support;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use doubleback::data::{Bounds, ImageShape};
use doubleback::device::DeviceName;
use doubleback::nn::{ModelCard, Network, Pool, paper_cnn, save};
use serde_json::Value;
use support::sweeps::{end, signal, start};
use support::{Run, doubleback, expect_done, files};

fn write_model(path: &Path, seed: u64) {
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    let device = DeviceName::Cpu.open().unwrap();
    let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), seed, &device).unwrap();
    save(&network, &ModelCard::new(), path).unwrap();
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Starts a command and kills it, with no chance to say a word, as soon as a file is there.
fn kill_at(folder: &Path, words: &str, file: &str) {
    assert_ne!(end_at(folder, words, file, "-KILL").status, 0);
}

/// Starts a command and sends it a signal as soon as a file is there; what it said.
fn end_at(folder: &Path, words: &str, file: &str, with: &str) -> Run {
    let mut child = start(folder, words);
    let begun = Instant::now();
    while !folder.join(file).exists() {
        assert!(begun.elapsed() < Duration::from_secs(300), "{file} is never there");
        assert!(child.try_wait().unwrap().is_none(), "doubleback {words} has ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(with, child.id());
    end(child)
}

#[test]
fn a_killed_attack_goes_on_to_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"), 0);
    let pgd = "attack --model m.safetensors --dataset mnist-mini --attack pgd --steps 4 --eps 0.1,0.2 --count 1024";
    let words = |name: &str| format!("{pgd} --out {name}.npz --json {name}.json");
    expect_done(here, &words("whole"));
    assert!(!here.join("whole.npz.work").exists());

    kill_at(here, &words("killed"), "killed.npz.work/part-0000000.json");
    assert!(!here.join("killed.json").exists());
    let stopped = end_at(here, &words("killed"), "killed.npz.work/part-0000256.json", "-INT");
    assert_eq!(stopped.status, 130, "{}", stopped.stderr);
    assert!(
        stopped
            .stderr
            .contains("What was done is kept: run the same command again to go on")
    );
    let other = doubleback(here, &words("killed").replace("0.1,0.2", "0.1"));
    assert_eq!(other.status, 2);
    assert!(
        other
            .stderr
            .contains("killed.npz.work: holds unfinished work that differs in its eps: 0.1, 0.2 there, 0.1 here"),
        "{}",
        other.stderr
    );
    let resumed = expect_done(here, &words("killed"));
    assert!(
        resumed.stderr.contains("Going on with what killed.npz.work has"),
        "{}",
        resumed.stderr
    );
    assert!(!here.join("killed.npz.work").exists());
    for ending in [".json", "-eps0.1.npz", "-eps0.2.npz"] {
        let [killed, whole] = ["killed", "whole"].map(|name| fs::read(here.join(format!("{name}{ending}"))).unwrap());
        assert!(killed == whole, "{ending}");
    }
    // One that keeps nothing says so before it starts.
    let short = pgd.replace("1024", "8");
    assert!(expect_done(here, &short).stderr.contains("Nothing is kept on the way"));
    assert!(!expect_done(here, &format!("{short} --quiet")).stderr.contains("kept"));
}

#[test]
fn a_killed_transfer_goes_on_to_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("a.safetensors"), 0);
    write_model(&here.join("b.safetensors"), 1);
    let words = |name: &str| {
        format!(
            "transfer --models a.safetensors,b.safetensors --dataset mnist-mini --attack ifgsm --eps 0.1 --count 600 --json {name}.json"
        )
    };
    expect_done(here, &words("whole"));
    kill_at(here, &words("killed"), "killed.json.work/part-001-0000000.json");
    let resumed = expect_done(here, &words("killed"));
    assert!(resumed.stderr.contains("Going on with"), "{}", resumed.stderr);
    assert_eq!(
        fs::read(here.join("killed.json")).unwrap(),
        fs::read(here.join("whole.json")).unwrap()
    );
    let names = ["a.safetensors", "b.safetensors", "killed.json", "whole.json"];
    assert_eq!(files(here), names);
}

#[test]
fn a_count_is_a_sample_whose_indices_are_in_the_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"), 0);
    let fgsm = "attack --model m.safetensors --dataset mnist-mini --attack fgsm --eps 0.1";
    expect_done(here, &format!("{fgsm} --json all.json"));
    let run = expect_done(here, &format!("{fgsm} --count 40 --json some.json --out some.npz"));
    assert!(
        run.stdout.contains("40 test images of mnist-mini (drawn by seed 0)"),
        "{}",
        run.stdout
    );
    expect_done(here, &format!("{fgsm} --count 40 --sample-seed 1 --json other.json"));
    let [all, some, other] = ["all", "some", "other"].map(|name| json(&here.join(format!("{name}.json"))));
    assert_eq!((&all["index"], &all["sample_seed"]), (&Value::Null, &Value::Null));
    assert_eq!((&some["sample_seed"], &other["sample_seed"]), (&0.into(), &1.into()));
    assert_ne!(some["index"], other["index"]);
    let index: Vec<i64> = serde_json::from_value(some["index"].clone()).unwrap();
    assert_eq!(index.len(), 40);
    assert!(index.is_sorted_by(|a, b| a < b) && index[39] > 1000, "{index:?}");
    let mut arrays = npyz::npz::NpzArchive::open(here.join("some-eps0.1.npz")).unwrap();
    assert_eq!(
        arrays.by_name("index").unwrap().unwrap().into_vec::<i64>().unwrap(),
        index
    );

    // Each class has its share.
    for class in all["clean_per_class"].as_array().unwrap() {
        let of_all = class["count"].as_f64().unwrap();
        let sampled = some["clean_per_class"].as_array().unwrap().iter();
        let sampled = sampled
            .filter(|of| of["class"] == class["class"])
            .map(|of| of["count"].as_f64().unwrap());
        assert!((sampled.sum::<f64>() - of_all / 50.0).abs() < 1.0, "{class}");
    }
}

#[test]
fn pictures_are_written_once_and_only_where_there_can_be_some() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"), 0);
    let words = "attack --model m.safetensors --dataset mnist-mini --attack fgsm --eps 0.1,0.3 --count 20 --png p";
    let run = expect_done(here, &format!("{words} --json r.json"));
    assert!(run.stdout.contains("Pictures: p"), "{}", run.stdout);
    assert!(run.stdout.contains("  8 bits  "), "{}", run.stdout);
    let (results, manifest) = (json(&here.join("r.json")), json(&here.join("p/manifest.json")));
    let images = manifest["images"].as_array().unwrap();
    for (place, row) in results["results"].as_array().unwrap().iter().enumerate() {
        let right = images
            .iter()
            .filter(|of| of["examples"][place]["prediction_8bit"] == of["label"]);
        assert_eq!(row["accuracy_8bit"].as_f64(), Some(right.count() as f64 / 20.0));
    }
    for entry in images {
        let (index, class) = (entry["index"].as_u64().unwrap(), entry["class"].as_str().unwrap());
        let example = format!("examples-eps0.3/{class}/{index:05}-{class}.png");
        assert_eq!(entry["examples"][1]["example"], example.as_str());
        assert!(here.join("p").join(example).exists());
    }
    assert_eq!(files(here), ["m.safetensors", "p", "r.json"]);
    let again = doubleback(here, words);
    assert_eq!(again.status, 2);
    assert!(
        again.stderr.contains("p: is a folder with files in it"),
        "{}",
        again.stderr
    );
}

#[test]
fn an_accuracy_below_the_wish_has_a_status_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"), 0);
    write_model(&here.join("n.safetensors"), 1);
    let attack = "attack --model m.safetensors --dataset mnist-mini --attack fgsm --eps 0,0.3 --count 64";
    let transfer =
        "transfer --models m.safetensors,n.safetensors --dataset mnist-mini --attack fgsm --eps 0.3 --count 64";
    for words in [attack, transfer] {
        let below = doubleback(here, &format!("{words} --fail-under 99% --json r.json"));
        assert_eq!(below.status, 3, "{}", below.stderr);
        let errors: Vec<&str> = below
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(errors.len(), 1, "{}", below.stderr);
        assert!(errors[0].starts_with("error: accuracy ") && errors[0].contains("below `--fail-under 0.99`"));
        assert!(json(&here.join("r.json"))["count"] == 64 && !here.join("r.json.work").exists());
        assert!(!below.stdout.is_empty());
        expect_done(here, &format!("{words} --fail-under 0 --quiet"));
    }
    for share in ["40", "-0.1", "x"] {
        assert_eq!(doubleback(here, &format!("{attack} --fail-under {share}")).status, 2);
    }
}

#[test]
fn the_nearest_example_may_be_so_in_l1_with_fmn_alone() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"), 0);
    let attack = "attack --model m.safetensors --dataset mnist-mini --count 10 --norm l1";
    let run = expect_done(
        here,
        &format!("{attack} --attack fmn --steps 30 --eps 1,20 --json a.json"),
    );
    assert!(
        run.stdout.contains("Distance of the nearest example (l1): median "),
        "{}",
        run.stdout
    );
    let found = json(&here.join("a.json"));
    assert_eq!(
        (&found["attack"], &found["distance"]["norm"]),
        (&"fmn-l1".into(), &"l1".into())
    );
    let accuracies = found["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["accuracy"].as_f64().unwrap());
    assert!(accuracies.is_sorted_by(|a, b| a >= b));
    let refused = doubleback(here, &format!("{attack} --attack pgd --eps 0.1"));
    assert_eq!(refused.status, 2);
    assert!(
        refused
            .stderr
            .contains("l1 is not one that `pgd` has: linf or l2; `fmn` has it"),
        "{}",
        refused.stderr
    );
}
