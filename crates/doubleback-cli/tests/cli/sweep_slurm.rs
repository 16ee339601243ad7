//! Sweeps through a real Slurm, where there is one: `scripts/slurm-one-node.sh start` starts one, and prints the variable that leads to it.
#![cfg(unix)]

use crate::support;

use std::process::Command;

use support::sweeps::{CELL, end, log, results, signal, start, wait_for_training, write_plan};
use support::{expect_done, skipped};

#[test]
fn a_killed_job_and_an_interrupted_command_lead_to_the_results_of_this_machine() {
    let answers = |name: &str, args: &[&str]| Command::new(name).args(args).output().is_ok_and(|o| o.status.success());
    if !answers("sbatch", &["--version"]) || !answers("squeue", &["--noheader"]) {
        return skipped(
            "sweeps through Slurm",
            "needs Slurm, such as `export SLURM_CONF=…` of `scripts/slurm-one-node.sh start`",
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_plan(here, 80);
    expect_done(here, "sweep plan.toml --out local");

    let words = "sweep plan.toml --out cluster --launcher slurm --threads 1 --look-every 0.5 --slurm-option=--time=10";
    let out = here.join("cluster");
    let sweep = start(here, words);
    wait_for_training(&out, "mnist-mini_normal_seed-0");
    signal("-INT", sweep.id());
    let run = end(sweep);
    assert_eq!(run.status, 130, "{}", run.stderr);
    assert!(
        run.stderr.contains("submitted 3 cells as Slurm's job "),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("error: interrupted. The jobs go on"),
        "{}",
        run.stderr
    );

    let sweep = start(here, words);
    signal("-KILL", wait_for_training(&out, CELL));
    let run = end(sweep);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("found the jobs of an earlier command ("),
        "{}",
        run.stderr
    );
    let note = format!("{CELL}: its job ended without a result; submitting it again (1 of 2)");
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    assert!(
        run.stderr.contains("submitted 1 cell as Slurm's job "),
        "{}",
        run.stderr
    );
    assert_eq!(log(&out, CELL).matches("== job ").count(), 2);
    // Nothing else was submitted twice.
    let list = |number: usize| std::fs::read_to_string(out.join(format!("slurm/cells-{number}.txt"))).unwrap();
    assert_eq!((list(1).lines().count(), list(2)), (3, format!("{CELL}\n")));
    assert!(!out.join("slurm/cells-3.txt").exists());
    assert!(results(&out) == results(&here.join("local")));
}
