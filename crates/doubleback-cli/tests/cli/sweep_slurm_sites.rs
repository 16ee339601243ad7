//! Sweeps through clusters that are not as Slurm comes: sites that allow small arrays, and sites that greet on standard output.
#![cfg(unix)]

use crate::support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use support::sweeps::write_plan;
use support::{Run, command};

/// Commands of Slurm in the folder `bin`. This sbatch refuses arrays of more than `largest` tasks, and runs the others at once.
fn write_slurm(folder: &Path, largest: usize) {
    let sbatch = format!(
        "#!/bin/sh\n\
         for word in \"$@\"; do\n\
           case $word in --array=0-*) last=${{word#--array=0-}}; last=${{last%%%*}};; esac\n\
           script=$word\n\
         done\n\
         if [ \"$last\" -ge {largest} ]; then\n\
           echo 'Welcome to the cluster' >&2\n\
           echo 'sbatch: error: Batch job submission failed: Invalid job array specification' >&2\n\
           exit 1\n\
         fi\n\
         echo 'Welcome to the cluster: 12.5 core-hours left'\n\
         for task in $(seq 0 \"$last\"); do\n\
           SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_JOB_ID=4711 sh \"$script\" >/dev/null 2>&1\n\
         done\n\
         echo '4711;west'\n\
         echo 'Have a nice day'\n"
    );
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    for (name, text) in [
        ("sbatch", sbatch.as_str()),
        ("squeue", "#!/bin/sh\necho 'Welcome to the cluster'\n"),
    ] {
        let path = bin.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn sweep(folder: &Path, words: &str) -> Run {
    let words = format!("sweep plan.toml --launcher slurm --threads 1 --look-every 0.1 {words}");
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
    let words: Vec<&str> = words.split_whitespace().collect();
    command(folder, &words).env("PATH", path).output().unwrap().into()
}

#[test]
fn arrays_are_made_smaller_until_the_site_takes_them() {
    let folder = tempfile::tempdir().unwrap();
    write_plan(folder.path(), 2);
    write_slurm(folder.path(), 1);
    let run = sweep(folder.path(), "--out smaller");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("Slurm refuses an array of 3 cells; trying 1.") && run.stderr.contains("--array-size"),
        "{}",
        run.stderr
    );
    // The number among what the site says.
    assert_eq!(
        run.stderr.matches("submitted 1 cell as Slurm's job 4711\n").count(),
        3,
        "{}",
        run.stderr
    );

    write_slurm(folder.path(), 2);
    let run = sweep(folder.path(), "--out given --array-size 2");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(!run.stderr.contains("refuses"), "{}", run.stderr);
    for said in [
        "submitted 2 cells as Slurm's job 4711\n",
        "submitted 1 cell as Slurm's job 4711\n",
    ] {
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[test]
fn a_site_without_arrays_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    write_plan(folder.path(), 2);
    write_slurm(folder.path(), 0);
    let run = sweep(folder.path(), "--out none");
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("It refuses even an array of one job") && run.stderr.contains("--launcher local"),
        "{}",
        run.stderr
    );
    // Nothing is taken for submitted.
    let jobs = std::fs::read_to_string(folder.path().join("none/slurm/jobs.json")).unwrap();
    assert!(jobs.contains("\"arrays\": []"), "{jobs}");
}
