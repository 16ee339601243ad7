//! What `audit` and `merge` promise: the same numbers after kills and from shards, a budget that is told, a folder that is not overwritten.
#![cfg(unix)]

use crate::support;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use doubleback::data::{Bounds, ImageShape};
use doubleback::device::DeviceName;
use doubleback::nn::{ModelCard, Network, Pool, paper_cnn, save};
use serde_json::Value;
use support::sweeps::{end, signal, start};
use support::{doubleback, expect_done, files};

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

/// Results without what took time.
fn results(folder: &Path) -> Value {
    let mut json: Value = serde_json::from_slice(&fs::read(folder.join("results.json")).unwrap()).unwrap();
    for attack in json["attacks"].as_object_mut().unwrap().values_mut() {
        attack["seconds"] = 0.into();
        attack.as_object_mut().unwrap().remove("joules");
    }
    json
}

/// Starts a command and kills it as soon as a part of this kind is finished.
fn kill_after(folder: &Path, words: &str, work: &str, part: &str) {
    let mut child = start(folder, words);
    let begun = Instant::now();
    let is_there = || {
        let entries = fs::read_dir(folder.join(work)).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with(part) && name.ends_with(".json")
        })
    };
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(300), "{part} is never there");
        assert!(
            child.try_wait().unwrap().is_none(),
            "doubleback {words} has ended before {part}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    signal("-KILL", child.id());
    assert_ne!(end(child).status, 0);
}

const AUDIT: &str = "audit m.safetensors --dataset mnist-mini --eps 0.002 --count 120 --ensemble custom --attacks apgd-ce,apgd-dlr,deepfool";

#[test]
fn an_audit_killed_five_times_gives_the_same_results() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"));
    let whole = expect_done(here, &format!("{AUDIT} --out whole --json whole.json"));
    assert!(whole.stdout.contains("robust accuracy"), "{}", whole.stdout);
    assert!(whole.stdout.contains("FLAG near-chance"), "{}", whole.stdout);
    assert_eq!(
        files(&here.join("whole")),
        ["examples.json", "figures", "report.html", "results.json"]
    );
    let printed: Value = serde_json::from_slice(&fs::read(here.join("whole.json")).unwrap()).unwrap();
    assert_eq!(
        printed["robust_accuracy"],
        results(&here.join("whole"))["robust_accuracy"]
    );

    let killed = format!("{AUDIT} --out killed");
    for part in [
        "part-clean",
        "part-probe",
        "part-apgd-ce",
        "part-apgd-ce",
        "part-apgd-dlr",
    ] {
        kill_after(here, &killed, "killed/work", part);
        assert!(!here.join("killed/results.json").exists());
    }
    let other = doubleback(here, &killed.replace("0.002", "0.003"));
    assert_eq!(other.status, 2);
    assert!(
        other.stderr.contains("holds unfinished work that differs in its eps"),
        "{}",
        other.stderr
    );
    expect_done(here, &killed);
    assert_eq!(results(&here.join("killed")), results(&here.join("whole")));
    assert!(!here.join("killed/work").exists());

    // Finished, it is found; another one does not take its place.
    let again = expect_done(here, &killed);
    assert!(again.stdout.contains("nothing was attacked"), "{}", again.stdout);
    let other = doubleback(here, &killed.replace("0.002", "0.003"));
    assert_eq!(other.status, 2);
    assert!(
        other.stderr.contains("holds the results of another audit"),
        "{}",
        other.stderr
    );
    let redrawn = expect_done(here, "report killed");
    assert!(redrawn.stdout.contains("report.html"), "{}", redrawn.stdout);
}

#[test]
fn shards_one_of_them_killed_merge_to_the_same_results() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"));
    expect_done(here, &format!("{AUDIT} --out whole"));
    let shard = |number: usize| format!("{AUDIT} --shard {number}/4");
    kill_after(here, &shard(3), "audit-3-of-4/work", "part-clean");
    for number in 1..=4 {
        expect_done(here, &shard(number));
    }
    let missing = doubleback(here, "merge audit-1-of-4 audit-2-of-4 audit-4-of-4");
    assert_eq!(missing.status, 2);
    assert!(missing.stderr.contains("3/4 is missing"), "{}", missing.stderr);
    expect_done(
        here,
        "merge audit-1-of-4 audit-2-of-4 audit-3-of-4 audit-4-of-4 --out merged",
    );
    assert_eq!(results(&here.join("merged")), results(&here.join("whole")));
    assert!(here.join("merged/report.html").exists());
    let both = expect_done(here, "audit --compare merged whole");
    assert!(both.stdout.contains("in the first alone"), "{}", both.stdout);
}

