//! Sweeps on this machine end with the same results, whatever happens to their processes.
#![cfg(unix)]

use crate::support;

use std::path::Path;

use support::sweeps::{CELL, cell, end, log, results, signal, start, wait_for_training, write_plan};
use support::{doubleback, expect_done, files};

const STEPS: usize = 60;

#[test]
fn killed_and_interrupted_sweeps_end_with_the_same_results() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_plan(here, STEPS);
    let whole = expect_done(here, "sweep plan.toml --out whole --jobs 2");
    let json: serde_json::Value = serde_json::from_str(&results(&here.join("whole"))).unwrap();
    check_results(&json, &whole.stdout);
    check_files(&here.join("whole"));

    // A process of a cell is killed: it is tried again.
    let sweep = start(here, "sweep plan.toml --out killed --jobs 1");
    signal("-KILL", wait_for_training(&here.join("killed"), CELL));
    let run = end(sweep);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let note = format!("{CELL}: killed by signal 9; trying again (1 of 2)");
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    assert!(log(&here.join("killed"), CELL).contains("== attempt 2"));
    assert!(results(&here.join("killed")) == results(&here.join("whole")));

    // The sweep is interrupted: its cells stop and keep their work.
    let sweep = start(here, "sweep plan.toml --out stopped --jobs 2");
    wait_for_training(&here.join("stopped"), CELL);
    signal("-INT", sweep.id());
    let run = end(sweep);
    assert_eq!(run.status, 130, "{}", run.stderr);
    assert!(log(&here.join("stopped"), CELL).contains("error: interrupted."));
    let again = expect_done(here, "sweep plan.toml --out stopped --jobs 2 --json stopped.json");
    assert!(results(&here.join("stopped")) == results(&here.join("whole")));
    assert!(std::fs::read_to_string(here.join("stopped.json")).unwrap() == results(&here.join("whole")));
    assert_eq!(again.stdout.replace("stopped/", "whole/"), whole.stdout);

    // The sweep itself is killed: its cells notice and stop.
    let sweep = start(here, "sweep plan.toml --out orphaned --jobs 2");
    wait_for_training(&here.join("orphaned"), CELL);
    signal("-KILL", sweep.id());
    end(sweep);
    expect_done(here, "sweep plan.toml --out orphaned --jobs 2");
    assert!(results(&here.join("orphaned")) == results(&here.join("whole")));
    assert!(log(&here.join("orphaned"), CELL).contains("error: interrupted."));
}

