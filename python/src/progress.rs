//! Progress, told to a bar of Python's.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doubleback::progress::{Progress, Watch};
use pyo3::prelude::*;

use crate::caller;

/// How often a bar is moved.
const EVERY: Duration = Duration::from_millis(50);

/// Tells an object with the methods `begin(phase, steps)`, `resume(step)` and `advance(step, loss)`; stops when the work should.
pub struct Bar {
    bar: Option<Arc<Py<PyAny>>>,
    told: Option<Instant>,
}

impl Bar {
    /// Tells `bar`, if there is one.
    pub fn new(bar: Option<Py<PyAny>>) -> Self {
        Self {
            bar: bar.map(Arc::new),
            told: None,
        }
    }

    fn tell<A>(&self, method: &'static str, arguments: A)
    where
        A: for<'py> pyo3::call::PyCallArgs<'py> + Send + 'static,
    {
        if let Some(bar) = self.bar.clone() {
            caller::tell(move |py| bar.call_method1(py, method, arguments).map(drop));
        }
    }
}

impl Watch for Bar {
    fn begin(&mut self, phase: &str, steps: usize) {
        self.told = None;
        self.tell("begin", (phase.to_owned(), steps));
    }

    fn resume(&mut self, step: usize) {
        self.tell("resume", (step,));
    }

    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        let Progress { step, steps, loss } = progress;
        if step >= steps || self.told.is_none_or(|told| told.elapsed() >= EVERY) {
            self.told = Some(Instant::now());
            self.tell("advance", (step, loss));
        }
        match self.asked_to_stop() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn asked_to_stop(&mut self) -> bool {
        caller::asked_to_stop()
    }
}
