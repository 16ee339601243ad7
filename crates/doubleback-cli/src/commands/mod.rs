//! What the commands do, one file each. Every one checks all its input before it writes anything.
mod attack;
mod attacks;
mod audit;
mod bench;
mod data;
mod diagnose;
mod explain;
mod explain_text;
mod export;
mod fetch;
mod fine_tune;
mod inspect;
mod kept;
mod merge;
mod models;
mod pooling;
mod predict;
mod report;
mod reproduce;
mod shell;
mod study;
mod sweep;
mod train;
mod transfer;

use crate::args::{Cli, Command, DataCommand, StudyCommand};
use crate::context::{self, Context};
use crate::exit::Result;
use crate::stats::Stats;

/// Does what was asked for.
pub fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Some(Command::Completions { shell }) => return shell::completions(shell),
        Some(Command::Man { command }) => return shell::man(command.as_deref()),
        // It has nothing to compute, and stops in its own way: open requests are finished.
        Some(Command::Study(StudyCommand::Serve(args))) => {
            context::start_logging(&cli.global);
            return study::serve(&args);
        }
        _ => {}
    }
    let context = Context::new(&cli.global, cli.command.as_ref().map_or("", when_cut_off))?;
    if let Some(command) = &cli.command {
        command.files(&cli.global).check()?;
    }
    // On a worker thread: from a thread of its own, work would sleep through every parallel loop, and wake the workers for each.
    let outcome = rayon::scope(|_| in_pool(cli.command, &context));
    if let Some(begun) = context.stats {
        Stats::since(begun).report(context.log_format);
    }
    outcome
}

fn in_pool(command: Option<Command>, context: &Context) -> Result<()> {
    match command {
        Some(Command::Reproduce(args)) => reproduce::run(&args, context),
        Some(Command::Train(args)) => train::run(&args, context),
        Some(Command::Attack(args)) => attack::run(&args, context),
        Some(Command::Transfer(args)) => transfer::run(&args, context),
        Some(Command::Predict(args)) => predict::run(&args, context),
        Some(Command::Explain(args)) => explain::run(&args, context),
        Some(Command::Inspect(args)) => inspect::run(&args, context),
        Some(Command::Export(args)) => export::run(&args, context),
        Some(Command::Audit(args)) => audit::run(&args, context),
        Some(Command::Merge(args)) => merge::run(&args, context),
        Some(Command::Diagnose(args)) => diagnose::run(&args, context),
        Some(Command::Pooling(args)) => pooling::run(&args, context),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Sweep(args)) => sweep::run(&args, context),
        Some(Command::SweepCell(args)) => sweep::run_one(&args, context),
        Some(Command::Bench(command)) => bench::run(&command, context),
        Some(Command::Study(command)) => study::run(&command, context),
        Some(Command::Data(command)) => data::run(&command, context),
        // The first two have returned, and no command means `reproduce`.
        Some(Command::Completions { .. } | Command::Man { .. }) | None => Ok(()),
    }
}

/// What is true of a command that is cut off before it could say so itself.
fn when_cut_off(command: &Command) -> &'static str {
    const KEPT: &str = "interrupted. What was done is kept: run the same command again to go on";
    match command {
        Command::Attack(args) if args.work().is_some() => KEPT,
        Command::Transfer(args) if args.work().is_some() => KEPT,
        Command::Audit(args) if args.compare.is_none() => KEPT,
        Command::Reproduce(_)
        | Command::Train(_)
        | Command::Diagnose(_)
        | Command::Pooling(_)
        | Command::Sweep(_)
        | Command::SweepCell(_)
        | Command::Data(DataCommand::Fetch(_)) => KEPT,
        Command::Attack(_)
        | Command::Audit(_)
        | Command::Merge(_)
        | Command::Transfer(_)
        | Command::Predict(_)
        | Command::Explain(_)
        | Command::Inspect(_)
        | Command::Export(_)
        | Command::Report(_)
        | Command::Study(_)
        | Command::Data(_)
        | Command::Bench(_)
        | Command::Completions { .. }
        | Command::Man { .. } => "interrupted. Run the same command again",
    }
}
