use burn::tensor::{Device, Tensor};
use doubleback_ops::AdamOptions;

use super::batch::random_batch;
use super::times::{Times, time};
use doubleback::batch::Batch;
use doubleback::nn::{Classifier, Loss, Module, Network, TrainingPass, to_vec};
use doubleback::train::{Adam, GradientPenalty, Normal, Objective};
use doubleback::{Error, Result};
use strum::{EnumCount, EnumString, IntoStaticStr};

/// What can be timed. All of them run the network as in training, batch statistics and dropout masks drawn beforehand; those that train nothing
/// can run it as in use too.
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

    /// Whether it changes the network, which it then runs as in training.
    pub fn trains(self) -> bool {
        matches!(self, Step::Plain | Step::Double)
    }

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
    /// Once a step has trained.
    adam: Option<Adam>,
    batch: Batch,
    /// Of dropout, when they were drawn.
    mask: Option<Vec<Tensor<4>>>,
    inference: bool,
}

impl StepBench {
    /// Draws images and labels for a network, which runs as in training.
    ///
    /// # Errors
    /// When the device fails.
    pub fn new(network: Network, batch: usize, device: &Device) -> Result<Self> {
        let batch = random_batch(network.architecture(), batch, device)?;
        Ok(Self {
            network,
            adam: None,
            batch,
            mask: None,
            inference: false,
        })
    }

    /// The same with a network that runs as in use: moving averages, no dropout. Steps that train are not changed by it.
    pub fn in_inference(self) -> Self {
        Self {
            inference: true,
            ..self
        }
    }

    /// Times a step, after three that do not count.
    ///
    /// # Errors
    /// When the device fails.
    pub fn time(&mut self, step: Step, runs: usize) -> Result<Times> {
        if self.mask.is_none() && (step.trains() || !self.inference) {
            // A pass draws the masks that the architecture asks for; every step then uses the same ones. As in use there are none, and a pass as in
            // training would take more memory than all that is measured.
            let mut pass = TrainingPass::new(0, 0);
            self.network.forward(self.batch.images().clone(), pass.mode())?;
            self.mask = Some(pass.into_masks());
        }
        time(3, runs, || {
            self.run(step)?;
            // A GPU is not done when its work is asked for.
            let done = self.network.device().sync();
            done.map_err(|e| Error::device("waiting for a step", e))
        })
    }

    fn run(&mut self, step: Step) -> Result<()> {
        let mut pass = TrainingPass::with_masks(self.mask.clone().unwrap_or_default());
        match step {
            Step::Forward => {
                let images = self.batch.images().clone();
                let logits = match self.inference {
                    true => self.network.logits(images)?,
                    false => self.network.forward(images, pass.mode())?,
                };
                to_vec(logits).map(drop)
            }
            Step::InputGradient => {
                let images = self.batch.images().clone();
                let (logits, pullback) = match self.inference {
                    true => self.network.logits_with_pullback(images.clone())?,
                    false => self.network.forward_with_pullback(images.clone(), pass.mode())?,
                };
                let cotangent = Loss::CrossEntropy.cotangent(&logits, &self.batch.labels, &images)?;
                let attacked = images + pullback.apply(cotangent)?.sign() * 0.1;
                let bounds = self.network.bounds();
                to_vec(attacked.clamp(bounds.low, bounds.high)).map(drop)
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
        let adam = self.adam.get_or_insert_with(|| {
            let options = AdamOptions {
                learning_rate: 2e-4,
                epsilon: 1e-4,
                ..AdamOptions::default()
            };
            Adam::new(&self.network, options)
        });
        adam.step(&mut self.network, tracked, &mut gradients)?;
        self.network.update_moving_averages(pass);
        Ok(())
    }
}
