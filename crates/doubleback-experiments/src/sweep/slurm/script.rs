//! The job script, and its submission.

use std::path::Path;
use std::process::Command;

use super::SlurmOptions;
use super::queue::slurm;
use super::submissions::Submissions;
use crate::sweep::launch::CellCommand;
use doubleback::Result;
use doubleback::write::write_atomically;

/// Submits cells as an array; Slurm's number of it.
pub(super) fn submit(
    root: &Path,
    submissions: &mut Submissions,
    cells: Vec<String>,
    options: &SlurmOptions,
    command: &CellCommand,
) -> Result<String> {
    let list = cells.join("\n") + "\n";
    let last = cells.len().saturating_sub(1);
    let (name, number) = submissions.begin(cells)?;
    let list_path = submissions.folder().join(format!("cells-{number}.txt"));
    write_atomically(&list_path, list.as_bytes())?;
    let script = submissions.folder().join(format!("job-{number}.sh"));
    write_atomically(&script, text(root, &list_path, command).as_bytes())?;
    let limit = options.jobs.map(|jobs| format!("%{jobs}")).unwrap_or_default();
    let mut sbatch = Command::new("sbatch");
    sbatch
        .arg("--parsable")
        .arg(format!("--job-name={name}"))
        .arg(format!("--array=0-{last}{limit}"))
        .arg(format!(
            "--output={}/task-%A_%a.log",
            output_folder(submissions.folder())
        ))
        .arg("--open-mode=append")
        // After a failure of the machine or a preemption the task goes on from its checkpoint; before its time is over it gets to write one.
        .args(["--requeue", "--signal=B:TERM@30"]);
    if let Some(threads) = options.threads {
        sbatch.arg(format!("--cpus-per-task={threads}"));
    }
    for (flag, value) in [("partition", &options.partition), ("time", &options.time)] {
        if let Some(value) = value {
            sbatch.arg(format!("--{flag}={value}"));
        }
    }
    sbatch.args(&options.options).arg(&script);
    let said = slurm(&mut sbatch)?;
    // `job` or `job;cluster`.
    let job = said.trim().split(';').next().unwrap_or_default().to_owned();
    submissions.submitted(&job)?;
    Ok(job)
}

/// The folder in the form of `--output`, where a percent sign has a meaning.
fn output_folder(folder: &Path) -> String {
    folder.to_string_lossy().replace('%', "%%")
}

/// A script for any shell: finds its cell in the list by the number of its task, and becomes the program.
fn text(root: &Path, list: &Path, command: &CellCommand) -> String {
    let words: Vec<String> = [command.program.as_os_str()]
        .into_iter()
        .chain(command.arguments.iter().map(|word| word.as_os_str()))
        .map(|word| quoted(&word.to_string_lossy()))
        .collect();
    let (cells, list) = (
        quoted(&root.join("cells").to_string_lossy()),
        quoted(&list.to_string_lossy()),
    );
    format!(
        "#!/bin/sh\n\
         # Written by `doubleback sweep`: each task of the array is one cell.\n\
         cell=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" {list})\n\
         [ -n \"$cell\" ] || exit 2\n\
         exec >>{cells}/\"$cell\"/log.txt 2>&1\n\
         echo \"== job ${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}} on $(hostname)\"\n\
         exec {} --threads \"${{SLURM_CPUS_PER_TASK:-1}}\" {cells}/\"$cell\"\n",
        words.join(" ")
    )
}

/// A word for the shell, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_becomes_the_program_with_its_cell_whatever_the_names() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("it's a \"folder\" $HOME");
        std::fs::create_dir_all(root.join("cells/b")).unwrap();
        let list = root.join("cells.txt");
        std::fs::write(&list, "a\nb\n").unwrap();
        let command = CellCommand {
            program: "echo".into(),
            arguments: vec!["--data-dir".into(), "my data".into()],
        };
        let script = root.join("job.sh");
        std::fs::write(&script, text(&root, &list, &command)).unwrap();
        let run = |task: &str| {
            Command::new("sh")
                .arg(&script)
                .envs([("SLURM_ARRAY_TASK_ID", task), ("SLURM_ARRAY_JOB_ID", "7")])
                .env_remove("SLURM_CPUS_PER_TASK")
                .status()
                .unwrap()
        };
        assert!(run("1").success());
        let log = std::fs::read_to_string(root.join("cells/b/log.txt")).unwrap();
        let expected = format!("--data-dir my data --threads 1 {}", root.join("cells/b").display());
        assert_eq!(log.lines().last().unwrap(), expected);
        assert_eq!(run("2").code(), Some(2));
    }
}
