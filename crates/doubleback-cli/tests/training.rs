//! Models are trained, attacked and compared; an interrupted training ends with the same bytes.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use doubleback_test_device::test_device;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use burn::tensor::Tensor;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{ModelCard, Module, Network, Pool, paper_cnn, save};
use npyz::npz::NpzArchive;
use support::{command, doubleback, expect_done, files, skipped};

#[test]
fn a_model_is_trained_attacked_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for defense in ["normal", "doubleback"] {
        let train = format!(
            "train --dataset mnist-mini --defense {defense} --steps 3 --batch 32 --out models/{defense}.safetensors"
        );
        let run = expect_done(here, &format!("{train} --json {defense}.json"));
        assert!(run.stdout.contains("validation accuracy"), "{}", run.stdout);
        assert!(run.stderr.contains(&format!("{defense}: 3/3")), "{}", run.stderr);
        let json: serde_json::Value =
            serde_json::from_slice(&std::fs::read(here.join(format!("{defense}.json"))).unwrap()).unwrap();
        assert_eq!(json["curve"].as_array().unwrap().len(), 1);
        assert_eq!(json["paper_lambda"].is_null(), defense == "normal");
    }
    assert_eq!(
        files(&here.join("models")),
        ["doubleback.safetensors", "normal.safetensors"]
    );

    let attack = "attack --quiet --model models/normal.safetensors --dataset mnist-mini --attack fgsm --eps 0.1,0.30 --count 300";
    let run = expect_done(here, &format!("{attack} --out arrays/examples.npz --json attack.json"));
    assert_eq!(run.stderr, "");
    assert!(run.stdout.contains("95 % interval"), "{}", run.stdout);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(here.join("attack.json")).unwrap()).unwrap();
    assert_eq!((&json["attack"], &json["count"]), (&"fgsm".into(), &300.into()));
    for row in json["results"].as_array().unwrap() {
        for field in [
            "eps",
            "accuracy",
            "mean_l2",
            "mean_linf",
            "mean_l0",
            "gradients",
            "forwards",
        ] {
            assert!(row[field].is_number(), "{field}");
        }
    }
    assert_eq!(
        files(&here.join("arrays")),
        ["examples-eps0.1.npz", "examples-eps0.3.npz"]
    );
    let npz = here.join("arrays/examples-eps0.3.npz");
    check_arrays(&npz, json["results"][1]["accuracy"].as_f64().unwrap());
    check_arrays_in_numpy(&npz);
    let piped = expect_done(here, &format!("{attack} --json"));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&piped.stdout).unwrap(), json);

    let pgd = attack.replace(
        "--attack fgsm",
        "--attack pgd --steps 3 --step-size 0.1 --seed 5 --json",
    );
    let of_pgd: serde_json::Value = serde_json::from_str(&expect_done(here, &pgd).stdout).unwrap();
    assert_eq!(of_pgd["results"][0]["gradients"], 3);
    let moved = of_pgd["results"][0]["mean_linf"].as_f64().unwrap();
    assert!(moved > 0.0 && moved <= 0.1 + 1e-6, "{moved}");
    let unmoved = pgd.replace(
        "--steps 3 --step-size 0.1 --seed 5",
        "--steps 1 --step-size 0.1 --no-random-start",
    );
    let one_step: serde_json::Value = serde_json::from_str(&expect_done(here, &unmoved).stdout).unwrap();
    assert_eq!(one_step["results"][0], json["results"][0]);

    // Each of the steps is as long as eps.
    let iterated = pgd.replace(
        "--attack pgd --steps 3 --step-size 0.1 --seed 5",
        "--attack itgsm --steps 3 --target 0",
    );
    let of_itgsm: serde_json::Value = serde_json::from_str(&expect_done(here, &iterated).stdout).unwrap();
    assert_eq!(of_itgsm["results"][0]["gradients"], 3);
    let moved = of_itgsm["results"][0]["mean_linf"].as_f64().unwrap();
    assert!(moved > 0.1 + 1e-6 && moved <= 0.3 + 1e-6, "{moved}");
    let jsma =
        "attack --quiet --model models/normal.safetensors --dataset mnist-mini --attack jsma --gamma 0.1 --count 20";
    let run = expect_done(here, &format!("{jsma} --out few.npz --json jsma.json"));
    assert!(run.stdout.contains("theta"), "{}", run.stdout);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(here.join("jsma.json")).unwrap()).unwrap();
    let row = &json["results"][0];
    assert_eq!((&json["attack"], &row["eps"]), (&"jsma".into(), &1.0.into()));
    let changed = row["mean_l0"].as_f64().unwrap();
    assert!(changed > 0.0 && changed <= 2.0 * 39.0, "{changed}");
    let mut few = NpzArchive::open(here.join("few.npz")).unwrap();
    assert_eq!(few.by_name("examples").unwrap().unwrap().shape(), [20, 1, 28, 28]);

    let transfer = "transfer --models models/normal.safetensors,models/doubleback.safetensors --dataset mnist-mini";
    let run = expect_done(
        here,
        &format!("{transfer} --attack tgsm --eps 0.1,0.2 --count 64 --json -"),
    );
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["transfer"].as_array().unwrap().len(), 2 * 2 * 2);
    let run = expect_done(here, &format!("{transfer} --attack tgsm --eps 0.2 --count 64"));
    assert!(run.stdout.contains("crafted on"), "{}", run.stdout);
    let run = expect_done(here, &format!("{transfer} --attack jsma --gamma 0.05 --count 8"));
    assert!(run.stdout.contains("Accuracy at theta 1"), "{}", run.stdout);
}

