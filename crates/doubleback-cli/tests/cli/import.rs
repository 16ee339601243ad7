//! Models of other programs are taken by every command as they are, and what was made of them is said.
//!
//! The models are made by `scripts/make-import-fixtures.py`: a small network as PyTorch exports it, with its weights in a file beside it
//! (`small.onnx`), the same with a softmax at its end (`softmax.onnx`), and what PyTorch says of four images.

use crate::support;

use std::path::Path;

use npyz::npz::NpzArchive;
use serde_json::Value;
use support::{doubleback, expect_done, files};

/// A folder with the models.
fn models() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import");
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn array(path: &Path, name: &str) -> Vec<f32> {
    let mut file = NpzArchive::open(path).unwrap();
    file.by_name(name).unwrap().unwrap().into_vec::<f32>().unwrap()
}

/// The largest difference as a share of the largest value.
fn apart(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, f32::max) / largest
}

#[test]
fn logits_and_gradients_are_those_of_pytorch() {
    let folder = models();
    let here = folder.path();
    for model in ["small.onnx", "softmax.onnx"] {
        expect_done(
            here,
            &format!("predict --model {model} --images images.npy --out p.npz --quiet"),
        );
        for (ours, theirs) in [("logits", "logits"), ("gradient", "gradient")] {
            let found = apart(
                &array(&here.join("p.npz"), ours),
                &array(&here.join("said.npz"), theirs),
            );
            assert!(found < 1e-4, "{model}: {ours} differ by {found}");
        }
    }
}

#[test]
fn every_command_takes_an_imported_model_and_says_what_was_made_of_it() {
    let folder = models();
    let here = folder.path();
    let attack = "attack --model softmax.onnx --dataset mnist-mini --attack fgsm --eps 8/255 --count 40 --json a.json";
    let run = expect_done(here, attack);
    assert!(run.stderr.contains("softmax.onnx: "), "{}", run.stderr);
    let import = &json(&here.join("a.json"))["import"];
    assert_eq!(import["format"], "onnx");
    assert!(import["producer"].as_str().unwrap().starts_with("pytorch"), "{import}");
    assert!(import["opset"].as_i64().unwrap() > 6, "{import}");
    assert!(!import["notes"].as_array().unwrap().is_empty(), "{import}");
    assert_eq!(import["files"][0]["file"], "softmax.onnx");
    assert_eq!(import["files"][0]["sha256"].as_str().unwrap().len(), 64);

    let transfer = "transfer --models small.onnx,softmax.onnx --dataset mnist-mini --attack fgsm --eps 0.1 --count 40 --json t.json";
    expect_done(here, transfer);
    let found = json(&here.join("t.json"));
    // The same network: with probabilities at its end, or without.
    assert_eq!(found["clean_accuracy"]["small"], found["clean_accuracy"]["softmax"]);
    let accuracies: Vec<&Value> = found["transfer"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| &cell["accuracy"])
        .collect();
    assert_eq!(accuracies.len(), 4);
    assert!(
        accuracies.iter().all(|accuracy| *accuracy == accuracies[0]),
        "{accuracies:?}"
    );
    let files: Vec<&Value> = found["import"]["small"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["file"])
        .collect();
    assert_eq!(files, ["small.onnx", "small.onnx.data"]);

    expect_done(
        here,
        "predict --model small.onnx --dataset mnist-mini --count 40 --json p.json",
    );
    let predicted = json(&here.join("p.json"));
    assert_eq!(predicted["accuracy"], found["clean_accuracy"]["small"]);
    assert_eq!(
        predicted["predictions"][0]["probabilities"].as_array().unwrap().len(),
        5
    );
    expect_done(here, "bench attack --model small.onnx --batch 2 --runs 1 --only fgsm");
    expect_done(
        here,
        "bench attack --model small.onnx --dataset mnist-mini --batch 2 --count 5 --runs 1 --only fgsm",
    );
    for step in ["input_gradient --inference", "double"] {
        expect_done(
            here,
            &format!("bench step --model small.onnx --batch 2 --runs 1 --only {step}"),
        );
    }
    let kernels = expect_done(here, "bench kernels --model small.onnx --batch 2 --runs 1");
    for kernel in ["peaks", "forward_on_tape", "weight_grad"] {
        assert!(kernels.stdout.contains(kernel), "{}", kernels.stdout);
    }
}

