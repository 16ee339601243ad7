//! Help, version, completions and man pages say what there is.

use crate::support;

use std::path::Path;

use support::{doubleback, expect_done};

#[test]
fn help_is_as_reviewed() {
    for command in [
        "",
        "pooling",
        "report",
        "reproduce",
        "train",
        "attack",
        "transfer",
        "audit",
        "merge",
        "predict",
        "explain",
        "inspect",
        "export",
        "diagnose",
        "sweep",
        "study",
        "study new",
        "study serve",
        "study export",
        "study analyse",
        "data",
        "data list",
        "data fetch",
        "data duplicates",
        "data verify",
        "data show",
        "bench",
        "bench step",
        "bench attack",
        "bench gan",
        "completions",
        "man",
    ] {
        let run = expect_done(Path::new("."), &format!("{command} --help"));
        assert_eq!(run.stderr, "");
        let name = format!("help {command}").trim().replace(' ', "-");
        insta::assert_snapshot!(name, run.stdout);
    }
}

#[test]
fn every_command_has_examples() {
    for command in [
        "",
        "pooling",
        "report",
        "reproduce",
        "train",
        "attack",
        "transfer",
        "audit",
        "merge",
        "predict",
        "explain",
        "inspect",
        "export",
        "diagnose",
        "sweep",
        "study",
        "study new",
        "study serve",
        "study export",
        "study analyse",
        "data",
        "data list",
        "data fetch",
        "data duplicates",
        "data verify",
        "data show",
        "bench",
        "bench step",
        "bench attack",
        "bench gan",
    ] {
        for form in ["-h", "--help"] {
            let run = expect_done(Path::new("."), &format!("{command} {form}"));
            assert!(run.stdout.contains("\nExamples:\n  doubleback"), "{command} {form}");
        }
    }
}

#[test]
fn completions_and_man_pages_come_from_the_same_definitions() {
    for shell in ["bash", "zsh", "fish"] {
        let run = expect_done(Path::new("."), &format!("completions {shell}"));
        assert!(
            run.stdout.contains("transfer") && run.stdout.contains("paper-lambda"),
            "{shell}"
        );
    }
    assert!(expect_done(Path::new("."), "man").stdout.contains(".TH doubleback 1"));
    assert!(
        expect_done(Path::new("."), "man train")
            .stdout
            .contains(".TH doubleback-train 1")
    );
    assert_eq!(doubleback(Path::new("."), "man tarin").status, 2);
}

#[test]
fn the_version_is_the_packages() {
    let run = expect_done(Path::new("."), "--version");
    assert_eq!(run.stdout, format!("doubleback {}\n", env!("CARGO_PKG_VERSION")));
}
