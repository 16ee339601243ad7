//! Progress on standard error: a bar on a terminal, otherwise a line from time to time.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use doubleback::progress::{Progress, Watch};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::LogFormat;
use crate::interrupt;
use crate::output::clock;

/// Time between lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Where progress goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Nothing,
    Lines,
    Json,
    Bar,
}

/// Watches trainings and evaluations, shows how far they are, and stops them on Ctrl-C.
pub struct Reporter {
    form: Form,
    opening: Option<String>,
    phase: Option<Phase>,
}

/// What is being done.
struct Phase {
    name: String,
    begun: Instant,
    /// Steps that an earlier run had done.
    before: Option<usize>,
    last_line: Instant,
    bar: ProgressBar,
}

impl Reporter {
    /// For the terminal or file that standard error is.
    pub fn new(quiet: bool, format: LogFormat) -> Self {
        let form = match format {
            _ if quiet => Form::Nothing,
            LogFormat::Json => Form::Json,
            LogFormat::Text if std::io::stderr().is_terminal() => Form::Bar,
            LogFormat::Text => Form::Lines,
        };
        Self {
            form,
            opening: None,
            phase: None,
        }
    }

    /// Says what is about to be done as soon as it begins, which is when all input is known to be good.
    #[must_use]
    pub fn announcing(mut self, opening: String) -> Self {
        self.opening = Some(opening);
        self
    }
}

impl Watch for Reporter {
    fn begin(&mut self, phase: &str, steps: usize) {
        if let Some(earlier) = self.phase.take() {
            earlier.bar.finish_and_clear();
        }
        match (self.form, self.opening.take()) {
            (Form::Nothing, _) | (_, None) => {}
            (Form::Json, Some(opening)) => tracing::info!("{opening}"),
            (_, Some(opening)) => eprintln!("{opening}"),
        }
        let bar = match self.form {
            Form::Bar => {
                let bar = ProgressBar::new(steps as u64);
                let style = ProgressStyle::with_template("{prefix} [{wide_bar}] {pos}/{len}{msg}");
                bar.set_style(
                    style
                        .unwrap_or_else(|_| ProgressStyle::default_bar())
                        .progress_chars("##-"),
                );
                bar.set_prefix(phase.to_owned());
                bar
            }
            _ => ProgressBar::hidden(),
        };
        let now = Instant::now();
        self.phase = Some(Phase {
            name: phase.to_owned(),
            begun: now,
            before: None,
            last_line: now,
            bar,
        });
    }

    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        if let Some(phase) = &mut self.phase {
            phase.show(self.form, progress);
            if progress.step >= progress.steps {
                self.phase = None;
            }
        }
        if interrupt::requested() {
            self.phase = None;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn asked_to_stop(&mut self) -> bool {
        interrupt::requested()
    }
}

impl Phase {
    fn show(&mut self, form: Form, progress: Progress) {
        let Progress { step, steps, loss } = progress;
        let before = *self.before.get_or_insert(step.saturating_sub(1));
        let elapsed = self.begun.elapsed();
        let rate = (step - before.min(step)) as f64 / elapsed.as_secs_f64().max(f64::EPSILON);
        let left =
            Duration::try_from_secs_f64(steps.saturating_sub(step) as f64 / rate.max(f64::EPSILON)).unwrap_or_default();
        let done = step >= steps;
        let name = &self.name;
        let speed = loss.map_or_else(String::new, |loss| format!("  {rate:.1} steps/s  loss {loss:.3}"));
        match form {
            Form::Nothing => {}
            Form::Bar if done => {
                self.bar.finish_and_clear();
                eprintln!("{name}: {step}/{steps} in {}{speed}", clock(elapsed));
            }
            Form::Bar => {
                self.bar.set_message(format!("{speed}  {} left", clock(left)));
                self.bar.set_position(step as u64);
            }
            _ if !done && self.last_line.elapsed() < LINE_EVERY => {}
            Form::Lines => {
                self.last_line = Instant::now();
                let time = match done {
                    true => format!("done in {}", clock(elapsed)),
                    false => format!("{} left", clock(left)),
                };
                eprintln!("{name}: {step}/{steps}{speed}  {time}");
            }
            Form::Json => {
                self.last_line = Instant::now();
                let seconds_left = left.as_secs();
                match loss {
                    None => tracing::info!(phase = name, step, steps, seconds_left, "progress"),
                    Some(loss) => {
                        tracing::info!(
                            phase = name,
                            step,
                            steps,
                            loss,
                            steps_per_second = rate,
                            seconds_left,
                            "progress"
                        );
                    }
                }
            }
        }
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