fn check_arrays(path: &Path, accuracy: f64) {
    let mut file = NpzArchive::open(path).unwrap();
    let mut images = |name: &str| {
        let array = file.by_name(name).unwrap().unwrap();
        assert_eq!(array.shape(), [300, 1, 28, 28]);
        array.into_vec::<f32>().unwrap()
    };
    let (examples, originals) = (images("examples"), images("originals"));
    for (a, b) in examples.iter().zip(&originals) {
        assert!((0.0..=1.0).contains(a) && (a - b).abs() <= 0.3 + 1e-6);
    }
    let mut integers = |name: &str| file.by_name(name).unwrap().unwrap().into_vec::<i64>().unwrap();
    let (index, label, prediction) = (integers("index"), integers("label"), integers("prediction"));
    assert!(index.len() == 300 && index.is_sorted_by(|a, b| a < b), "{index:?}");
    // Each of the ten digits has its share.
    assert!((0..10).all(|digit| label.iter().filter(|&&label| label == digit).count() > 20));
    let success = file.by_name("success").unwrap().unwrap().into_vec::<bool>().unwrap();
    let wrong: Vec<bool> = label.iter().zip(&prediction).map(|(l, p)| l != p).collect();
    assert_eq!(success, wrong);
    let right = wrong.iter().filter(|&&wrong| !wrong).count();
    assert!((right as f64 / 300.0 - accuracy).abs() < 1e-9);
}

fn check_arrays_in_numpy(path: &Path) {
    let name = std::env::var("DOUBLEBACK_PYTHON").unwrap_or_else(|_| "python3".into());
    let python = |script: &str| Command::new(&name).args(["-c", script]).arg(path).output();
    if !python("import numpy").is_ok_and(|output| output.status.success()) {
        return skipped("arrays in NumPy", "needs Python with NumPy (DOUBLEBACK_PYTHON)");
    }
    let script = "import sys, numpy as np
a = np.load(sys.argv[1])
assert sorted(a.files) == ['examples', 'index', 'label', 'originals', 'prediction', 'success'], a.files
assert a['examples'].dtype == a['originals'].dtype == np.float32 and a['examples'].shape == (300, 1, 28, 28)
assert a['index'].dtype == a['label'].dtype == a['prediction'].dtype == np.int64 and a['success'].dtype == bool
assert ((a['label'] != a['prediction']) == a['success']).all()
assert abs(a['examples'] - a['originals']).max() <= 0.3 + 1e-6";
    let output = python(script).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const LONG: &str = "train --dataset mnist-mini --defense doubleback --steps 30 --batch 32 --checkpoint-every 0";

#[test]
fn a_killed_training_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let started = Instant::now();
    expect_done(here, &format!("{LONG} --out whole.safetensors"));
    let whole = started.elapsed();

    let args = format!("{LONG} --out killed.safetensors");
    let args: Vec<&str> = args.split(' ').collect();
    let mut kills = Vec::new();
    for _ in 0..2 {
        // Any instant of the training.
        let random = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .subsec_nanos()
            % 997;
        let after = whole.mul_f64(0.6 * f64::from(random) / 997.0);
        let mut child = command(here, &args)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
        kills.push(after);
    }
    expect_done(here, &args.join(" "));
    let bytes = |name: &str| std::fs::read(here.join(name)).unwrap();
    assert!(
        bytes("whole.safetensors") == bytes("killed.safetensors"),
        "killed after {kills:?}"
    );
    assert_eq!(files(here), ["killed.safetensors", "whole.safetensors"]);
}

#[test]
fn an_attack_that_cannot_move_images_says_so_loudly() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    let device = test_device();
    let mut network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &device).unwrap();
    network.set("logits.weight", Tensor::zeros([10_240], &device)).unwrap();
    save(&network, &ModelCard::new(), &here.join("blind.safetensors")).unwrap();

    let attack = "attack --dataset mnist-mini --attack fgsm --eps 0.1 --count 8 --model blind.safetensors";
    let run = expect_done(here, attack);
    let warning = "WARNING: 8 of 8 images had an exactly zero gradient: the attack had no direction for them.";
    let words: Vec<&str> = run.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains(warning), "{}", run.stdout);
    let run = expect_done(here, &format!("{attack} --json"));
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&json["zero_gradient_images"], &json["results"][0]["mean_l0"]),
        (&8.into(), &0.0.into())
    );
    let transfer = attack
        .replace("attack --dataset", "transfer --dataset")
        .replace("--model ", "--models ");
    let run = expect_done(here, &transfer);
    assert!(run.stdout.contains("WARNING: 8 of 8 images"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let words = "train --quiet --dataset mnist-mini --defense normal --steps 100000 --batch 32 --checkpoint-every 0 --out a.safetensors";
    let args: Vec<&str> = words.split(' ').collect();
    for signal in ["-INT", "-TERM"] {
        let child = command(here, &args)
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let checkpoint = here.join("a.work/normal.checkpoint.safetensors");
        let started = Instant::now();
        while !checkpoint.exists() && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(300));
        Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        let run: support::Run = child.wait_with_output().unwrap().into();
        assert_eq!(run.status, 130, "{}", run.stderr);
        assert_eq!(
            run.stderr,
            "error: interrupted. What was done is kept: run the same command again to go on\n"
        );
        assert!(checkpoint.exists());
    }
    let other = doubleback(here, &words.replace("--batch 32", "--batch 16"));
    assert_eq!(other.status, 2);
    assert!(
        other
            .stderr
            .contains("is a checkpoint of a training with other options"),
        "{}",
        other.stderr
    );
}

#[test]
fn pictures_of_data_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    expect_done(
        folder.path(),
        "data show mnist-mini --part validation --per-class 3 --out new/digits.png",
    );
    let png = std::fs::read(folder.path().join("new/digits.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}
