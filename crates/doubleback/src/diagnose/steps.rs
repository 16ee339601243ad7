use crate::train::{Progress, Watch};
use crate::{Error, Result};

/// A phase whose steps are told to a watch.
pub(super) struct Steps<'a> {
    steps: usize,
    watch: &'a mut dyn Watch,
}

impl<'a> Steps<'a> {
    pub fn begin(phase: &str, steps: usize, watch: &'a mut dyn Watch) -> Self {
        watch.begin(phase, steps);
        Self { steps, watch }
    }

    /// So many steps are done; the last one had this loss, if it has one.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the watch breaks.
    pub fn done(&mut self, step: usize, loss: f64) -> Result<()> {
        let progress = Progress {
            step,
            steps: self.steps,
            loss,
        };
        match self.watch.advance(progress).is_break() {
            true => Err(Error::Interrupted),
            false => Ok(()),
        }
    }
}
