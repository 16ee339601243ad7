//! Progress on standard error: a bar on a terminal, otherwise a line from time to time. Work that takes long to get anywhere is shown as well.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doubleback::progress::{Pace, Progress, Watch};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::LogFormat;
use crate::interrupt;
use crate::output::clock;

/// Time between lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Time between looks at work that tells nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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
    phase: Shared,
    /// Its end is the end of the thread that shows work that tells nothing.
    looks: Option<Sender<()>>,
}

/// The phase, which is shown when it gets on and when it has not for a while.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Option<Phase>>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Phase>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is being done.
struct Phase {
    name: String,
    /// 0 if nobody knows.
    steps: usize,
    loss: Option<f64>,
    pace: Pace,
    last_line: Instant,
    bar: Option<ProgressBar>,
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
            phase: Shared::default(),
            looks: None,
        }
    }

    /// Says what is about to be done as soon as it begins, which is when all input is known to be good.
    #[must_use]
    pub fn announcing(mut self, opening: String) -> Self {
        self.opening = Some(opening);
        self
    }

    /// Shows work that has no steps for as long as it takes, unless that is short.
    pub fn during<T>(mut self, what: &str, work: impl FnOnce() -> T) -> T {
        self.begin(what, 0);
        work()
    }

    /// Looks at the phase from time to time, for as long as this reporter is there.
    fn look_on(&mut self) {
        if self.looks.is_some() || self.form == Form::Nothing {
            return;
        }
        let (looks, ended) = channel();
        let (phase, form) = (self.phase.clone(), self.form);
        std::thread::spawn(move || {
            while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                if let Some(phase) = phase.lock().as_mut() {
                    phase.show(form, Instant::now());
                }
            }
        });
        self.looks = Some(looks);
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        // Here, and not when the other thread notices: a bar must be gone before results are printed.
        *self.phase.lock() = None;
    }
}

impl Watch for Reporter {
    fn begin(&mut self, phase: &str, steps: usize) {
        *self.phase.lock() = None;
        match (self.form, self.opening.take_if(|_| steps > 0)) {
            (Form::Nothing, _) | (_, None) => {}
            (Form::Json, Some(opening)) => tracing::info!("{opening}"),
            (_, Some(opening)) => eprintln!("{opening}"),
        }
        interrupt::phase_begins();
        let mut phase = Phase::new(phase, steps, Instant::now());
        if self.form == Form::Bar && steps > 0 {
            phase.draw();
        }
        *self.phase.lock() = Some(phase);
        self.look_on();
    }

    fn resume(&mut self, step: usize) {
        if let Some(phase) = self.phase.lock().as_mut() {
            phase.pace.resume(step);
        }
    }

    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        let mut phase = self.phase.lock();
        if let Some(current) = phase.as_mut() {
            current.advance(progress);
            current.show(self.form, Instant::now());
            if current.is_done() {
                *phase = None;
            }
        }
        let stop = match progress.loss {
            Some(_) => interrupt::requested_after_step(),
            None => interrupt::requested(),
        };
        if stop {
            *phase = None;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn asked_to_stop(&mut self) -> bool {
        interrupt::requested()
    }
}

impl Phase {
    fn new(name: &str, steps: usize, now: Instant) -> Self {
        Self {
            name: name.to_owned(),
            steps,
            loss: None,
            pace: Pace::begin(now),
            last_line: now,
            bar: None,
        }
    }

    fn advance(&mut self, progress: Progress) {
        self.pace.advance(progress.step);
        (self.steps, self.loss) = (progress.steps, progress.loss);
    }

    fn is_done(&self) -> bool {
        self.steps > 0 && self.pace.step() >= self.steps
    }

    fn show(&mut self, form: Form, now: Instant) {
        let due = self.is_done() || now.saturating_duration_since(self.last_line) >= LINE_EVERY;
        match form {
            Form::Nothing => {}
            Form::Bar if self.is_done() => {
                self.bar = None;
                eprintln!("{}", self.line(now));
            }
            Form::Bar => self.draw(),
            Form::Lines | Form::Json if !due => {}
            Form::Lines => {
                self.last_line = now;
                eprintln!("{}", self.line(now));
            }
            Form::Json => {
                self.last_line = now;
                self.log(now);
            }
        }
    }

    /// `pgd: 256/2000  3:11 left`.
    fn line(&self, now: Instant) -> String {
        let (name, step, steps) = (&self.name, self.pace.step(), self.steps);
        match steps {
            0 => format!("{name}  {}", self.time(now)),
            _ => format!("{name}: {step}/{steps}{}  {}", self.speed(now), self.time(now)),
        }
    }

    /// How long it will take; before that can be said, how long it has taken.
    fn time(&self, now: Instant) -> String {
        let elapsed = clock(self.pace.elapsed(now));
        match self.pace.left(self.steps, now) {
            _ if self.is_done() => format!("done in {elapsed}"),
            Some(left) if self.steps > 0 => format!("{} left", clock(left)),
            _ => format!("{elapsed} so far"),
        }
    }

    fn speed(&self, now: Instant) -> String {
        let Some(loss) = self.loss else { return String::new() };
        let rate = self.pace.rate(now).map(|rate| format!("  {rate:.1} steps/s"));
        format!("{}  loss {loss:.3}", rate.unwrap_or_default())
    }

    fn draw(&mut self) {
        let bar = self.bar.get_or_insert_with(|| {
            let template = match self.steps {
                0 => "{prefix}{msg}",
                _ => "{prefix} [{wide_bar}] {pos}/{len}{msg}",
            };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(self.steps as u64).with_style(style.progress_chars("##-"));
            bar.set_prefix(self.name.clone());
            bar
        });
        let bar = bar.clone();
        let now = Instant::now();
        bar.set_length(self.steps as u64);
        bar.set_message(format!("{}  {}", self.speed(now), self.time(now)));
        bar.set_position(self.pace.step() as u64);
    }

    fn log(&self, now: Instant) {
        let (phase, step, steps) = (&self.name, self.pace.step(), self.steps);
        let seconds_left = self.pace.left(steps, now).map(|left| left.as_secs());
        let steps_per_second = self.loss.and_then(|_| self.pace.rate(now));
        let loss = self.loss;
        tracing::info!(phase, step, steps, loss, steps_per_second, seconds_left, "progress");
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_nothing_of_time_left_before_there_is_something_to_go_by() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut phase = Phase::new("pgd", 2_000, begun);
        assert_eq!(phase.line(at(11)), "pgd: 0/2000  0:11 so far");
        let told = |step, loss| Progress {
            step,
            steps: 2_000,
            loss,
        };
        phase.advance(told(256, None));
        assert_eq!(phase.line(at(28)), "pgd: 256/2000  3:11 left");
        phase.advance(told(2_000, None));
        assert_eq!(phase.line(at(220)), "pgd: 2000/2000  done in 3:40");

        // A training that was interrupted at step 1,900.
        let mut phase = Phase::new("normal", 2_000, begun);
        phase.pace.resume(1_900);
        phase.advance(told(1_950, Some(0.25)));
        assert_eq!(
            phase.line(at(5)),
            "normal: 1950/2000  10.0 steps/s  loss 0.250  0:05 left"
        );

        assert_eq!(
            Phase::new("reading mnist", 0, begun).line(at(61)),
            "reading mnist  1:01 so far"
        );
    }
}
