use std::ops::ControlFlow;
use std::time::Duration;

use doubleback::data::fetch::{self, FetchEvent, FetchOptions, Outcome};
use doubleback::progress::{Progress, Watch};

use crate::args::FetchArgs;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::interrupt;
use crate::output;
use crate::progress::Reporter;

const MEGABYTE: u64 = 1_000_000;

/// Fetches all data sets that were asked for.
pub fn run(args: &FetchArgs, context: &Context) -> Result<()> {
    let timeout = Duration::try_from_secs_f64(args.timeout)
        .map_err(|_| Failure::Input(format!("`--timeout {}`: is too long. Give fewer seconds", args.timeout)))?;
    let options = FetchOptions {
        mirror: args.mirror.clone(),
        extra: args.extra,
        replace: args.replace,
        timeout,
        tries: args.tries,
        ..FetchOptions::default()
    };
    // All names are checked before anything is fetched.
    for name in &args.datasets {
        fetch::check(name)?;
    }
    let mut reporter = context.reporter();
    for name in &args.datasets {
        let mut shown = Shown {
            reporter: &mut reporter,
            file: None,
        };
        let files = fetch::fetch(name, &context.data, &options, &mut |event| shown.show(event))?;
        if files.is_empty() {
            output::print(&format!("{name}: within the program, nothing to fetch\n"))?;
        }
        for file in files {
            let what = match file.outcome {
                Outcome::Fetched => "fetched",
                Outcome::AlreadyHere => "was here",
            };
            let checked = if file.checked {
                ""
            } else {
                "; no SHA-256 is published for it"
            };
            output::print(&format!("{}: {what}{checked}\n", file.path.display()))?;
        }
    }
    Ok(())
}

/// Progress of the file that is being fetched, in megabytes.
struct Shown<'a> {
    reporter: &'a mut Reporter,
    file: Option<String>,
}

impl Shown<'_> {
    fn show(&mut self, event: FetchEvent<'_>) -> ControlFlow<()> {
        match event {
            FetchEvent::Received { file, bytes, total } => {
                let megabytes = |bytes: u64| usize::try_from(bytes.div_ceil(MEGABYTE)).unwrap_or(usize::MAX);
                // Without a total it is never done.
                let steps = total.map_or(megabytes(bytes).saturating_add(1), megabytes);
                let step = match total {
                    Some(total) if bytes >= total => steps,
                    _ => megabytes(bytes).saturating_sub(1),
                };
                self.advance(format!("{file} (MB)"), step, steps)
            }
            _ => stop_if_asked(),
        }
    }

    fn advance(&mut self, name: String, step: usize, steps: usize) -> ControlFlow<()> {
        if self.file.as_ref() != Some(&name) {
            self.reporter.begin(&name, steps);
            // What an earlier run had got took no time of this one.
            self.reporter.resume(step);
            self.file = Some(name);
        }
        let loss = None;
        self.reporter.advance(Progress { step, steps, loss })
    }
}

fn stop_if_asked() -> ControlFlow<()> {
    match interrupt::requested() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}