fn check_results(json: &serde_json::Value, readable: &str) {
    let cells = json["cells"].as_array().unwrap();
    let outcomes: Vec<&str> = cells.iter().map(|cell| cell["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["trained", "trained", "diverged"]);
    for cell in &cells[..2] {
        assert_eq!(cell["validation"]["count"], 1000);
        assert_eq!(cell["validation_black_box"]["eps"], 0.1);
        for list in ["test_black_box", "test_white_box"] {
            let eps: Vec<f64> = cell[list]
                .as_array()
                .unwrap()
                .iter()
                .map(|at| at["eps"].as_f64().unwrap())
                .collect();
            assert_eq!((eps, &cell[list][0]["count"]), (vec![0.1, 0.2], &64.into()));
        }
    }
    // To the normal model its own examples are white-box ones.
    assert_eq!(cells[0]["test_black_box"], cells[0]["test_white_box"]);
    let choice = &json["selection"][0];
    assert_eq!(choice["defense"], "doubleback");
    for words in ["mnist-mini: accuracy on validation images", "doubleback", "Results: "] {
        assert!(readable.contains(words), "{readable}");
    }
}

fn check_files(out: &Path) {
    assert_eq!(files(out), ["cells", "lock", "results.json"]);
    let trained = [
        "black-box.json",
        "cell.json",
        "lock",
        "log.txt",
        "model.safetensors",
        "settings.json",
    ];
    assert_eq!(files(&cell(out, CELL)), trained);
    let record = std::fs::read(cell(out, CELL).join("cell.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(
        (&record["outcome"], &record["settings"]["lambda"]),
        (&"trained".into(), &0.5.into())
    );
    assert!(record["card"]["doubleback"].is_string() && record["curve"].as_array().is_some_and(|c| !c.is_empty()));
    assert!(record["settings"]["data"].is_object());
}

#[test]
fn a_cell_that_fails_is_reported_with_its_log_and_the_others_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_plan(here, 2);
    let work = here.join("out/cells").join(CELL).join("work");
    std::fs::create_dir_all(&work).unwrap();
    let checkpoint = work.join("doubleback.checkpoint.safetensors");
    std::fs::write(&checkpoint, "not a checkpoint").unwrap();
    let run = doubleback(here, "sweep plan.toml --out out --retries 1");
    assert_eq!(run.status, 1, "{}", run.stderr);
    for words in [
        &format!("{CELL}: failed with exit status 2; trying again (1 of 1)"),
        &format!("{CELL}: failed with exit status 2. Its log ends:"),
        "is not a whole checkpoint",
        "error: 1 of 3 trainings failed",
    ] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert!(
        run.stdout
            .contains("doubleback: none eligible (lambda 0.5: seed 0 failed; lambda"),
        "{}",
        run.stdout
    );
    let json: serde_json::Value = serde_json::from_str(&results(&here.join("out"))).unwrap();
    assert_eq!(
        (&json["cells"][0]["outcome"], &json["cells"][1]["outcome"]),
        (&"trained".into(), &"failed".into())
    );
    assert!(json["selection"][0]["chosen"].is_null());
    std::fs::remove_file(checkpoint).unwrap();
    expect_done(here, "sweep plan.toml --out out --retries 0");
}

#[test]
fn trainings_that_do_not_fit_the_memory_together_run_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_plan(here, 2);
    let both = "mnist-mini_normal_seed-0, mnist-mini_doubleback";
    let run = expect_done(here, "sweep plan.toml --out plenty --jobs 2 --memory 100");
    assert!(run.stderr.contains(both), "{}", run.stderr);
    let run = expect_done(here, "sweep plan.toml --out scarce --jobs 2 --memory 0.05");
    assert!(!run.stderr.contains(both), "{}", run.stderr);
    let note = "more than the budget of 0.05 GiB; such cells run alone";
    assert_eq!(run.stderr.matches(note).count(), 1, "{}", run.stderr);
}

#[test]
fn two_sweeps_do_not_share_a_folder_and_another_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_plan(here, 100_000);
    let first = start(here, "sweep plan.toml --out out --quiet");
    wait_for_training(&here.join("out"), "mnist-mini_normal_seed-0");
    let second = doubleback(here, "sweep plan.toml --out out");
    assert_eq!(second.status, 2);
    let holder = format!("process {} on ", first.id());
    assert!(
        second.stderr.contains(&holder) && second.stderr.contains("works on this sweep"),
        "{}",
        second.stderr
    );
    signal("-TERM", first.id());
    assert_eq!(end(first).status, 130);
    write_plan(here, 3);
    let other = doubleback(here, "sweep plan.toml --out out");
    assert_eq!(other.status, 2);
    assert!(
        other
            .stderr
            .contains("holds a cell with other settings or data than the plan's"),
        "{}",
        other.stderr
    );
}

#[test]
fn wrong_use_is_told_in_one_line_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_plan(here, 2);
    std::fs::write(here.join("bad.toml"), "datasets = [\"mnist-mini\"]\nstep = 3\n").unwrap();
    std::fs::write(here.join("absent.toml"), "datasets = [\"minst\"]\n").unwrap();
    for (words, message) in [
        ("sweep none.toml", "error: none.toml: reading the plan: No such file"),
        (
            "sweep bad.toml",
            "error: bad.toml: line 2: unknown setting `step`. Did you mean `steps`? Known: ",
        ),
        (
            "sweep absent.toml",
            "error: unknown data set `minst`. Did you mean `mnist",
        ),
        (
            "sweep plan.toml --partition short",
            "error: `--partition`: is for `--launcher slurm`. Leave it out",
        ),
        (
            "sweep plan.toml --launcher slurm --memory 4",
            "error: `--memory`: is shared by trainings on one machine.",
        ),
        ("sweep plan.toml --jobs 0", "error: invalid value '0' for '--jobs <N>'"),
        ("sweep-cell .", "error: .: is not the folder of a cell"),
    ] {
        let run = doubleback(here, words);
        assert_eq!(
            (run.status, run.stderr.lines().count()),
            (2, 1),
            "{words}: {}",
            run.stderr
        );
        assert!(run.stderr.starts_with(message), "{words}: {}", run.stderr);
    }
    assert_eq!(files(here), ["absent.toml", "bad.toml", "plan.toml"]);
}
