use super::training_pass::TrainingPass;

/// How a forward pass treats batch norm and dropout.
pub enum Mode<'a> {
    /// Moving averages, no dropout.
    Inference,
    /// Statistics of the batch, dropout; the pass collects what must be remembered.
    Training(&'a mut TrainingPass),
}

impl TrainingPass {
    /// This pass as a mode.
    pub fn mode(&mut self) -> Mode<'_> {
        Mode::Training(self)
    }
}
