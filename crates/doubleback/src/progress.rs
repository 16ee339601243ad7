//! Long work tells how far it is, and is asked whether to go on.

use std::ops::ControlFlow;

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

    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        self.watch.advance(progress)
    }

    fn asked_to_stop(&mut self) -> bool {
        self.watch.asked_to_stop()
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
