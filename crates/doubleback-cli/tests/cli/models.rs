//! Commands that take a model ask whether it is sound and belongs to the data, and say what they made of it.

use crate::support;

use std::path::Path;

use doubleback::data::{Bounds, ImageShape};
use doubleback::device::DeviceName;
use doubleback::nn::{ModelCard, Network, Pool, card, paper_cnn, save};
use support::{doubleback, expect_done, files};

/// Images of 8 x 8 pixels, of each class so many, each class of its own gray.
fn folder(path: &Path, classes: &[&str], images: u8) {
    for (place, class) in classes.iter().enumerate() {
        std::fs::create_dir_all(path.join(class)).unwrap();
        for image in 0..images {
            let picture = image::GrayImage::from_fn(8, 8, |x, y| {
                image::Luma([(40 * place) as u8 + image * 3 + (x * y) as u8])
            });
            picture.save(path.join(class).join(format!("{image:02}.png"))).unwrap();
        }
    }
}

/// A network without training, whose file names these classes.
fn model(path: &Path, classes: &[&str], seed: u64) {
    let shape = ImageShape {
        channels: 1,
        height: 8,
        width: 8,
    };
    let device = DeviceName::Cpu.open().unwrap();
    let network = Network::new(paper_cnn(shape, Bounds::UNIT, 3, Pool::Max), seed, &device).unwrap();
    let mut of_model = ModelCard::new();
    if !classes.is_empty() {
        let classes: Vec<String> = classes.iter().map(ToString::to_string).collect();
        card::set_classes(&mut of_model, &classes);
    }
    save(&network, &of_model, path).unwrap();
}

/// The commands that evaluate a model on a data set.
fn commands(model: &str, dataset: &str) -> [String; 4] {
    [
        format!("attack --model {model} --dataset {dataset} --attack fgsm --eps 0.1"),
        format!("transfer --models {model},other.safetensors --dataset {dataset} --attack fgsm --eps 0.1"),
        format!(
            "diagnose --model {model} --oracle other.safetensors --dataset {dataset} --attack fgsm --eps 0.1 --out d"
        ),
        format!("bench attack --model {model} --dataset {dataset} --batch 2 --runs 1 --only fgsm"),
    ]
}

/// Ends with status 2 and this in one line, and writes nothing.
fn refused(here: &Path, words: &str, expected: &str) {
    let before = files(here);
    let run = doubleback(here, words);
    assert_eq!(run.status, 2, "{words}\n{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(expected), "{words}\n{}", run.stderr);
    assert_eq!(run.stdout, "", "{words}");
    assert_eq!(files(here), before, "{words}");
}

#[test]
fn models_that_are_not_sound_or_of_other_classes_are_refused_by_every_command() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let here = folder_of_test.path();
    folder(&here.join("abc"), &["a", "b", "c"], 12);
    folder(&here.join("xyz"), &["x1", "x2", "x3"], 12);
    model(&here.join("other.safetensors"), &["a", "b", "c"], 2);
    model(&here.join("m.safetensors"), &["a", "b", "c"], 1);
    let mut bytes = std::fs::read(here.join("m.safetensors")).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(here.join("nan.safetensors"), bytes).unwrap();
    for words in commands("nan.safetensors", "folder:abc") {
        refused(here, &words, "values is not finite (NaN or infinite)");
    }
    for words in commands("m.safetensors", "folder:xyz") {
        refused(
            here,
            &words,
            "folder:xyz lacks `a`, `b`, `c` and has `x1`, `x2`, `x3` instead",
        );
    }
}

#[test]
fn other_orders_and_other_floats_are_read_and_said() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let here = folder_of_test.path();
    folder(&here.join("abc"), &["a", "b", "c"], 12);
    model(&here.join("m.safetensors"), &["a", "b", "c"], 1);
    model(&here.join("turned.safetensors"), &["c", "a", "b"], 1);
    model(&here.join("silent.safetensors"), &[], 1);
    let attack = |model: &str| expect_done(here, &commands(model, "folder:abc")[0]);
    assert_eq!(attack("m.safetensors").stderr.matches("WARN").count(), 0);
    let turned = attack("turned.safetensors");
    assert!(
        turned.stderr.contains(
            "folder:abc has its classes in another order (`a`, `b`, `c`) than turned.safetensors (`c`, `a`, `b`)"
        ),
        "{}",
        turned.stderr
    );
    let silent = attack("silent.safetensors");
    assert!(
        silent.stderr.contains("silent.safetensors does not say its classes"),
        "{}",
        silent.stderr
    );
    refused(
        here,
        "transfer --models m.safetensors,turned.safetensors --dataset folder:abc --attack fgsm --eps 0.1",
        "the same logit means another class",
    );
}
