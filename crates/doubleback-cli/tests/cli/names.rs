//! Classes and models go by the names that users know, in what is asked and in what is answered; sizes may be fractions; text fits a terminal.

use crate::support;

use std::path::Path;

use serde_json::Value;
use support::{doubleback, expect_done, files};

/// Classes 0 to 11, a few pictures each, of which a text-sorted list is 0, 1, 10, 11, 2, …
fn write_numbers(folder: &Path) {
    for class in 0..12_u8 {
        let class_folder = folder.join(class.to_string());
        std::fs::create_dir_all(&class_folder).unwrap();
        for image in 0..6 {
            let picture = image::GrayImage::from_pixel(12, 12, image::Luma([20 * class + image]));
            picture.save(class_folder.join(format!("{image}.png"))).unwrap();
        }
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn within_a_terminal(text: &str) {
    let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn a_target_is_a_class_by_its_name_and_the_answer_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_numbers(&here.join("num"));
    expect_done(
        here,
        "train --dataset folder:num --defense normal --steps 2 --batch 8 --out num.safetensors",
    );
    let attack = "attack --model num.safetensors --dataset folder:num --attack tgsm --json a.json";
    let run = expect_done(here, &format!("{attack} --eps 8/255,0.2 --target 2 --out ex.npz"));
    within_a_terminal(&run.stdout);
    let found = json(&here.join("a.json"));
    let index = found["target"]["index"].as_u64().unwrap();
    assert_eq!(found["target"]["class"], "2");
    assert_eq!(found["classes"][usize::try_from(index).unwrap()], "2");
    assert_eq!(found["settings"]["target"], index);
    let label = if index == 2 {
        String::new()
    } else {
        format!(" (label {index})")
    };
    let first = format!("tgsm towards class 2{label} on num.safetensors");
    assert_eq!(run.stdout.lines().next(), Some(first.as_str()));
    // The number and the text that was given.
    assert_eq!(found["results"][0]["eps"], 8.0 / 255.0);
    assert_eq!(found["results"][0]["eps_given"], "8/255");
    assert_eq!(found["results"][1]["eps_given"], Value::Null);
    assert!(run.stdout.contains("\n  8/255  "), "{}", run.stdout);
    let here_now = files(here);
    for name in ["ex-eps0.03137.npz", "ex-eps0.2.npz"] {
        assert!(here_now.iter().any(|file| file == name), "{here_now:?}");
    }

    let unknown = doubleback(here, &format!("{attack} --eps 0.1 --target 12"));
    assert_eq!(unknown.status, 2);
    assert!(unknown.stderr.contains("unknown class `12`."), "{}", unknown.stderr);
    let next = expect_done(here, &format!("{attack} --eps 0.1"));
    assert!(next.stdout.starts_with("tgsm on num.safetensors\n"), "{}", next.stdout);
    assert_eq!(json(&here.join("a.json"))["target"], Value::Null);
}

#[test]
fn models_of_one_file_name_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (short, long) = ("max", "mnist-mini_doubleback_lambda-0.5_seed-0_and-so-on");
    for cell in [short, long, "avg"] {
        std::fs::create_dir_all(here.join("cells").join(cell)).unwrap();
        let out = format!("cells/{cell}/model.safetensors");
        expect_done(
            here,
            &format!("train --dataset mnist-mini --defense normal --steps 1 --batch 8 --out {out}"),
        );
    }
    let models = |names: &[String]| names.join(",");
    let file = |cell: &str| format!("cells/{cell}/model.safetensors");
    let transfer = "transfer --dataset mnist-mini --attack fgsm --eps 16/255 --count 8 --json t.json --models";
    let run = expect_done(
        here,
        &format!("{transfer} {}", models(&[file(short), file(long), file("avg")])),
    );
    within_a_terminal(&run.stdout);
    assert!(
        run.stdout.contains("max/model") && run.stdout.contains("Accuracy at eps 16/255"),
        "{}",
        run.stdout
    );
    let found = json(&here.join("t.json"));
    let names: Vec<&String> = found["models"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["avg/model", "max/model", &format!("{long}/model")]);
    assert_eq!(found["transfer"][0]["eps_given"], "16/255");

    let named = [format!("plain={}", file(short)), file("avg")];
    let run = expect_done(here, &format!("{transfer} {}", models(&named)));
    let header = run.stdout.lines().find(|line| line.contains("crafted on")).unwrap();
    assert_eq!(
        header.split_whitespace().collect::<Vec<_>>(),
        ["crafted", "on", "plain", "model"]
    );

    let twice = doubleback(
        here,
        &format!("{transfer} {}", models(&[file(short), format!("./{}", file(short))])),
    );
    assert_eq!(twice.status, 2);
    assert!(
        twice.stderr.contains("is given twice. Give each model once"),
        "{}",
        twice.stderr
    );
}

#[test]
fn lists_and_help_fit_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    within_a_terminal(&expect_done(folder.path(), "data list --data-dir data").stdout);
    within_a_terminal(&expect_done(folder.path(), "data duplicates mnist-mini").stdout);
}
