use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values;
use crate::files::{Files, SWEEP};
use crate::output::JsonTarget;

/// Long help of `sweep`.
pub const LONG: &str = "Train a grid of models and choose the penalty weights by the paper's rule.\n\n\
    PLAN.toml says data sets, defenses, penalty weights and seeds; plans/ has examples. Each training is a process of its own with a \
    folder of its own, DIR/cells/NAME: killed at any instant, it goes on where it was. At the end the rule chooses, for each defense, \
    the weight with the highest accuracy on the normal model's FGSM examples of the validation images among those at least 97 % as \
    accurate as the normal model on clean ones, and DIR/results.json has all accuracies.\n\n\
    With `--launcher local` the trainings share this machine: `--threads` are divided among `--jobs`. With `--launcher slurm` they are \
    an array of jobs; interrupting the command leaves the jobs alone, and the same command waits for them again.";

/// Arguments of `sweep`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback sweep plans/mnist-mini.toml
  doubleback sweep plans/mnist.toml --data-dir ~/data --jobs 4 --memory 16 \\
      --out mnist-sweep
  doubleback sweep plans/mnist.toml --data-dir /shared/data --launcher slurm \\
      --partition short --time 4:00:00 --threads 8 --slurm-option=--mem=8G \\
      --out /shared/mnist-sweep")]
pub struct SweepArgs {
    /// What to train
    #[arg(value_name = "PLAN.toml")]
    pub plan: PathBuf,
    /// Folder to write to; for Slurm, one that all machines share [default: the plan's name with -sweep]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How trainings are run: as processes of this machine, or as jobs of Slurm
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    pub launcher: Launcher,
    /// Trainings at a time [default: local, one for each two threads; slurm, no limit]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub jobs: Option<usize>,
    /// How often a training that failed or was killed is tried again
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub retries: usize,
    /// For local: memory for all trainings together. What one takes is estimated at first, and measured once one of its data set has run
    #[arg(long, value_name = "GIB", value_parser = values::positive, allow_hyphen_values = true)]
    pub memory: Option<f64>,
    /// For slurm: partition
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// For slurm: time limit of one training, such as 4:00:00
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
    /// For slurm: trainings in one array of jobs, at most the site's MaxArraySize [default: 1000, and fewer where Slurm refuses that]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub array_size: Option<usize>,
    /// For slurm: another option of sbatch, such as --slurm-option=--mem=8G; as often as needed
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub slurm_option: Vec<String>,
    /// For slurm: seconds between looks at the queue
    #[arg(long, value_name = "SECONDS", value_parser = values::positive, default_value = "5", hide = true)]
    pub look_every: f64,
    /// Write the results as JSON too; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

/// How trainings are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Launcher {
    /// As processes of this machine.
    #[default]
    Local,
    /// As an array of Slurm jobs.
    Slurm,
}

/// Arguments of `sweep-cell`, which the launchers call.
#[derive(Args, Debug)]
pub struct SweepCellArgs {
    /// Folder of the cell
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Stop, keeping the work, when standard input ends
    #[arg(long)]
    pub stop_at_end_of_input: bool,
}

impl SweepArgs {
    /// The folder to write to.
    pub fn folder(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| {
            let stem = self.plan.file_stem().unwrap_or_default().to_string_lossy();
            PathBuf::from(format!("{stem}-sweep"))
        })
    }

    /// Its data sets are in the plan.
    pub(super) fn files(&self) -> Files {
        let files = Files::default().reading("PLAN.toml", &self.plan);
        let files = files.writing_folder("--out", &self.folder(), SWEEP);
        JsonTarget::file(self.json.as_ref(), files)
    }
}

impl SweepCellArgs {
    /// It works in the folder that says what to do.
    pub(super) fn files(&self) -> Files {
        Files::default().reading("DIR", &self.folder)
    }
}