#[test]
fn a_model_is_shown_in_lines_that_fit() {
    let folder = models();
    let here = folder.path();
    let run = expect_done(here, "inspect small.onnx");
    assert!(
        run.stdout.lines().all(|line| line.chars().count() <= 100),
        "{}",
        run.stdout
    );
    for words in [
        "1 x 28 x 28, values from 0 to 1",
        "opset",
        "pytorch",
        "conv2d",
        "dense",
        "Latents: input",
        "small.onnx.data",
    ] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    expect_done(here, "inspect small.onnx --json i.json");
    let found = json(&here.join("i.json"));
    // The batch norm is part of the first convolution.
    assert_eq!(found["parameters"], 4 * 9 + 4 + 8 * 4 * 9 + 8 + 80 + 10);
    assert_eq!(found["multiply_adds"], 14 * 14 * 4 * 9 + 7 * 7 * 8 * 4 * 9 + 80);
    assert_eq!(found["flops"], 2 * found["multiply_adds"].as_u64().unwrap());
    let normalized = expect_done(here, "inspect small.onnx --normalize mnist --bounds 0,0.5");
    assert!(
        normalized.stdout.contains("mean 0.1307; deviation 0.3081"),
        "{}",
        normalized.stdout
    );
    assert!(
        normalized.stdout.contains("values from 0 to 0.5"),
        "{}",
        normalized.stdout
    );
}

#[test]
fn all_that_is_in_the_way_is_listed() {
    let folder = models();
    let here = folder.path();
    let run = doubleback(here, "inspect unsupported.onnx --json u.json");
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    for words in ["Det", "Unique", "20"] {
        assert!(run.stdout.contains(words), "{}", run.stdout);
    }
    let found = json(&here.join("u.json"));
    let operators: Vec<&Value> = found["unsupported"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["operator"])
        .collect();
    assert_eq!(operators, ["Det", "Unique"]);
    let refused = doubleback(
        here,
        "attack --model unsupported.onnx --dataset mnist-mini --attack fgsm --eps 0.1",
    );
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = models();
    let here = folder.path();
    expect_done(
        here,
        "train --dataset mnist-mini --defense normal --steps 1 --batch 8 --out ours.safetensors",
    );
    let before = files(here);
    for (words, expected) in [
        (
            "predict --model small.onnx --images images.npy --json small.onnx.data",
            "is what ",
        ),
        (
            "predict --model small.onnx --images images.npy --out small.onnx.npz --json small.onnx",
            "is what ",
        ),
        (
            "predict --model ours.safetensors --images images.npy --normalize mnist",
            "Leave out `--normalize`",
        ),
        (
            "predict --model small.onnx --images images.npy --normalize imagenet",
            "3 channels, and images have 1",
        ),
        (
            "predict --model small.onnx --images images.npy --normalize imagnet",
            "Did you mean `imagenet`",
        ),
        (
            "predict --model small.onnx --images images.npy --bounds 1,0",
            "the lower first",
        ),
        ("predict --model small.onnx --images nowhere.npy", "nowhere.npy"),
        (
            "predict --model small.onnx --images said.npz",
            "said.npz: it is no `.npy` file",
        ),
        ("predict --model small.onnx", "--dataset"),
        (
            "predict --model small.onnx --images images.npy --gradient margin",
            "--out",
        ),
        (
            "predict --model small.onnx --dataset mnist-mini --output nothing",
            "nothing",
        ),
        (
            "bench attack --normalize mnist --runs 1 --batch 2",
            "`--normalize` is for a model",
        ),
    ] {
        let run = doubleback(here, words);
        assert_eq!(run.status, 2, "{words}\n{}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(expected), "{words}\n{}", run.stderr);
        assert_eq!(run.stdout, "", "{words}");
        assert_eq!(files(here), before, "{words}");
    }
    // One of two models is ours, and the options are for the other.
    expect_done(
        here,
        "transfer --models ours.safetensors,small.onnx --normalize mnist --dataset mnist-mini --attack fgsm --eps 0.1 --count 8",
    );
}

#[test]
fn pictures_without_labels_are_named_by_their_files() {
    let folder = models();
    let here = folder.path();
    std::fs::create_dir(here.join("photos")).unwrap();
    for (name, side) in [("b.png", 40), ("a.png", 60)] {
        let picture = image::GrayImage::from_fn(side, side, |x, y| image::Luma([(x * y) as u8]));
        picture.save(here.join("photos").join(name)).unwrap();
    }
    let names: Vec<String> = (0..10).map(|class| format!("class number {class}")).collect();
    std::fs::write(here.join("names.txt"), names.join("\n")).unwrap();
    let predict = "predict --model small.onnx --images photos --class-names names.txt";
    let refused = doubleback(here, predict);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("--image-size 60x60"), "{}", refused.stderr);
    let run = expect_done(here, &format!("{predict} --preprocess resize=32,crop=28 --json p.json"));
    assert!(
        run.stdout.contains("a.png") && run.stdout.contains("class number "),
        "{}",
        run.stdout
    );
    let found = json(&here.join("p.json"));
    assert_eq!(found["predictions"][0]["file"], "a.png");
    assert_eq!(found["classes"][9], "class number 9");
    assert_eq!(found["accuracy"], Value::Null);
    let small = doubleback(here, &format!("{predict} --image-size 8x8"));
    assert!(
        small.stderr.contains("--preprocess resize=28,crop=28x28") || small.status == 2,
        "{}",
        small.stderr
    );
}

