use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use doubleback::data::words::count;
use doubleback::train::DefenseKind;
use doubleback_experiments::sweep::local::{self, LocalOptions};
use doubleback_experiments::sweep::slurm::{self, SlurmOptions};
use doubleback_experiments::sweep::{
    CellCommand, CellFolder, Choice, Failed, Observer, Plan, Sweep, SweepResults, Tally, Weighted, run_cell,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Launcher, LogFormat, SweepArgs, SweepCellArgs, load_arguments};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::files::{Files, SWEEP};
use crate::interrupt;
use crate::output::{self, percent, short};

/// Trains a grid of models and chooses among them.
pub fn run(args: &SweepArgs, context: &Context) -> Result<()> {
    check_options(args)?;
    let out = args.folder();
    output::check_folder(&out)?;
    output::check_json(args.json.as_ref())?;
    let plan = Plan::read(&args.plan)?;
    let files = Files::default().writing_folder("--out", &out, SWEEP);
    let data = plan.datasets.iter();
    let data = data.filter_map(|name| Some((name, doubleback::data::location(name, &context.data)?)));
    data.fold(files, |files, (name, path)| files.reading_data("datasets", name, &path))
        .check()?;
    let sweep = Sweep::open(&plan, &out, &context.data)?;
    let mut progress = Progress::new(context);
    let (cells, left) = (sweep.cells().len(), sweep.unfinished().len());
    progress.note(&format!(
        "{}: {}, {left} to do",
        out.display(),
        count(cells, "training")
    ));
    let failed = match args.launcher {
        _ if left == 0 => Vec::new(),
        Launcher::Local => {
            let (options, threads) = local_options(args, context);
            local::run(&sweep, &options, &local_command(context, threads)?, &mut progress)?
        }
        Launcher::Slurm => {
            let options = slurm_options(args, context);
            slurm::run(&sweep, &options, &cell_command(context)?, &mut progress).map_err(|e| match e {
                doubleback::Error::Interrupted => Failure::Interrupted(
                    "interrupted. The jobs go on: run the same command again to wait for them, or end them with `scancel`".into(),
                ),
                e => e.into(),
            })?
        }
    };
    drop(progress);
    let results = sweep.gather(&failed, &context.device, &mut context.reporter())?;
    let readable = format!("{}\nResults: {}\n", readable(&results), sweep.results().display());
    context.results(&results, args.json.as_ref(), &readable)?;
    report(&failed, cells, &sweep)
}

/// Works on one cell of a sweep.
pub fn run_one(args: &SweepCellArgs, context: &Context) -> Result<()> {
    if args.stop_at_end_of_input {
        std::thread::spawn(|| {
            let mut byte = [0];
            while std::io::stdin().read(&mut byte).is_ok_and(|got| got > 0) {}
            interrupt::request();
        });
    }
    let folder = CellFolder::new(&args.folder);
    run_cell(&folder, &context.device, &context.data, &mut context.reporter())?;
    Ok(())
}

/// Refuses options that the launcher would not look at.
fn check_options(args: &SweepArgs) -> Result<()> {
    let refuse = |option: &str, what: &str| Err(Failure::Input(format!("`{option}`: {what}")));
    match args.launcher {
        Launcher::Slurm if args.memory.is_some() => refuse(
            "--memory",
            "is shared by trainings on one machine. For Slurm give the memory of one as --slurm-option=--mem=8G",
        ),
        Launcher::Slurm => Ok(()),
        Launcher::Local => {
            let only = "is for `--launcher slurm`. Leave it out, or give that";
            if args.partition.is_some() {
                return refuse("--partition", only);
            }
            if args.time.is_some() {
                return refuse("--time", only);
            }
            if args.array_size.is_some() {
                return refuse("--array-size", only);
            }
            if !args.slurm_option.is_empty() {
                return refuse("--slurm-option", only);
            }
            Ok(())
        }
    }
}

/// The budget, and the threads of one training.
fn local_options(args: &SweepArgs, context: &Context) -> (LocalOptions, usize) {
    let jobs = args.jobs.unwrap_or((context.threads / 2).max(1));
    let options = LocalOptions {
        jobs,
        memory: args.memory.map(|gib| (gib * f64::from(1 << 30)) as u64),
        retries: args.retries,
    };
    (options, (context.threads / jobs).max(1))
}

fn slurm_options(args: &SweepArgs, context: &Context) -> SlurmOptions {
    SlurmOptions {
        partition: args.partition.clone(),
        time: args.time.clone(),
        options: args.slurm_option.clone(),
        jobs: args.jobs,
        array_size: args.array_size,
        threads: context.threads_given,
        retries: args.retries,
        look_every: Duration::try_from_secs_f64(args.look_every).unwrap_or(Duration::from_secs(5)),
    }
}

/// This program with the options that a cell needs.
fn cell_command(context: &Context) -> Result<CellCommand> {
    let program =
        crate::program::file().map_err(|cause| Failure::io("this program", "looking for its file", &cause))?;
    let mut arguments: Vec<OsString> = vec!["--device".into(), context.device_name.to_string().into()];
    let data = load_arguments(&context.data).map_err(|cause| Failure::io("--data-dir", "looking at it", &cause))?;
    arguments.extend(data);
    arguments.push("sweep-cell".into());
    Ok(CellCommand { program, arguments })
}

fn local_command(context: &Context, threads: usize) -> Result<CellCommand> {
    let mut command = cell_command(context)?;
    command.arguments.extend([
        "--threads".into(),
        threads.to_string().into(),
        "--stop-at-end-of-input".into(),
    ]);
    Ok(command)
}

