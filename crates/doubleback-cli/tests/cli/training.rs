//! Models are trained, attacked and compared; an interrupted training ends with the same bytes.

use crate::support;

use doubleback_test_device::test_device;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use burn::tensor::Tensor;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{ModelCard, Module, Network, Pool, load, paper_cnn, save};
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
        [
            "doubleback.safetensors",
            "doubleback.state",
            "normal.safetensors",
            "normal.state"
        ]
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
assert sorted(a.files) == ['classes', 'examples', 'index', 'label', 'originals', 'prediction', 'prediction_8bit', 'success'], a.files
assert a['classes'].tolist() == list('0123456789') and a['prediction_8bit'].dtype == np.int64
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
    let names = ["killed.safetensors", "killed.state", "whole.safetensors", "whole.state"];
    assert_eq!(files(here), names);
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
        let written = || std::fs::metadata(&checkpoint).and_then(|found| found.modified()).ok();
        let (before, started) = (written(), Instant::now());
        while written() == before && started.elapsed() < Duration::from_secs(300) {
            std::thread::sleep(Duration::from_millis(50));
        }
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
    let other = doubleback(here, &words.replace("--batch 32", "--batch 16 --learning-rate 0.02"));
    assert_eq!(other.status, 2);
    let differs = "is a checkpoint of a training with other options: batch 32 there, 16 here; learning-rate 0.001 there, 0.02 here. Give";
    assert!(other.stderr.contains(differs), "{}", other.stderr);
    let fewer = doubleback(here, &words.replace("100000", "1"));
    assert_eq!(fewer.status, 2);
    assert!(
        fewer.stderr.contains("more than the 1 that are wanted. Give at least"),
        "{}",
        fewer.stderr
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_training_writes_no_json() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("a.json"), "[\"before\"]").unwrap();
    let words = "train --quiet --dataset mnist-mini --defense normal --steps 100000 --batch 32 --checkpoint-every 0 --out a.safetensors";
    for json in ["--json", "--json a.json"] {
        let words = format!("{words} {json}");
        let args: Vec<&str> = words.split(' ').collect();
        let child = command(here, &args)
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let checkpoint = here.join("a.work/normal.checkpoint.safetensors");
        let started = Instant::now();
        while !checkpoint.exists() && started.elapsed() < Duration::from_secs(300) {
            std::thread::sleep(Duration::from_millis(50));
        }
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        let run: support::Run = child.wait_with_output().unwrap().into();
        assert_eq!((run.status, run.stdout.as_str()), (130, ""), "{}", run.stderr);
        std::fs::remove_dir_all(here.join("a.work")).unwrap();
    }
    assert_eq!(std::fs::read_to_string(here.join("a.json")).unwrap(), "[\"before\"]");
    assert_eq!(files(here), ["a.json"]);
}

#[test]
fn more_steps_go_on_and_other_models_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let train = |steps: usize, rest: &str| {
        let words = format!("train --dataset mnist-mini --defense normal --batch 32 --steps {steps} {rest}");
        doubleback(here, &words)
    };
    let bytes = |name: &str| std::fs::read(here.join(name)).unwrap();
    for (steps, out) in [(5, "parts"), (8, "parts"), (8, "whole")] {
        let run = train(steps, &format!("--out {out}.safetensors"));
        assert_eq!(
            (run.status, run.stdout.contains("Set aside")),
            (0, false),
            "{}",
            run.stderr
        );
    }
    assert!(bytes("parts.safetensors") == bytes("whole.safetensors"));
    let fewer = train(7, "--out parts.safetensors");
    assert_eq!(fewer.status, 2);
    assert_eq!(
        fewer.stderr,
        "error: parts.state: this training has made 8 steps, more than the 7 that are wanted. Give at least 8 steps, or another output\n"
    );
    let run = train(8, "--learning-rate 0.5 --out parts.safetensors --json out.json");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let other = "of another training: learning_rate is 0.001, not 0.5";
    assert!(run.stderr.contains(other), "{}", run.stderr);
    let kept = "Set aside, what was there: parts.safetensors.1";
    assert!(run.stdout.contains(kept), "{}", run.stdout);
    let json: serde_json::Value = serde_json::from_slice(&bytes("out.json")).unwrap();
    assert_eq!(json["set_aside"], "parts.safetensors.1");
    assert!(bytes("parts.safetensors.1") == bytes("whole.safetensors"));
    let names = [
        "out.json",
        "parts.safetensors",
        "parts.safetensors.1",
        "parts.state",
        "parts.state.1",
    ];
    assert_eq!(files(here)[..5], names);
}

