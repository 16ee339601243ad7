//! What `explain` promises: arrays and pictures of every method, the classes and images that were asked for, and the same bytes whatever the internal batch.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use std::fs;
use std::path::Path;

use doubleback::data::{Bounds, ImageShape};
use doubleback::device::DeviceName;
use doubleback::explain::ExplainSpec;
use doubleback::nn::{ModelCard, Network, Pool, save, small_cnn};
use npyz::npz::NpzArchive;
use serde_json::Value;
use support::{expect_done, files};

fn write_model(folder: &Path) {
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    let device = DeviceName::Cpu.open().unwrap();
    let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &device).unwrap();
    save(&network, &ModelCard::new(), &folder.join("m.safetensors")).unwrap();
}

fn integers(path: &Path, name: &str) -> Vec<i64> {
    let mut file = NpzArchive::open(path).unwrap();
    file.by_name(name).unwrap().unwrap().into_vec().unwrap()
}

#[test]
fn every_method_gives_arrays_and_pictures_whatever_the_internal_batch() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(here);
    let methods = ExplainSpec::names();
    let words = |name: &str, more: &str| {
        format!(
            "explain --model m.safetensors --dataset mnist-mini --index 7,3 --method {} --draws 4 --masks 6 --background-images 3 --steps 4 --out {name}.npz \
             --json {name}.json {more}",
            methods.join(",")
        )
    };
    let run = expect_done(here, &words("a", "--png maps"));
    assert!(run.stdout.contains("Pictures: maps"), "{}", run.stdout);
    expect_done(here, &words("b", "--internal-batch 3"));
    let json: Value = serde_json::from_slice(&fs::read(here.join("a.json")).unwrap()).unwrap();
    assert_eq!(json["index"], serde_json::json!([3, 7]));
    assert_eq!(json["targets"], json["label"]);
    for (place, method) in methods.iter().enumerate() {
        let [a, b] = ["a", "b"].map(|name| here.join(format!("{name}-{method}.npz")));
        assert!(fs::read(&a).unwrap() == fs::read(&b).unwrap(), "{method}");
        assert_eq!(integers(&a, "index"), [3, 7]);
        let mut file = NpzArchive::open(&a).unwrap();
        // Grad-CAM's is as large as the last stage with more than one pixel.
        let side = if method.starts_with("grad-cam") { 4 } else { 28 };
        assert_eq!(
            file.by_name("attribution").unwrap().unwrap().shape(),
            [2, 1, side, side],
            "{method}"
        );
        assert_eq!(json["methods"][place]["method"], *method);
        let complete = ["integrated-gradients", "expected-gradients", "lrp"].contains(method);
        assert_eq!(file.by_name("gap").unwrap().is_some(), complete, "{method}");
        assert_eq!(json["methods"][place]["gap"].is_object(), complete, "{method}");
        for index in [3, 7] {
            let picture = image::open(here.join(format!("maps/{index:05}-{method}.png"))).unwrap();
            assert_eq!((picture.width(), picture.height()), (28, 28));
        }
    }
    assert_eq!(files(&here.join("maps")).len(), 2 * (methods.len() + 1));
}

#[test]
fn the_class_that_was_asked_for_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(here);
    let targets = |target: &str| {
        expect_done(
            here,
            &format!(
                "explain --model m.safetensors --dataset mnist-mini --count 12 --method gradient --target {target} --out {target}.npz"
            ),
        );
        integers(&here.join(format!("{target}.npz")), "target")
    };
    assert_eq!(targets("4"), [4; 12]);
    assert_eq!(targets("true"), integers(&here.join("true.npz"), "label"));
    expect_done(
        here,
        "predict --model m.safetensors --dataset mnist-mini --count 12 --out p.npz",
    );
    assert_eq!(targets("predicted"), integers(&here.join("p.npz"), "prediction"));
}