#[test]
fn an_audit_within_a_budget_is_partial_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"));
    let short = expect_done(here, &format!("{AUDIT} --time-budget 0.001s --out a"));
    assert!(
        short.stdout.contains("PARTIAL") && short.stdout.contains("at most"),
        "{}",
        short.stdout
    );
    let partial = results(&here.join("a"));
    assert_eq!(partial["robust_accuracy"], Value::Null);
    assert!(partial["partial"]["at_most"].is_number());
    let below = doubleback(
        here,
        &format!("{AUDIT} --out a --fail-under 90% --card card --tensorboard board"),
    );
    assert_eq!(below.status, 3, "{}", below.stderr);
    let whole = results(&here.join("a"));
    assert!(whole["robust_accuracy"].is_number() && whole["partial"].is_null());
    let card = fs::read_to_string(here.join("card/README.md")).unwrap();
    assert!(card.starts_with("---\npipeline_tag: image-classification\n"), "{card}");
    assert!(card.contains("- **near-chance**: "), "{card}");
    let entry: Value =
        serde_json::from_slice(&fs::read(here.join("card/robustbench/mnist-mini/Linf/m.json")).unwrap()).unwrap();
    assert_eq!((&entry["eps"], &entry["unreliable"]), (&"0.002".into(), &true.into()));
    assert_eq!(entry["autoattack_acc"], Value::Null);
    let events = files(&here.join("board"));
    assert!(events[0].starts_with("events.out.tfevents."), "{events:?}");
}

/// Random weights of `small-cnn` and nothing else, laid out as PyTorch's are.
fn write_weights_alone(path: &Path) {
    let layers: [(&str, &[usize]); 7] = [
        ("conv1", &[32, 1, 3, 3]),
        ("conv2", &[32, 32, 3, 3]),
        ("conv3", &[64, 32, 3, 3]),
        ("conv4", &[64, 64, 3, 3]),
        ("dense1", &[200, 1024]),
        ("dense2", &[200, 200]),
        ("logits", &[10, 200]),
    ];
    let mut state = 7u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let (mut header, mut bytes) = (serde_json::Map::new(), Vec::new());
    for (name, shape) in layers {
        let inputs: usize = shape[1..].iter().product();
        for (tensor, shape) in [("weight", shape), ("bias", &shape[..1])] {
            let begin = bytes.len();
            let count: usize = shape.iter().product();
            let scale = 2.0 / (inputs as f32).sqrt();
            bytes.extend((0..count).flat_map(|_| (scale * random()).to_le_bytes()));
            let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, bytes.len()]});
            header.insert(format!("{name}.{tensor}"), entry);
        }
    }
    let header = serde_json::to_vec(&header).unwrap();
    let length = (header.len() as u64).to_le_bytes();
    fs::write(path, [length.as_slice(), &header, &bytes].concat()).unwrap();
}

