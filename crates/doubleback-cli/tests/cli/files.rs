//! No output replaces an input, another output, or a file that was not made here; nothing is written among images.

use crate::support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doubleback::data::{Bounds, ImageShape};
use doubleback::device::DeviceName;
use doubleback::nn::{ModelCard, Network, Pool, paper_cnn, save};
use support::{doubleback, expect_done, fake_mnist};

fn write_model(path: &Path) {
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    let device = DeviceName::Cpu.open().unwrap();
    let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &device).unwrap();
    save(&network, &ModelCard::new(), path).unwrap();
}

/// Two classes of a few pictures.
fn write_pictures(folder: &Path) {
    for (class, first) in [("no", 0), ("yes", 100)] {
        std::fs::create_dir_all(folder.join(class)).unwrap();
        for image in 0..12 {
            let picture = image::GrayImage::from_pixel(28, 28, image::Luma([first + image]));
            picture.save(folder.join(class).join(format!("{image}.png"))).unwrap();
        }
    }
}

/// Every file below a folder with its content.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(tree(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn outputs_that_would_replace_something_are_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for model in ["a.safetensors", "b.safetensors", "run/models/a.safetensors"] {
        std::fs::create_dir_all(here.join(model).parent().unwrap()).unwrap();
        write_model(&here.join(model));
    }
    write_pictures(&here.join("pictures"));
    fake_mnist(&here.join("dd"), 12, 12);
    std::fs::write(here.join("notes.txt"), "mine").unwrap();
    std::fs::write(here.join("mine.npz"), "no array").unwrap();
    std::fs::write(here.join("mine.safetensors"), "an earlier model").unwrap();
    let plan = "datasets = [\"folder:pictures\"]\nsteps = 1\n";
    std::fs::write(here.join("plan.toml"), plan).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("a.safetensors", here.join("link.json")).unwrap();
        std::fs::hard_link(here.join("a.safetensors"), here.join("hard.json")).unwrap();
    }
    let before = tree(here);

    let attack = "attack --model a.safetensors --dataset mnist-mini --attack fgsm --eps 0.1";
    let transfer = "transfer --models a.safetensors,b.safetensors --dataset mnist-mini --attack fgsm --eps 0.1";
    let diagnose = "diagnose --model a.safetensors --dataset mnist-mini --attack fgsm";
    let train = "train --dataset mnist-mini --defense normal --steps 1 --batch 2 --out new.safetensors";
    let pictures = "--dataset folder:pictures --defense normal --steps 1 --batch 2";
    let mut cases = vec![
        format!("{attack} --json a.safetensors"),
        format!("{attack} --json ./pictures/../a.safetensors"),
        format!("{attack} --json b.safetensors"),
        format!("{attack} --json notes.txt"),
        format!("{attack} --out mine-eps.npz --json mine-eps-eps0.1.npz"),
        format!("{transfer} --json b.safetensors"),
        format!("{attack} --out ex.npz --json ex.npz.work"),
        format!("{train} --json new.safetensors"),
        format!("{train} --json NEW.safetensors"),
        format!("{train} --json new.work"),
        "train --dataset mnist-mini --defense normal --steps 1 --out mine.safetensors".into(),
        format!("train {pictures} --out pictures/new.safetensors"),
        format!("train {pictures} --out pictures/no/new.safetensors"),
        format!("train {pictures} --out new.safetensors --json pictures/curve.json"),
        format!("{diagnose} --out a.safetensors"),
        "diagnose --model run/models/a.safetensors --dataset mnist-mini --attack fgsm --out run".into(),
        format!("{diagnose} --oracle run/models/a.safetensors --out run"),
        "reproduce --dataset folder:pictures --out pictures".into(),
        "reproduce --dataset folder:pictures --out pictures/run".into(),
        "reproduce --dataset folder:pictures --out .".into(),
        "reproduce --dataset mnist --data-dir dd --out dd/mnist/run".into(),
        "pooling --dataset folder:pictures --out pictures/no/run".into(),
        "sweep plan.toml --json plan.toml".into(),
        "sweep plan.toml --out pictures/sweep".into(),
        "sweep plan.toml --out sweep --json sweep".into(),
        "sweep plan.toml --out sweep --json sweep/results.json".into(),
        "data show folder:pictures --out pictures/no/sheet.png".into(),
        "data show folder:pictures --out pictures/no/0.png".into(),
        "data show mnist --data-dir dd --out dd/mnist/sheet.png".into(),
    ];
    std::fs::write(here.join("notes.png"), "mine").unwrap();
    cases.push("data show folder:pictures --out notes.png".into());
    if cfg!(unix) {
        cases.push(format!("{attack} --json link.json"));
        cases.push(format!("{attack} --json hard.json"));
    }
    let before = {
        let mut before = before;
        before.insert(here.join("notes.png"), b"mine".to_vec());
        before
    };
    for words in &cases {
        let run = doubleback(here, words);
        assert_eq!(run.status, 2, "doubleback {words}\n{}{}", run.stdout, run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "doubleback {words}\n{}", run.stderr);
        assert!(run.stderr.starts_with("error: `"), "doubleback {words}\n{}", run.stderr);
        assert!(tree(here) == before, "doubleback {words} wrote something");
    }
    let run = doubleback(here, &cases[0]);
    assert_eq!(
        run.stderr,
        "error: `--json a.safetensors`: is what `--model a.safetensors` reads, and would be replaced. Give another path\n"
    );
}

#[test]
fn results_are_replaced_by_results_and_a_model_by_a_model_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let train = "train --dataset mnist-mini --defense normal --steps 1 --batch 8 --out a.safetensors --json a.json";
    let first = expect_done(here, train);
    assert!(!first.stderr.contains("is there already"), "{}", first.stderr);
    let second = expect_done(here, train);
    assert!(!second.stderr.contains("is there already"), "{}", second.stderr);
    let other = expect_done(here, &format!("{train} --seed 1"));
    let told =
        "a.safetensors: is there already, of another training: seed is 0, not 1. It will be kept under another name";
    assert!(other.stderr.contains(told), "{}", other.stderr);
    assert!(here.join("a.safetensors.1").is_file());
    expect_done(here, "data show mnist-mini --out a.png");
    expect_done(here, "data show mnist-mini --out a.png --per-class 2");
    let attack = "attack --model a.safetensors --dataset mnist-mini --attack fgsm --eps 8/255,0.5 --count 8";
    for _ in 0..2 {
        expect_done(here, &format!("{attack} --out a.npz --json a.json"));
    }
}
