//! What waits and runs, according to squeue.

use std::io::ErrorKind;
use std::process::Command;

use doubleback::{Error, Result};

/// A task of an array in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Queued {
    /// Name of the job.
    pub name: String,
    /// Number of the task.
    pub index: usize,
    /// Such as `RUNNING`.
    pub state: String,
    /// Why it waits.
    pub reason: String,
}

impl Queued {
    /// Whether it has a machine.
    pub fn runs(&self) -> bool {
        ["RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STAGE_OUT"].contains(&self.state.as_str())
    }

    /// Whether it waits for anything but its turn.
    pub fn is_stuck(&self) -> bool {
        const TURN: [&str; 9] = [
            "None",
            "Priority",
            "Resources",
            "JobArrayTaskLimit",
            "BeginTime",
            "Cleaning",
            "Prolog",
            "(null)",
            "",
        ];
        !self.runs() && !TURN.contains(&self.reason.as_str())
    }
}

/// Runs a command of Slurm and gives what it prints.
pub(super) fn slurm(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| {
        let problem = match e.kind() {
            ErrorKind::NotFound => "is not there. Log in to a machine with Slurm's commands, or use `--launcher local`",
            _ => "cannot be started. Use `--launcher local`, or try again",
        };
        Error::file(&name, format!("{problem} ({e})"))
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(Error::Command {
        command: name,
        problem: said.join("; "),
    })
}

/// The tasks of the jobs with these names that have not ended.
pub(super) fn queued(names: &[String]) -> Result<Vec<Queued>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut command = Command::new("squeue");
    command
        .args(["--noheader", "--array", "--format=%j|%K|%T|%r"])
        .arg(format!("--name={}", names.join(",")));
    Ok(parse(&slurm(&mut command)?))
}

/// Lines of `name|index|state|reason`.
fn parse(text: &str) -> Vec<Queued> {
    const ENDED: [&str; 8] = [
        "COMPLETED",
        "FAILED",
        "CANCELLED",
        "TIMEOUT",
        "NODE_FAIL",
        "OUT_OF_MEMORY",
        "BOOT_FAIL",
        "DEADLINE",
    ];
    text.lines()
        .filter_map(|line| {
            let mut fields = line.trim().split('|');
            let queued = Queued {
                name: fields.next()?.to_owned(),
                index: fields.next()?.parse().ok()?,
                state: fields.next()?.to_owned(),
                reason: fields.next().unwrap_or_default().to_owned(),
            };
            (!ENDED.contains(&queued.state.as_str())).then_some(queued)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_read() {
        let text = "Welcome to the cluster\n| 3 | jobs | of yours |\ndoubleback-1f-1|0|RUNNING|None\ndoubleback-1f-1|12|PENDING|JobHeldUser\ndoubleback-1f-1|3|PENDING|Priority\n\
                    doubleback-1f-1|4|CANCELLED|None\nnonsense\n";
        let queue = parse(text);
        assert_eq!(queue.len(), 3);
        assert_eq!((queue[0].index, queue[0].runs(), queue[0].is_stuck()), (0, true, false));
        assert_eq!(
            (queue[1].index, queue[1].runs(), queue[1].is_stuck()),
            (12, false, true)
        );
        assert!(!queue[2].is_stuck());
    }

    #[test]
    fn a_missing_command_says_what_to_do() {
        let error = slurm(&mut Command::new("no-such-command-of-slurm")).unwrap_err();
        assert!(error.to_string().contains("--launcher local"), "{error}");
    }
}
