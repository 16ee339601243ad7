//! A study from the command line: made of models, served to people, its answers given back and analysed; what cannot be is said, and nothing is left.

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

use support::{command, doubleback, expect_done, files};

/// Two models of a few steps.
fn models(folder: &Path) {
    for (defense, seed) in [("normal", 0), ("doubleback", 1)] {
        expect_done(
            folder,
            &format!(
                "train --dataset mnist-mini --defense {defense} --arch small-cnn --steps 20 --batch 32 --seed {seed} --out {defense}.safetensors"
            ),
        );
    }
}

const NEW: &str = "study new study --dataset mnist-mini --models normal.safetensors,doubleback.safetensors --attack tgsm --eps 0.3,0.6 --per-class 1";

#[test]
fn a_study_is_made_served_and_analysed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    models(here);
    let made = expect_done(here, NEW);
    assert!(made.stdout.contains("regularized"), "{}", made.stdout);
    let study = here.join("study");
    for name in ["study.json", "stimuli.png", "images", "texts"] {
        assert!(files(&study).contains(&name.to_owned()), "{name}");
    }
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(study.join("study.json")).unwrap()).unwrap();
    let roles: Vec<&str> = (0..2)
        .map(|index| manifest["models"][index]["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["normal", "regularized"]);

    let again = doubleback(here, NEW);
    assert_eq!(again.status, 2, "{}", again.stderr);
    let early = doubleback(here, "study export study");
    assert_eq!(early.status, 2, "{}", early.stderr);
    let nobody_to_ask = doubleback(
        here,
        "study serve study --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0",
    );
    assert_eq!(nobody_to_ask.status, 2);
    assert!(nobody_to_ask.stderr.contains("contact"), "{}", nobody_to_ask.stderr);

    serve_and_stop(here);
    let export = expect_done(here, "study export study --csv answers.csv --json answers.json");
    assert_eq!(export.stdout, "0 answers of 0 participants\n");
    assert!(
        fs::read_to_string(here.join("answers.csv"))
            .unwrap()
            .starts_with("participant,position,")
    );
    expect_done(here, "study export study --csv answers.csv");
    let analysed = expect_done(here, "study analyse study");
    assert!(analysed.stdout.contains("Nobody has answered"), "{}", analysed.stdout);
    for name in ["report.html", "analysis.json"] {
        assert!(study.join("analysis").join(name).is_file(), "{name}");
    }
}

/// Serves until both addresses are announced, and asks it to end as Ctrl-C does.
fn serve_and_stop(here: &Path) {
    let words = "study serve study --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --contact ada@example.org --open 2";
    let words: Vec<&str> = words.split(' ').collect();
    let mut server = command(here, &words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let announced: Vec<String> = lines.by_ref().take(3).collect();
    assert!(
        announced[0].starts_with("Participants: http://127.0.0.1:"),
        "{announced:?}"
    );
    assert!(announced[2].starts_with("Key:"), "{announced:?}");
    let address = announced[0].trim_start_matches("Participants: ").to_owned();
    let page = page(address.trim_start_matches("http://").trim_end_matches('/'));
    assert!(page.contains("What do you see?"), "{page}");
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &server.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    assert!(server.wait().unwrap().success());
    assert!(lines.any(|line| line.contains("Answers are kept")));
}

/// The first page, as a client without a library asks for it.
fn page(host: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_no_study_can_be_made_of_is_said_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    models(here);
    let refused = |words: &str, expected: &str| {
        let run = doubleback(here, words);
        assert_eq!(run.status, 2, "{words}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{words}: {}", run.stderr);
        assert!(!here.join("study").exists(), "{words}");
    };
    refused("study new study", "--models");
    refused("study new study --demo --steps 3", "--demo");
    refused("study new study --demo --per-class 2", "--per-class");
    refused("study new study --demo --arch small-cnn", "--arch");
    refused(&format!("{NEW} --roles normal"), "--roles");
    refused(&NEW.replace("--eps 0.3,0.6", ""), "--eps");
    refused(&NEW.replace("--eps 0.3,0.6", "--eps 0.3 --gamma 0.1"), "--gamma");
    refused(
        &NEW.replace("--attack tgsm", "").replace("--eps 0.3,0.6", "--eps 0.3"),
        "jsma",
    );
    refused(&format!("{NEW} --target 3"), "target");
    refused(&NEW.replace("--eps 0.3,0.6", "--eps 0.01 --strict"), "fewer");
    refused("study export study", "study");
    refused("study analyse study", "study");
    refused("study serve study --contact ada@example.org", "study");
}