/// Says which cells were given up, and what they said last.
fn report(failed: &[Failed], cells: usize, sweep: &Sweep) -> Result<()> {
    let Some(first) = failed.first() else { return Ok(()) };
    for one in failed {
        eprintln!("{}: {}. Its log ends:", one.cell, one.problem);
        for line in &one.last_lines {
            eprintln!("    {line}");
        }
    }
    Err(Failure::Ours(format!(
        "{} of {} failed; their logs are {}/cells/NAME/log.txt, such as that of {}. Run the same command again to try them again",
        failed.len(),
        count(cells, "training"),
        sweep.root().display(),
        first.cell
    )))
}

/// The choices and the means, a table for each data set.
fn readable(results: &SweepResults) -> String {
    let mut datasets: Vec<&str> = results.means.iter().map(|one| one.dataset.as_str()).collect();
    datasets.dedup();
    let mut text = String::new();
    for dataset in datasets {
        let of = |one: &&Weighted| one.dataset == dataset;
        let eps: Vec<f64> = results
            .means
            .iter()
            .filter(of)
            .map(|one| one.test_black_box.iter().map(|at| at.0).collect())
            .max_by_key(Vec::len)
            .unwrap_or_default();
        let mut header: Vec<String> = ["", "lambda", "seeds", "valid.", "v. FGSM", "test"]
            .map(str::to_owned)
            .into();
        header.extend(eps.iter().map(|&eps| format!("black {}", short(eps))));
        header.extend(eps.iter().map(|&eps| format!("white {}", short(eps))));
        header.push(String::new());
        let rows: Vec<Vec<String>> = results
            .means
            .iter()
            .filter(of)
            .map(|one| row(one, &results.selection, eps.len()))
            .collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let about = format!(
            "{dataset}: accuracy on validation images, clean and under FGSM at eps {} from the normal model; on test images, clean, under FGSM \
             from the normal model (black) and from the model itself (white); means over seeds",
            short(results.selection_eps)
        );
        let table = output::table_within(&header, &rows, 2, output::WIDTH);
        text += &format!("{}\n{table}\n", output::sentences("", &about));
        for choice in results.selection.iter().filter(|choice| choice.dataset == dataset) {
            text += &chosen(choice);
        }
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

fn row(one: &Weighted, selection: &[Choice], eps: usize) -> Vec<String> {
    let share = |value: Option<f64>| value.map(percent).unwrap_or_else(|| "-".into());
    let mut row = vec![
        one.defense.name().to_owned(),
        one.lambda.map(short).unwrap_or_default(),
        one.seeds.to_string(),
        share(one.validation),
        share(one.validation_black_box),
        share(one.test),
    ];
    for list in [&one.test_black_box, &one.test_white_box] {
        row.extend((0..eps).map(|place| share(list.get(place).map(|at| at.1))));
    }
    let is_chosen = selection.iter().any(|choice| choice.chosen.as_ref() == Some(one));
    row.push(match (is_chosen, &one.not_eligible) {
        (true, _) => "chosen".into(),
        // Not for choosing; if it is not there, that is why nothing else is.
        (false, Some(why)) if one.defense == DefenseKind::Normal => why.clone(),
        (false, Some(_)) => "not eligible".into(),
        (false, None) => String::new(),
    });
    row
}

fn chosen(choice: &Choice) -> String {
    let weights = choice.chosen.as_ref().and_then(|one| one.lambda.zip(one.paper_lambda));
    let weights = weights.map(|(lambda, paper)| {
        let (lambda, paper) = (short(lambda), short(paper));
        format!("lambda {lambda} (in the authors' units {paper}): ")
    });
    let text = format!("{}: {}{}", choice.defense, weights.unwrap_or_default(), choice.reason);
    output::sentences("", &text)
}

/// Shows how far a sweep is, and stops waiting on Ctrl-C.
struct Progress {
    quiet: bool,
    json: bool,
    bar: Option<ProgressBar>,
    last: Option<(usize, usize)>,
    last_line: Instant,
}

impl Progress {
    const LINE_EVERY: Duration = Duration::from_secs(30);

    fn new(context: &Context) -> Self {
        Self {
            quiet: context.quiet,
            json: context.log_format == LogFormat::Json,
            bar: None,
            last: None,
            last_line: Instant::now(),
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            _ if self.quiet => {}
            _ if self.json => tracing::info!("{text}"),
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

impl Observer for Progress {
    fn tally(&mut self, tally: &Tally) -> ControlFlow<()> {
        if interrupt::requested() {
            return ControlFlow::Break(());
        }
        if self.quiet {
            return ControlFlow::Continue(());
        }
        let running: Vec<String> = tally
            .running
            .iter()
            .map(|one| match one.steps {
                0 => one.cell.clone(),
                steps => format!("{} {} {}/{steps}", one.cell, one.phase, one.step),
            })
            .collect();
        if !self.json && std::io::stderr().is_terminal() {
            let bar = self.bar.get_or_insert_with(|| {
                let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len}  {wide_msg}");
                ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            });
            bar.set_length(tally.cells as u64);
            bar.set_position(tally.done as u64);
            bar.set_message(running.join(", "));
        } else if self.last != Some((tally.done, tally.failed)) || self.last_line.elapsed() >= Self::LINE_EVERY {
            let failed = match tally.failed {
                0 => String::new(),
                n => format!(", {n} failed"),
            };
            let now = if running.is_empty() {
                String::new()
            } else {
                format!("; {}", running.join(", "))
            };
            self.line(&format!("{} of {} done{failed}{now}", tally.done, tally.cells));
            (self.last, self.last_line) = (Some((tally.done, tally.failed)), Instant::now());
        }
        ControlFlow::Continue(())
    }

    fn note(&mut self, text: &str) {
        self.line(text);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
