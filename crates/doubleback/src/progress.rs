//! Long work tells how far it is, and is asked whether to go on.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// How far a phase of work is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Objective of the last step, in trainings.
    pub loss: Option<f64>,
}

/// Watches long work, such as a training, and can stop it. It can be handed to another thread, together with the work.
///
/// A function of [`Progress`] is a watch as well, one that does not hear of the names of phases.
pub trait Watch: Send {
    /// A phase begins, such as the training of a teacher.
    fn begin(&mut self, phase: &str, steps: usize);
    /// So many of its steps are there from an earlier run: they took none of this run's time, and an estimate must not count them.
    fn resume(&mut self, _step: usize) {}
    /// It has got this far. Break to stop; what was done is kept if there is a place to keep it.
    fn advance(&mut self, progress: Progress) -> ControlFlow<()>;
    /// Whether to stop: asked within a step that may take long, when there is nothing to tell. What was done is kept in the same way.
    fn asked_to_stop(&mut self) -> bool {
        false
    }
}

/// Watches nothing.
impl Watch for () {
    fn begin(&mut self, _: &str, _: usize) {}

    fn advance(&mut self, _: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(Progress) -> ControlFlow<()> + Send> Watch for F {
    fn begin(&mut self, _: &str, _: usize) {}

    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        self(progress)
    }
}

/// A phase whose steps are told to a watch.
pub struct Phase<'a> {
    step: usize,
    steps: usize,
    watch: &'a mut dyn Watch,
}

impl<'a> Phase<'a> {
    /// Tells `watch` that a phase of this name and so many steps begins.
    pub fn begin(name: &str, steps: usize, watch: &'a mut dyn Watch) -> Self {
        watch.begin(name, steps);
        Self { step: 0, steps, watch }
    }

    /// So many steps in all are there from an earlier run, and took no time of this one.
    pub fn resume(&mut self, step: usize) {
        self.step = step;
        self.watch.resume(step);
    }

    /// One more step is there from an earlier run, and took no time of this one.
    pub fn step_kept(&mut self) {
        self.resume(self.step + 1);
    }

    /// One more step is done.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the watch breaks.
    pub fn step_done(&mut self) -> Result<()> {
        self.done(self.step + 1)
    }

    /// So many steps are done.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the watch breaks.
    pub fn done(&mut self, step: usize) -> Result<()> {
        self.tell(step, None)
    }

    /// So many steps are done. A break at the last of them is no interruption: the results are there by then.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the watch breaks before the last step.
    pub fn done_unless_finished(&mut self, step: usize) -> Result<()> {
        match self.done(step) {
            Err(Error::Interrupted) if step >= self.steps => Ok(()),
            told => told,
        }
    }

    /// So many steps are done, and the last one had this loss, if it had one.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the watch breaks.
    pub fn tell(&mut self, step: usize, loss: Option<f64>) -> Result<()> {
        self.step = step;
        let steps = self.steps;
        match self.watch.advance(Progress { step, steps, loss }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Interrupted),
        }
    }
}

/// A watch that hears other names of phases.
pub struct Renamed<'a, F> {
    rename: F,
    watch: &'a mut dyn Watch,
}

impl<'a, F: FnMut(&str) -> String + Send> Renamed<'a, F> {
    /// `watch` is told `rename(phase)` instead of `phase`.
    pub fn new(watch: &'a mut dyn Watch, rename: F) -> Self {
        Self { rename, watch }
    }
}

impl<F: FnMut(&str) -> String + Send> Watch for Renamed<'_, F> {
    fn begin(&mut self, phase: &str, steps: usize) {
        self.watch.begin(&(self.rename)(phase), steps);
    }

    fn resume(&mut self, step: usize) {
        self.watch.resume(step);
    }

    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        self.watch.advance(progress)
    }

    fn asked_to_stop(&mut self) -> bool {
        self.watch.asked_to_stop()
    }
}

/// How fast a phase goes: steps of this run over the time since it began, from the first step on. What an earlier run had done does not count.
///
/// ```
/// use std::time::{Duration, Instant};
/// use doubleback::progress::Pace;
///
/// let begun = Instant::now();
/// let mut pace = Pace::begin(begun);
/// assert_eq!(pace.left(2_000, begun), None);
/// pace.advance(256);
/// assert_eq!(pace.left(2_000, begun + Duration::from_secs(32)), Some(Duration::from_secs(218)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    begun: Instant,
    step: usize,
    /// Steps that an earlier run had done.
    kept: usize,
}

impl Pace {
    /// A phase begins now.
    pub fn begin(now: Instant) -> Self {
        Self {
            begun: now,
            step: 0,
            kept: 0,
        }
    }

    /// So many of its steps are there from an earlier run.
    pub fn resume(&mut self, step: usize) {
        self.kept += step.saturating_sub(self.step);
        self.step = step;
    }

    /// So many of its steps are done.
    pub fn advance(&mut self, step: usize) {
        self.step = step;
    }

