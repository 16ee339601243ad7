//! What every command works with: device, data, threads, progress.

use std::time::Instant;

use doubleback::Error;
use doubleback::data::{self, Dataset, LoadOptions, Part};
use doubleback::device::{Device, DeviceName};
use doubleback::ops::kernels::{available, isa};
use serde::Serialize;
use tracing::level_filters::LevelFilter;

use crate::args::{Global, LogFormat};
use crate::exit::{Failure, Result};
use crate::output::{self, JsonTarget};
use crate::progress::Reporter;
use crate::stats::Stats;

/// Bytes of a worker's stack, taken as they are used.
const STACK: usize = 8 << 20;

/// Results, and what they took.
#[derive(Serialize)]
pub struct WithStats<'a, T> {
    /// Results.
    #[serde(flatten)]
    pub value: &'a T,
    /// What they took, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
}

/// What every command works with.
pub struct Context {
    /// Where to compute.
    pub device: Device,
    /// Its name.
    pub device_name: DeviceName,
    /// Worker threads.
    pub threads: usize,
    /// Worker threads as they were asked for, if they were.
    pub threads_given: Option<usize>,
    /// Where data sets are.
    pub data: LoadOptions,
    /// When the command began, if what it takes is to be said.
    pub stats: Option<Instant>,
    /// No progress.
    pub quiet: bool,
    /// Form of what goes to standard error.
    pub log_format: LogFormat,
}

impl Context {
    /// Starts logging and worker threads as the global options say.
    /// `interrupted` is what is true of the command when it is cut off.
    pub fn new(global: &Global, interrupted: &'static str) -> Result<Self> {
        let begun = Instant::now();
        start_logging(global);
        crate::interrupt::install(interrupted, global.log_format)?;
        check_instruction_set()?;
        let device = global.device.open().map_err(|error| match error {
            Error::NoDevice { device, feature } => Failure::Input(format!(
                "`--device {device}`: this program was built without it. Build it with `cargo build --release --features {feature}`, or use \
                 `--device cpu`"
            )),
            other => other.into(),
        })?;
        rayon::ThreadPoolBuilder::new()
            .num_threads(global.threads)
            // As that of a main thread: a worker does all work between parallel loops.
            .stack_size(STACK)
            .build_global()
            .map_err(|e| Failure::Ours(format!("cannot start worker threads: {e}")))?;
        Ok(Self {
            device,
            device_name: global.device,
            threads: rayon::current_num_threads(),
            threads_given: (global.threads > 0).then_some(global.threads),
            data: global.load_options(),
            stats: global.stats.then_some(begun),
            quiet: global.quiet,
            log_format: global.log_format,
        })
    }

    /// A data set by name.
    pub fn load(&self, name: &str) -> Result<Dataset> {
        Ok(self.during(&format!("reading {name}"), || data::load(name, &self.data))?)
    }

    /// The test images of a data set by name. Its other parts may be empty: they are not read where they have files of their own.
    pub fn load_test(&self, name: &str) -> Result<Dataset> {
        let mut options = self.data.clone();
        options.only = Some(Part::Test);
        Ok(self.during(&format!("reading {name}"), || data::load(name, &options))?)
    }

    /// Writes a summary as JSON where `--json` says, with what the command took if that was asked for, and the readable one to standard output
    /// unless JSON goes there.
    pub fn results(&self, value: &impl Serialize, target: Option<&JsonTarget>, readable: &str) -> Result<()> {
        let value = WithStats {
            value,
            stats: self.stats.map(Stats::since),
        };
        output::results(&value, target, readable)
    }

    /// Shows work that has no steps while it is done.
    pub fn during<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        self.reporter().during(what, work)
    }

    /// Shows progress on standard error.
    pub fn reporter(&self) -> Reporter {
        Reporter::new(self.quiet, self.log_format)
    }
}

/// Refuses a `DOUBLEBACK_ISA` that cannot be had, which the kernels would pass over.
fn check_instruction_set() -> Result<()> {
    match std::env::var("DOUBLEBACK_ISA") {
        Ok(wanted) if wanted != isa().name() => Err(Failure::Input(format!(
            "DOUBLEBACK_ISA: `{wanted}` is not one of {}, which this processor has. Set one of them, or nothing",
            available().join(", ")
        ))),
        _ => Ok(()),
    }
}

/// Sends warnings and errors to standard error, in the form that was asked for.
pub fn start_logging(global: &Global) {
    let level = match (global.quiet, global.log_format) {
        (true, _) => LevelFilter::ERROR,
        (false, LogFormat::Text) => LevelFilter::WARN,
        (false, LogFormat::Json) => LevelFilter::INFO,
    };
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(level)
        .with_target(false);
    match global.log_format {
        LogFormat::Text => builder
            .without_time()
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
