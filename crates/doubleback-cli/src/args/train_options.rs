//! How a model is optimized, and what is done to its training images.

use clap::Args;
use doubleback::Result;
use doubleback::train::{Augmentation, Optimizer, OptimizerKind, OptimizerSettings, Schedule, TrainOptions};

use super::values;

/// Options of trainings beyond those of the paper.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Optimizer and schedule")]
pub struct OptimizerArgs {
    /// Optimizer: Adam in TensorFlow's form, AdamW and SGD in PyTorch's
    #[arg(long, value_name = "NAME", value_parser = values::optimizer(), default_value = "adam")]
    pub optimizer: OptimizerKind,
    /// Momentum, for sgd [default: 0]
    #[arg(long, value_name = "X", value_parser = values::not_negative, allow_hyphen_values = true)]
    pub momentum: Option<f64>,
    /// Nesterov's form of momentum, for sgd
    #[arg(long)]
    pub nesterov: bool,
    /// Weight decay of all parameters: L2 in the gradient of sgd, decoupled in adamw [default: 0 for sgd, 0.01 for adamw]
    #[arg(long, value_name = "X", value_parser = values::not_negative, allow_hyphen_values = true)]
    pub weight_decay: Option<f64>,
    /// How the learning rate goes over the steps: constant, along a cosine to 0, or as one cycle from a 25th up and down again
    #[arg(long, value_name = "NAME", value_parser = values::schedule(), default_value = "constant")]
    pub schedule: Schedule,
    /// Steps at the start in which the learning rate rises linearly, with constant and cosine [default: 0]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub warmup: Option<usize>,
    /// Batches an optimizer step: its gradient is the mean over the images of all of them
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value_t = 1)]
    pub accumulate: usize,
    /// Shorten gradients whose L2 norm, over all parameters, is above this
    #[arg(long, value_name = "X", value_parser = values::positive, allow_hyphen_values = true)]
    pub clip_norm: Option<f64>,
    /// Evaluate and write the exponential moving average of the weights, with this decay, such as 0.999
    #[arg(long, value_name = "X", value_parser = values::positive, allow_hyphen_values = true)]
    pub average: Option<f64>,
    /// Pad training images by N pixels of 0 on each side, and cut a piece of their own size out at random
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub crop: Option<usize>,
    /// Mirror training images, left to right, at random
    #[arg(long)]
    pub flip: bool,
    /// Share of the labels that the cross-entropy spreads over all classes; penalties keep the true labels [default: 0]
    #[arg(long, value_name = "X", value_parser = values::not_negative, allow_hyphen_values = true)]
    pub label_smoothing: Option<f64>,
}

impl OptimizerArgs {
    /// Puts what was given into the options of a training.
    ///
    /// # Errors
    /// Names a setting that the optimizer has no use for.
    pub fn apply(&self, options: &mut TrainOptions) -> Result<()> {
        let settings = OptimizerSettings {
            momentum: self.momentum,
            nesterov: self.nesterov,
            weight_decay: self.weight_decay,
        };
        options.optimizer = Optimizer::new(self.optimizer, settings)?;
        options.schedule = self.schedule;
        options.warmup = self.warmup.unwrap_or(options.warmup);
        options.accumulate = self.accumulate;
        options.clip_norm = self.clip_norm;
        options.average = self.average;
        options.augmentation = Augmentation {
            crop: self.crop.unwrap_or_default(),
            flip: self.flip,
        };
        options.label_smoothing = self.label_smoothing.unwrap_or_default();
        Ok(())
    }
}