    /// Steps that are done, those of earlier runs among them.
    pub fn step(&self) -> usize {
        self.step
    }

    /// Time since it began.
    pub fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.begun)
    }

    /// Steps per second of this run; none before there is a step to go by.
    pub fn rate(&self, now: Instant) -> Option<f64> {
        let (steps, seconds) = (self.step.saturating_sub(self.kept), self.elapsed(now).as_secs_f64());
        (steps > 0 && seconds > 0.0).then(|| steps as f64 / seconds)
    }

    /// Time that the rest of `steps` steps will take at this pace; none before there is a step to go by.
    pub fn left(&self, steps: usize, now: Instant) -> Option<Duration> {
        let seconds = steps.saturating_sub(self.step) as f64 / self.rate(now)?;
        // To the millisecond: an estimate is not better than that.
        Duration::try_from_secs_f64((1e3 * seconds).round() / 1e3).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hears everything, and breaks at a step.
    struct Recorder {
        heard: Vec<String>,
        stop_at: usize,
    }

    impl Watch for Recorder {
        fn begin(&mut self, phase: &str, steps: usize) {
            self.heard.push(format!("{phase} {steps}"));
        }

        fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
            self.heard.push(format!("{progress:?}"));
            match progress.step == self.stop_at {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
    }

    #[test]
    fn steps_are_counted_and_a_break_is_an_interruption() {
        let mut recorder = Recorder {
            heard: Vec::new(),
            stop_at: 3,
        };
        let mut renamed = Renamed::new(&mut recorder, |phase: &str| format!("{phase} of a model"));
        let mut phase = Phase::begin("probes", 4, &mut renamed);
        phase.step_done().unwrap();
        phase.tell(2, Some(0.5)).unwrap();
        assert!(matches!(phase.step_done(), Err(Error::Interrupted)));
        let expected = [
            "probes of a model 4",
            "Progress { step: 1, steps: 4, loss: None }",
            "Progress { step: 2, steps: 4, loss: Some(0.5) }",
            "Progress { step: 3, steps: 4, loss: None }",
        ];
        assert_eq!(recorder.heard, expected);
    }

    #[test]
    fn a_break_at_the_last_step_comes_too_late_for_work_that_has_its_results() {
        let mut breaks = |_: Progress| ControlFlow::Break(());
        let mut phase = Phase::begin("batches", 64, &mut breaks);
        assert!(matches!(phase.done_unless_finished(63), Err(Error::Interrupted)));
        phase.done_unless_finished(64).unwrap();
        assert!(matches!(phase.done(64), Err(Error::Interrupted)));
    }

    #[test]
    fn an_estimate_counts_from_the_first_batch_and_nothing_that_was_done_before() {
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        let left = |pace: &Pace, now: u64| pace.left(2_000, at(now)).map(|left| left.as_secs());
        // A first batch of 256 images in 28 seconds: all 2,000 take 219.
        let mut pace = Pace::begin(begun);
        assert_eq!((pace.rate(at(10)), left(&pace, 10)), (None, None));
        pace.advance(256);
        assert_eq!(left(&pace, 28), Some(190));
        // Resumed at 1,744: one batch in 28 seconds, and it is done.
        let mut pace = Pace::begin(begun);
        pace.resume(1_744);
        assert_eq!(left(&pace, 1), None);
        pace.advance(1_872);
        assert_eq!(left(&pace, 14), Some(14));
        // Parts that are found finished between others.
        let mut pace = Pace::begin(begun);
        pace.advance(1);
        pace.resume(1_000);
        pace.advance(1_001);
        assert_eq!(left(&pace, 2), Some(999));
        assert_eq!((pace.step(), pace.rate(at(2))), (1_001, Some(1.0)));
        // No time at all has passed, or less than none.
        assert_eq!(pace.left(2_000, begun), None);
    }

    #[test]
    fn what_was_done_before_is_told_through_renamed_watches() {
        struct Kept(Vec<usize>);
        impl Watch for Kept {
            fn begin(&mut self, _: &str, _: usize) {}
            fn resume(&mut self, step: usize) {
                self.0.push(step);
            }
            fn advance(&mut self, _: Progress) -> ControlFlow<()> {
                ControlFlow::Continue(())
            }
        }
        let mut kept = Kept(Vec::new());
        let mut renamed = Renamed::new(&mut kept, |phase: &str| format!("{phase} again"));
        let mut phase = Phase::begin("work", 9, &mut renamed);
        phase.resume(3);
        phase.step_kept();
        phase.step_done().unwrap();
        phase.step_kept();
        assert_eq!(kept.0, [3, 4, 6]);
    }

    #[test]
    fn a_function_is_a_watch_and_goes_to_another_thread() {
        let mut last = 0;
        let mut watch = |progress: Progress| {
            last = progress.step;
            ControlFlow::Continue(())
        };
        std::thread::scope(|scope| {
            let work = || Phase::begin("work", 2, &mut watch).done(2);
            scope.spawn(work).join().unwrap().unwrap();
        });
        assert_eq!(last, 2);
    }
}