#[test]
fn class_weights_stand_in_every_output() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let train = "train --dataset mnist-mini --defense doubleback --batch 32 --steps 2";
    let weights = "--class-weights 3=2.5,7=0.5";
    let run = expect_done(here, &format!("{train} {weights} --out a.safetensors --json a.json"));
    let line = "class weights  0 1.000, 1 1.000, 2 1.000, 3 2.500";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(here.join("a.json")).unwrap()).unwrap();
    let expected = serde_json::json!([1.0, 1.0, 1.0, 2.5, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0]);
    assert_eq!((&json["class_weights"], &json["classes"][3]), (&expected, &"3".into()));
    let (_, card) = load(&here.join("a.safetensors"), &test_device()).unwrap();
    assert_eq!(card["class_weights"], "1,1,1,2.5,1,1,1,0.5,1,1");
    assert_eq!(
        (card["training_images"].as_str(), card["seed"].as_str()),
        ("10000", "0")
    );
    // None leaves every bit, and says nothing.
    for (name, none) in [("plain", ""), ("none", "--class-weights none")] {
        let run = expect_done(here, &format!("{train} {none} --out {name}.safetensors"));
        assert!(!run.stdout.contains("class weights"), "{}", run.stdout);
    }
    let bytes = |name: &str| std::fs::read(here.join(name)).unwrap();
    assert!(bytes("plain.safetensors") == bytes("none.safetensors"));
    for (wrong, says) in [
        ("1,2", "class weights: 2 is not 10, one for each class of mnist-mini"),
        ("eleven=2", "unknown class `eleven`"),
        ("0=0", "class weight: 0 is not a positive number, as `0` needs one"),
        ("heavy", "class weights: heavy is not `none`, `balanced`"),
    ] {
        let run = doubleback(here, &format!("{train} --class-weights {wrong} --out b.safetensors"));
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}

#[test]
fn options_of_the_optimizer_stand_in_every_output() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let train = "train --dataset mnist-mini --arch small-cnn --defense normal --batch 16 --steps 3";
    let options = "--optimizer sgd --momentum 0.9 --nesterov --weight-decay 5e-4 --schedule cosine --warmup 1 --crop 2 --flip \
         --label-smoothing 0.1 --average 0.9 --clip-norm 1 --accumulate 2";
    let run = expect_done(here, &format!("{train} {options} --out a.safetensors --json a.json"));
    assert!(
        run.stdout.contains("  schedule       cosine over 3 steps\n"),
        "{}",
        run.stdout
    );
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(here.join("a.json")).unwrap()).unwrap();
    let expected = serde_json::json!([
        "sgd",
        0.1,
        0.9,
        true,
        0.0005,
        "cosine over 3 steps",
        1,
        2,
        true,
        0.1,
        0.9,
        1,
        2
    ]);
    let names = [
        "optimizer",
        "learning_rate",
        "momentum",
        "nesterov",
        "weight_decay",
        "schedule",
        "warmup",
        "crop",
        "flip",
        "label_smoothing",
        "average",
        "clip_norm",
        "accumulate",
    ];
    let found: Vec<&serde_json::Value> = names.iter().map(|name| &json[name]).collect();
    assert_eq!(serde_json::json!(found), expected);
    let (_, card) = load(&here.join("a.safetensors"), &test_device()).unwrap();
    assert_eq!((card["optimizer"].as_str(), card["average"].as_str()), ("sgd", "0.9"));
    for (wrong, says) in [
        (
            "--weight-decay 0.1",
            "weight decay: 0.1 is not for `adam`, whose moments would rescale it. Leave it out, or choose `adamw`",
        ),
        (
            "--momentum 0.9",
            "momentum: 0.9 is not for `adam`, which has its own. Leave it out, or choose `sgd`",
        ),
        (
            "--schedule one-cycle --warmup 2",
            "warm-up: 2 is not for the schedule `one-cycle`",
        ),
        ("--crop 28", "crop: 28 is not below 28, the smaller side of an image"),
        ("--average 1", "decay of the average: 1 is not above 0 and below 1"),
    ] {
        let run = doubleback(here, &format!("{train} {wrong} --out b.safetensors"));
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}

