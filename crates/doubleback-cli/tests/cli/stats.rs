//! What `--stats` says: how much was computed, and how much memory that took.

use crate::support;

use serde_json::Value;
use support::{doubleback, expect_done};

const MIB: u64 = 1 << 20;

#[test]
fn a_training_and_an_attack_say_what_they_took() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let read = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(here.join(name)).unwrap()).unwrap() };
    let train = "train --dataset mnist-mini --defense normal --steps 2 --batch 32 --out m.safetensors";
    let run = expect_done(here, &format!("{train} --json train.json --stats --quiet"));
    let said = run.stderr.lines().last().unwrap();
    assert!(said.starts_with("stats: "), "{said}");
    assert!(said.ends_with(" 64 parameter gradients"), "{said}");
    assert_eq!(read("train.json")["stats"]["parameter_gradients"], 64);

    let attack = "attack --model m.safetensors --dataset mnist-mini --attack pgd --steps 3 --eps 0.1 --count 50";
    let run = expect_done(
        here,
        &format!("{attack} --json with.json --stats --log-format json --quiet"),
    );
    let with = read("with.json");
    let said: Value = serde_json::from_str(run.stderr.lines().last().unwrap()).unwrap();
    for stats in [&with["stats"], &said["stats"]] {
        assert_eq!(
            (&stats["input_gradients"], &stats["parameter_gradients"]),
            (&150.into(), &0.into())
        );
        let count = |name: &str| stats[name].as_u64().unwrap();
        // Those of the gradients, and predictions of images and examples, which rounding to 8 bits repeats.
        assert!((250..=300).contains(&count("forward_passes")), "{stats}");
        let (used, held) = (count("buffers_in_use_bytes"), count("buffers_bytes"));
        assert!(0 < used && used <= held && held < count("peak_memory_bytes"), "{stats}");
        assert!(count("peak_memory_bytes") < 4096 * MIB, "{stats}");
        assert!(stats["seconds"].as_f64().unwrap() > 0.0);
    }

    // Nothing of it without being asked, and nothing else changes.
    let run = expect_done(here, &format!("{attack} --json without.json"));
    assert!(!run.stderr.contains("stats"), "{}", run.stderr);
    let mut with = with;
    with.as_object_mut().unwrap().remove("stats");
    assert_eq!(read("without.json"), with);
}

#[test]
fn what_fails_says_what_it_took_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let run = doubleback(
        folder.path(),
        "attack --model no.onnx --dataset mnist-mini --attack fgsm --eps 0.1 --stats",
    );
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.lines().any(|line| line.starts_with("stats: ")),
        "{}",
        run.stderr
    );
}