#[test]
fn an_imported_model_is_given_back() {
    let folder = models();
    let here = folder.path();
    let run = expect_done(here, "export small.onnx --out back.onnx --json e.json");
    assert!(run.stdout.contains("back.onnx: an ONNX model"), "{}", run.stdout);
    let told = json(&here.join("e.json"));
    assert_eq!(told["format"], "onnx");
    assert_eq!(told["import"]["format"], "onnx");
    expect_done(
        here,
        "predict --model back.onnx --images images.npy --out b.npz --quiet",
    );
    let found = apart(
        &array(&here.join("b.npz"), "logits"),
        &array(&here.join("said.npz"), "logits"),
    );
    assert!(found < 1e-4, "{found}");

    expect_done(here, "export small.onnx --out weights.pt --json e.json");
    let tensors = json(&here.join("e.json"))["tensors"].as_array().unwrap().clone();
    assert!(
        tensors
            .iter()
            .any(|tensor| tensor["name"].as_str().unwrap().ends_with(".weight"))
    );
    // Into itself: the same again.
    let run = expect_done(here, "export small.onnx --out filled.safetensors --into weights.pt");
    let words = format!("a state dict of {} tensors", tensors.len());
    assert!(run.stdout.contains(&words), "{}", run.stdout);
}

#[test]
fn what_an_export_has_no_use_for_is_refused() {
    let folder = models();
    let here = folder.path();
    for (words, said) in [
        ("export small.onnx --out x.bin", "the ending says what is written"),
        (
            "export small.onnx --out x.onnx --names layers",
            "`--names`: it is of state dicts",
        ),
        (
            "export small.onnx --out x.onnx --into small.onnx",
            "`--into`: it is of state dicts",
        ),
        (
            "export small.onnx --out x.pt --batch 2",
            "`--batch`: a state dict has no batch",
        ),
        ("export small.onnx --out small.onnx", "would be replaced"),
        (
            "export small.onnx --out images.npy.onnx --into images.npy --quiet",
            "`--into`",
        ),
    ] {
        let run = doubleback(here, words);
        assert_eq!(run.status, 2, "{words}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{words}: {}", run.stderr);
    }
    assert!(!here.join("x.onnx").exists() && !here.join("x.pt").exists());
}