/// The command that a report gives to those who want the same numbers.
fn printed_command(report: &Path) -> String {
    let page = fs::read_to_string(report).unwrap();
    let (_, rest) = page.split_once("<pre><code>").unwrap();
    let (command, _) = rest.split_once("</code></pre>").unwrap();
    command
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[test]
fn the_command_of_the_report_gives_the_same_audit() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_weights_alone(&here.join("my weights.safetensors"));
    let words = "--arch small-cnn --bounds 0,1 --dataset mnist-mini --eps 1/255 --count 40 --sample-seed 5 --seed 9 \
                 --ensemble custom --attacks apgd-ce,fab,fmn --norm l2 --steps 3 --restarts 2 --gamma 0.1 --quiet";
    let mut args = vec!["audit", "my weights.safetensors"];
    args.extend(words.split_whitespace());
    let one = support::command(here, &[args.as_slice(), &["--out", "one"]].concat())
        .output()
        .unwrap();
    assert!(one.status.success(), "{}", String::from_utf8_lossy(&one.stderr));
    let command = printed_command(&here.join("one/report.html"));
    assert!(
        command.starts_with("doubleback audit 'my weights.safetensors' --arch small-cnn --bounds 0,1 --dataset "),
        "{command}"
    );

    // As a reader would: copied into a shell.
    let binary = Path::new(env!("CARGO_BIN_EXE_doubleback"));
    let path = format!(
        "{}:{}",
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let two = std::process::Command::new("sh")
        .args(["-c", &format!("{command} --out two --quiet")])
        .current_dir(here)
        .env("PATH", path)
        .env_remove("DOUBLEBACK_DATA")
        .output()
        .unwrap();
    assert!(
        two.status.success(),
        "{command}\n{}",
        String::from_utf8_lossy(&two.stderr)
    );
    assert_eq!(results(&here.join("two")), results(&here.join("one")));
    assert_eq!(printed_command(&here.join("two/report.html")), command);

    let found = results(&here.join("one"));
    assert_eq!(found["settings"]["attacks"][0]["changed"]["steps"]["value"], 3);
    assert_eq!(found["settings"]["attacks"][2]["settings"]["gamma"], 0.1);
    let page = fs::read_to_string(here.join("one/report.html")).unwrap();
    assert!(
        page.contains("; given: gamma 0.1 instead of 0.05, steps 3 instead of 1000"),
        "{page:.0}"
    );
}

#[test]
fn an_audit_that_is_there_gains_explanations_without_another_attack() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_model(&here.join("m.safetensors"));
    let audit =
        "audit m.safetensors --dataset mnist-mini --eps 0.01 --count 30 --ensemble custom --attacks fgsm --out a";
    expect_done(here, audit);
    let before = fs::read(here.join("a/results.json")).unwrap();
    let examples = || -> Value { serde_json::from_slice(&fs::read(here.join("a/examples.json")).unwrap()).unwrap() };
    assert!(examples().get("maps").is_none());

    let again = expect_done(here, &format!("{audit} --explain gradient,grad-cam,expected-gradients"));
    assert!(again.stdout.contains("nothing was attacked"), "{}", again.stdout);
    assert_eq!(fs::read(here.join("a/results.json")).unwrap(), before);
    let found = examples();
    let (maps, shown) = (found["maps"].as_array().unwrap(), found["examples"].as_array().unwrap());
    let methods: Vec<&str> = maps.iter().map(|maps| maps["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["gradient", "grad-cam", "expected-gradients"]);
    for maps in maps {
        let each = maps["maps"].as_array().unwrap();
        assert_eq!(each.len(), shown.len());
        let pixels = each.iter().map(|map| map["of_image"].as_array().unwrap().len());
        assert!(pixels.eq(shown.iter().map(|_| 28 * 28)));
    }
    let gradients = maps[0]["maps"].as_array().unwrap();
    let greatest = |map: &Value| {
        map["of_example"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step.as_i64().unwrap().abs())
            .max()
    };
    assert!(gradients.iter().all(|map| greatest(map) == Some(127)));
    // An attack moves what the gradient says, and not all of it.
    let r = |map: &Value| map["correlation"].as_f64().unwrap();
    assert!(gradients.iter().all(|map| r(map) > 0.5 && r(map) < 1.0));
    let page = fs::read_to_string(here.join("a/report.html")).unwrap();
    assert!(page.contains("what speaks for the true class"));

    // The same in one go gives the same maps.
    expect_done(
        here,
        &format!(
            "{} --explain gradient,grad-cam,expected-gradients",
            audit.replace("--out a", "--out b")
        ),
    );
    assert_eq!(
        fs::read(here.join("b/examples.json")).unwrap(),
        fs::read(here.join("a/examples.json")).unwrap()
    );

    let twice = doubleback(here, &format!("{audit} --explain gradient,gradient"));
    assert!(twice.stderr.contains("gradient is given twice"), "{}", twice.stderr);
}

#[test]
fn options_of_attacks_are_for_custom_ensembles_and_their_attacks() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    // Before any model or data is read.
    let refused = |words: &str| {
        let run = doubleback(
            here,
            &format!("audit m.safetensors --dataset mnist-mini --eps 0.1 {words}"),
        );
        assert_eq!(run.status, 2, "{words}: {}", run.stderr);
        run.stderr
    };
    for ensemble in ["standard", "plus", "rand"] {
        let message = refused(&format!("--ensemble {ensemble} --steps 5"));
        let words =
            format!("`steps` is not given with the ensemble `custom` alone; `{ensemble}` has its published settings");
        assert!(message.contains(&words), "{message}");
    }
    let message = refused("--ensemble custom --attacks apgd-ce,square --searches 5");
    let words = "`searches` is not one that `apgd-ce` or `square` has: initial_share, queries, restarts, steps";
    assert!(message.contains(words), "{message}");
    let message = refused("--ensemble custom --attacks pgd --restarts 3 --no-random-start");
    assert!(
        message.contains("3 restarts without a random start are all the same"),
        "{message}"
    );
    let message = refused("--ensemble custom --attacks jsma --theta 0.1");
    assert!(message.contains("--theta"), "{message}");
}
