//! What is timed, and the form of the lines that other programs read.

use crate::support;

use std::path::Path;

use support::{doubleback, expect_done};

fn lines(words: &str) -> Vec<serde_json::Value> {
    let run = expect_done(Path::new("."), words);
    run.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_step_of_every_architecture_is_timed() {
    for arch in ["paper-cnn", "small-cnn", "vgg-small", "resnet-small"] {
        let lines = lines(&format!("bench step --arch {arch} --batch 2 --runs 1"));
        let steps: Vec<&str> = lines.iter().map(|line| line["step"].as_str().unwrap()).collect();
        assert_eq!(steps, ["forward", "input_gradient", "plain", "double"], "{arch}");
        for line in lines {
            assert!(line["engine"].as_str().unwrap().starts_with("doubleback "));
            assert!(line["min_ms"].as_f64().unwrap() <= line["median_ms"].as_f64().unwrap());
        }
    }
}

#[test]
fn one_step_can_be_timed_alone() {
    let lines = lines("bench step --arch resnet-small --batch 2 --runs 1 --only double");
    assert_eq!((lines.len(), &lines[0]["step"]), (1, &"double".into()));
    let refused = doubleback(Path::new("."), "bench step --only dobule");
    assert!(refused.stderr.contains("Did you mean `double`?"), "{}", refused.stderr);
}

#[test]
fn attacks_are_timed() {
    let lines = lines("bench attack --arch small-cnn --pool avg --batch 2 --runs 1");
    let attacks: Vec<&str> = lines.iter().map(|line| line["attack"].as_str().unwrap()).collect();
    assert_eq!(attacks, ["fgsm", "pgd-10"]);
    for line in lines {
        assert!(line["images_per_second"].as_f64().unwrap() > 0.0);
        assert!(line["median_ms"].as_f64().unwrap() > 0.0);
    }
    let lines = self::lines("bench attack --arch small-cnn --batch 2 --runs 1 --only jsma");
    assert_eq!((lines.len(), &lines[0]["attack"]), (1, &"jsma".into()));
    assert!(lines[0]["mean_changed"].as_f64().unwrap() <= 196.0, "{}", lines[0]);
    let lines =
        self::lines("bench attack --arch small-cnn --batch 2 --count 3 --runs 1 --only pgd-40,deepfool --eps 0.3");
    let attacks: Vec<&str> = lines.iter().map(|line| line["attack"].as_str().unwrap()).collect();
    assert_eq!(attacks, ["pgd-40", "deepfool"]);
    for line in lines {
        // Away from the label: what is not fooled is right.
        let [success, accuracy] = ["success", "accuracy"].map(|share| line[share].as_f64().unwrap());
        assert!((success + accuracy - 1.0).abs() < 1e-9, "{line}");
    }
    let refused = doubleback(Path::new("."), "bench attack --only pgd-40,apgd-ec");
    assert!(refused.stderr.contains("Did you mean `apgd-ce`?"), "{}", refused.stderr);
    let refused = doubleback(Path::new("."), "bench attack --arch resnet-small --pool avg");
    assert_eq!(refused.status, 2, "{}", refused.stderr);
}

#[test]
fn a_network_may_be_of_other_sizes_and_may_run_as_in_use() {
    let steps = lines("bench step --arch small-cnn --classes 20 --image-size 36x32 --batch 2 --runs 1 --inference");
    let steps: Vec<&str> = steps.iter().map(|line| line["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["forward", "input_gradient"]);
    for (words, said) in [
        ("bench step --inference --only double", "trains the network"),
        ("bench step --normalize imagenet", "give `--model`"),
        ("bench step --arch resnet17", "resnet18"),
        ("bench kernels --model m.onnx --classes 3", "cannot be used with"),
    ] {
        let refused = doubleback(Path::new("."), words);
        assert_eq!(refused.status, 2, "{words}: {}", refused.stderr);
        assert!(refused.stderr.contains(said), "{words}: {}", refused.stderr);
    }
}

#[test]
fn the_cpu_agrees_with_itself() {
    let lines = lines("bench gradients --arch small-cnn --batch 2");
    assert_eq!(lines[0]["device"], "cpu");
    assert_eq!(
        (lines[0]["second_order"].as_f64(), lines[0]["input_gradient"].as_f64()),
        (Some(0.0), Some(0.0))
    );
}

#[test]
fn a_step_of_a_generator_is_timed() {
    let lines = lines("bench gan --batch 4 --runs 1");
    assert_eq!((lines.len(), &lines[0]["step"]), (1, &"generator".into()));
    assert!(lines[0]["min_ms"].as_f64().unwrap() > 0.0);
}