#[test]
fn a_training_begins_with_a_model_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let train = "train --dataset mnist-mini --batch 32";
    let from = "--from begun.safetensors --out tuned.safetensors";
    expect_done(
        here,
        &format!("{train} --defense normal --arch resnet-small --steps 2 --out begun.safetensors"),
    );
    let before = std::fs::read(here.join("begun.safetensors")).unwrap();
    let options = "--steps 2 --freeze conv1,block1 --layer-rate block2=0.5 --json tuned.json";
    let run = expect_done(here, &format!("{train} --defense doubleback {from} {options}"));
    assert!(
        run.stdout.contains("began with     begun.safetensors"),
        "{}",
        run.stdout
    );
    assert_eq!(std::fs::read(here.join("begun.safetensors")).unwrap(), before);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(here.join("tuned.json")).unwrap()).unwrap();
    assert_eq!(json["from"]["model"], "begun.safetensors");
    assert_eq!(
        (&json["architecture"], &json["freeze"]),
        (&"resnet-small".into(), &"conv1,block1".into())
    );
    let network = |name: &str| load(&here.join(name), &test_device()).unwrap();
    let ((begun, _), (tuned, card)) = (network("begun.safetensors"), network("tuned.safetensors"));
    assert_eq!(
        (card["from"].as_str(), card["freeze"].as_str()),
        ("begun.safetensors", "conv1,block1")
    );
    for (one, other) in begun.tensors().zip(tuned.tensors()) {
        let of = |tensor: &doubleback::nn::Parameter| doubleback::nn::to_vec(tensor.value().clone()).unwrap();
        let frozen = one.name().starts_with("conv1.") || one.name().starts_with("block1.");
        assert_eq!(of(one) == of(other), frozen, "{}", one.name());
    }

    let refused = |options: &str| {
        let run = doubleback(here, &format!("{train} --defense normal --steps 1 {options}"));
        assert_eq!(run.status, 2, "{options}: {}", run.stderr);
        assert_eq!(run.stderr.trim_end().lines().count(), 1, "{}", run.stderr);
        run.stderr
    };
    for (options, problem) in [
        (format!("{from} --pool avg"), "says its layers itself"),
        (format!("{from} --freeze nothing"), "unknown layer `nothing`"),
        (
            "--normalize mnist --out x.safetensors".to_owned(),
            "give `--from MODEL`",
        ),
        (
            "--from begun.safetensors --out begun.safetensors".to_owned(),
            "begun.safetensors",
        ),
    ] {
        let message = refused(&options);
        assert!(message.contains(problem), "{options}: {message}");
    }
}

#[test]
fn a_training_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let train = "train --dataset mnist-mini --out a.safetensors";
    for (rest, says) in [
        (
            "--defense doubleback --batch 16 --steps 50 --lambda 1e38 --learning-rate 1e30",
            "the training loss became",
        ),
        (
            "--defense normal --batch 1 --steps 2",
            "layer `dense1.norm`: batches of one image",
        ),
    ] {
        let run = doubleback(here, &format!("{train} {rest}"));
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
        assert!(files(here).is_empty(), "{:?}", files(here));
    }
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
