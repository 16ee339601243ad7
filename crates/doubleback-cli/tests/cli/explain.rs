//! What `explain` promises: arrays and pictures of every method and model, the classes and images that were asked for, the same bytes whatever the internal batch,
//! metrics with what they have no number of, and a page that needs nothing else.

use crate::support;

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
    write_model_of(folder, "m", 0);
}

fn write_model_of(folder: &Path, name: &str, seed: u64) {
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    let device = DeviceName::Cpu.open().unwrap();
    let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), seed, &device).unwrap();
    save(&network, &ModelCard::new(), &folder.join(format!("{name}.safetensors"))).unwrap();
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

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Metrics of all methods, also of those that have no map of the image's size, and what they have no number of.
#[test]
fn metrics_have_means_with_intervals_and_say_what_they_have_no_number_of() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(here);
    let words = |name: &str, more: &str| {
        format!(
            "explain --model m.safetensors --dataset mnist-mini --count 12 --method gradient,integrated-gradients,grad-cam --steps 4 --json {name}.json \
             --metric road,completeness,randomization,rank-agreement {more}"
        )
    };
    let run = expect_done(here, &words("a", ""));
    expect_done(here, &words("b", "--internal-batch 5"));
    let without_times = |path: &Path| {
        let mut json = json(path);
        for method in json["methods"].as_array_mut().unwrap() {
            method["seconds"] = Value::Null;
            for metric in method["metrics"].as_array_mut().unwrap() {
                metric["seconds"] = Value::Null;
            }
        }
        json
    };
    let found = without_times(&here.join("a.json"));
    assert_eq!(found, without_times(&here.join("b.json")));
    let metric = |method: usize, place: usize| &found["methods"][method]["metrics"][place];
    for method in 0..3 {
        for (place, name) in ["road", "completeness", "randomization", "rank-agreement"]
            .into_iter()
            .enumerate()
        {
            let metric = metric(method, place);
            assert_eq!(metric["metric"], name);
            let measured = name != "completeness" || method == 1;
            assert_eq!(metric["mean"].is_f64(), measured, "{metric}");
            assert_eq!(metric["interval"].is_array(), measured, "{metric}");
            assert_eq!(metric["not_measured"].is_string(), !measured, "{metric}");
            let images = metric["n"].as_u64().unwrap() + metric["undefined"].as_u64().unwrap();
            assert_eq!(images, if measured { 12 } else { 0 }, "{metric}");
        }
    }
    assert_eq!(
        (&metric(0, 0)["direction"], &metric(0, 3)["direction"]),
        (&"lower".into(), &"neither".into())
    );
    assert_eq!(metric(0, 0)["shares"][0], 0.1, "options stand among the results");
    assert_eq!(found["methods"][2]["map_size"], serde_json::json!([4, 4]));
    for line in [
        "road: Does the model miss what the map calls important?",
        "  gradient, grad-cam: not measured: the method promises no completeness",
    ] {
        assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
    }
    assert!(
        run.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        run.stdout
    );
}

#[test]
fn models_stand_beside_each_other_in_files_results_and_page() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model_of(here, "one", 0);
    write_model_of(here, "two", 1);
    let run = expect_done(
        here,
        "explain --model one.safetensors --model second=two.safetensors --dataset mnist-mini --index 3,7 --method gradient,grad-cam --metric sparseness \
         --out maps.npz --png pictures --report page --json all.json",
    );
    let found = json(&here.join("all.json"));
    for (place, model) in ["one", "second"].into_iter().enumerate() {
        assert_eq!(found["models"][place]["model"], model);
        for (at, method) in ["gradient", "grad-cam"].into_iter().enumerate() {
            let file = format!("maps-{model}-{method}.npz");
            assert_eq!(integers(&here.join(&file), "index"), [3, 7]);
            let results = &found["models"][place]["methods"][at];
            assert_eq!((&results["file"], &results["method"]), (&file.into(), &method.into()));
            assert_eq!(results["metrics"][0]["metric"], "sparseness");
            assert!(here.join(format!("pictures/00003-{model}-{method}.png")).exists());
        }
    }
    assert_eq!(found.get("methods"), None);
    assert_ne!(
        fs::read(here.join("maps-one-gradient.npz")).unwrap(),
        fs::read(here.join("maps-second-gradient.npz")).unwrap()
    );
    assert_eq!(files(&here.join("pictures")).len(), 2 * (2 * 2 + 1));
    // The page has its figures and results beside it; these are those of --json.
    let page = fs::read_to_string(here.join("page/report.html")).unwrap();
    for part in [
        "data-name=\"gradient on one\"",
        "data-name=\"grad-cam on second\"",
        "Image 7, class ",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(here.join("page/figures/metrics.svg").exists());
    assert_eq!(json(&here.join("page/results.json")), found);
    for line in [
        "What speaks for the true class of 2 test images",
        "Report: page/report.html",
        "  method    ",
    ] {
        assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
    }
    // Each model alone gives the same maps under the names of a single one.
    expect_done(
        here,
        "explain --model two.safetensors --dataset mnist-mini --index 3,7 --method gradient --out alone.npz --json alone.json",
    );
    assert_eq!(
        fs::read(here.join("alone.npz")).unwrap(),
        fs::read(here.join("maps-second-gradient.npz")).unwrap()
    );
    let alone = json(&here.join("alone.json"));
    assert_eq!(
        (&alone["model"], &alone["methods"][0]["file"]),
        (&"two.safetensors".into(), &"alone.npz".into())
    );
}
