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
    let said = match slurm(&mut sbatch) {
        Ok(said) => said,
        Err(refused) => {
            submissions.refused()?;
            return Err(refused);
        }
    };
    // Without a number it is found by its name, which is its own.
    let job = job_number(&said).unwrap_or(&name).to_owned();
    submissions.submitted(&job)?;
    Ok(job)
}

/// The number of the job in what sbatch says: `job` or `job;cluster` on a line of its own. Sites greet and warn before and behind it, and some
/// wrappers of sbatch say it in a sentence whatever they are asked for.
fn job_number(said: &str) -> Option<&str> {
    said.lines().rev().find_map(number_of_line)
}

fn number_of_line(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line.strip_prefix("Submitted batch job ").unwrap_or(line);
    let (number, rest) = line.split_at(line.bytes().take_while(u8::is_ascii_digit).count());
    // A sentence that begins with a number is none.
    let alone = rest.is_empty() || rest.starts_with(';') || rest.starts_with(" on cluster ");
    (alone && !number.is_empty()).then_some(number)
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
    fn the_number_of_the_job_is_found_whatever_the_site_says_besides() {
        for (said, expected) in [
            ("4711\n", Some("4711")),
            ("4711;cluster\n", Some("4711")),
            (
                "Welcome to the cluster: your project has 12.5 core-hours left\n4711\n",
                Some("4711"),
            ),
            (
                "12 jobs of yours are waiting\n4711;west\nRemember to clean up\n\n",
                Some("4711"),
            ),
            ("2026\n4711\n", Some("4711")),
            ("Submitted batch job 4711\n", Some("4711")),
            ("Submitted batch job 4711 on cluster west\n", Some("4711")),
            ("Welcome\n", None),
            ("", None),
        ] {
            assert_eq!(job_number(said), expected, "{said}");
        }
    }

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
