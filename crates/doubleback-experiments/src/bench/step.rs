use burn::tensor::{Device, Tensor};
use doubleback_ops::AdamOptions;

use super::batch::random_batch;
use super::times::{Times, time};
use doubleback::batch::Batch;
use doubleback::nn::{Architecture, Loss, Module, Network, TrainingPass, to_vec};
use doubleback::train::{Adam, GradientPenalty, Normal, Objective};
use doubleback::{Error, Result};
use strum::{EnumCount, EnumString, IntoStaticStr};

/// What can be timed. All of them run the network as in training: batch statistics, dropout masks drawn beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum Step {
    /// Logits, without a tape.
    Forward,
    /// One batch of FGSM: forward, gradient of the images, a step along its sign.
    InputGradient,
    /// Cross-entropy, its gradient, Adam.
    Plain,
    /// Cross-entropy plus the penalty on the squared input gradient, the gradient of both, Adam.
    Double,
}

impl Step {
    /// All, in the order of the paper's table of costs.
    pub const ALL: [Self; Self::COUNT] = [Step::Forward, Step::InputGradient, Step::Plain, Step::Double];

    /// `forward`, `input_gradient`, `plain` or `double`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("step", name, Step::ALL.map(Step::name))
}

/// A network with one batch of random images and labels.
pub struct StepBench {
    network: Network,
    adam: Adam,
    batch: Batch,
    mask: Vec<Tensor<4>>,
}

impl StepBench {
    /// Draws weights, images, labels and dropout masks.
    ///
    /// # Errors
    /// When the architecture's layers do not fit each other, or the device fails.
    pub fn new(architecture: Architecture, batch: usize, device: &Device) -> Result<Self> {
        let batch = random_batch(&architecture, batch, device)?;
        let network = Network::new(architecture, 0, device)?;
        let options = AdamOptions {
            learning_rate: 2e-4,
            epsilon: 1e-4,
            ..AdamOptions::default()
        };
        // A pass draws the masks that the architecture asks for; every step then uses the same ones.
        let mut pass = TrainingPass::new(0, 0);
        network.forward(batch.images().clone(), pass.mode())?;
        let mask = pass.into_masks();
        Ok(Self {
            adam: Adam::new(&network, options),
            network,
            batch,
            mask,
        })
    }

    /// Times a step, after three that do not count.
    ///
    /// # Errors
    /// When the device fails.
    pub fn time(&mut self, step: Step, runs: usize) -> Result<Times> {
        time(3, runs, || self.run(step))
    }

    fn run(&mut self, step: Step) -> Result<()> {
        let mut pass = TrainingPass::with_masks(self.mask.clone());
        match step {
            Step::Forward => {
                let logits = self.network.forward(self.batch.images().clone(), pass.mode())?;
                to_vec(logits).map(drop)
            }
            Step::InputGradient => {
                let images = self.batch.images().clone();
                let (logits, pullback) = self.network.forward_with_pullback(images.clone(), pass.mode())?;
                let cotangent = Loss::CrossEntropy.cotangent(&logits, &self.batch.labels, &images)?;
                let attacked = images + pullback.apply(cotangent)?.sign() * 0.1;
                to_vec(attacked.clamp(0.0, 1.0)).map(drop)
            }
            Step::Plain => self.train(&Normal, pass),
            Step::Double => self.train(&GradientPenalty::double_backprop(0.1), pass),
        }
    }

    fn train(&mut self, objective: &dyn Objective, mut pass: TrainingPass) -> Result<()> {
        let tracked = self.network.tracked();
        let values = objective.evaluate(&tracked, &self.batch, &mut pass)?;
        let mut gradients = values.loss.backward();
        drop(values);
        self.adam.step(&mut self.network, tracked, &mut gradients)?;
        self.network.update_moving_averages(pass);
        Ok(())
    }
}
