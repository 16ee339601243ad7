//! A model of your own in stages, attacked and then probed stage by stage: after which stage do the features say something wrong?
//! Here each class has a template, the mean of its training images in squares of 4 by 4 pixels; the nearest template is the answer.
//!
//!     cargo run --release -p doubleback --example own_stages

use burn::tensor::{Device, Tensor};
use doubleback::Result;
use doubleback::attack::{Fgsm, Goal, run};
use doubleback::batch::Batch;
use doubleback::data::{self, Bounds, ImageShape, LoadOptions};
use doubleback::diagnose::{ProbeOptions, ProbeReading, Probes};
use doubleback::nn::{Classifier, Pullback, Stage, Staged};

/// Nearest template of 7 by 7 squares.
struct Templates {
    shape: ImageShape,
    bounds: Bounds,
    /// `[49, classes]`.
    templates: Tensor<2>,
}

/// Images `[n, 1, 28, 28]` to the means of their squares, `[n, 7, 7, 1]`.
fn squares(images: Tensor<4>) -> Tensor<4> {
    let n = images.dims()[0];
    let squares = images.reshape([n, 7, 4, 7, 4]).mean_dim(4).mean_dim(2);
    squares.reshape([n, 7, 7, 1])
}

impl Classifier for Templates {
    fn classes(&self) -> usize {
        self.templates.dims()[1]
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        self.logits_from(1, squares(images))
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let n = images.dims()[0];
        let pullback = Pullback::new(move |cotangent: Tensor<2>| {
            // Each pixel has a sixteenth of what its square has.
            let squares = cotangent.matmul(self.templates.clone().transpose()) * (2.0 / 16.0);
            let pixels = squares.reshape([n, 7, 1, 7, 1]).repeat(&[1, 1, 4, 1, 4]);
            Ok(pixels.reshape([n, 1, 28, 28]))
        });
        Ok((self.logits(images)?, pullback))
    }
}

impl Staged for Templates {
    fn stages(&self) -> Vec<Stage> {
        let stage = |name: &str, size| Stage {
            name: name.into(),
            size,
        };
        vec![
            stage("input", [28, 28, 1]),
            stage("squares", [7, 7, 1]),
            stage("logits", [1, 1, self.classes()]),
        ]
    }

    fn latents(&self, images: Tensor<4>, stages: &[usize]) -> Result<Vec<Tensor<4>>> {
        let n = images.dims()[0];
        let squares = squares(images.clone());
        let logits = self.logits_from(1, squares.clone())?;
        // With one channel, [n, 1, 28, 28] and [n, 28, 28, 1] hold the same in the same order.
        let all = [
            images.reshape([n, 28, 28, 1]),
            squares,
            logits.reshape([n, 1, 1, self.classes()]),
        ];
        Ok(stages.iter().map(|&stage| all[stage].clone()).collect())
    }

    fn logits_from(&self, stage: usize, latent: Tensor<4>) -> Result<Tensor<2>> {
        let n = latent.dims()[0];
        match stage {
            0 => self.logits_from(1, squares(latent.reshape([n, 1, 28, 28]))),
            1 => {
                // The squared distance, up to what is the same for all classes, with its sign turned.
                let products = latent.reshape([n, 49]).matmul(self.templates.clone()) * 2.0;
                Ok(products - self.templates.clone().square().sum_dim(0))
            }
            _ => Ok(latent.reshape([n, self.classes()])),
        }
    }
}

fn main() -> Result<()> {
    let device = Device::flex();
    let dataset = data::load("mnist-mini", &LoadOptions::default())?;
    let train = Batch::new(&dataset.train, dataset.shape, 10, 0..4_000, &device)?;
    let features = squares(train.images().clone()).reshape([4_000, 49]);
    let counts = train.targets.clone().sum_dim(0);
    let model = Templates {
        shape: dataset.shape,
        bounds: dataset.bounds,
        templates: features.transpose().matmul(train.targets) / counts,
    };

    let test = Batch::new(&dataset.test, dataset.shape, 10, 0..1_000, &device)?;
    let away = Goal::AwayFrom(test.labels.clone());
    let attacked = run(&model, &Fgsm::default(), test.images(), &away, &[0.1])?;
    let fooled = attacked.by_eps[0].success.iter().filter(|&&fooled| fooled).count();
    println!("FGSM at eps 0.1: {fooled} of 1,000 images are classified wrongly");

    let probes = Probes::train(
        &model,
        &[0, 1, 2],
        &dataset.train,
        &ProbeOptions::default(),
        &device,
        &mut (),
    )?;
    let errors = |images: &Tensor<4>| -> Result<Vec<f64>> {
        let mut reading = ProbeReading::default();
        probes.read(&model, images.clone(), &test.labels, &mut reading)?;
        let share = |wrong: &Vec<bool>| wrong.iter().filter(|&&wrong| wrong).count() as f64 / wrong.len() as f64;
        Ok(reading.wrong.iter().map(share).collect())
    };
    let (clean, damaged) = (errors(test.images())?, errors(&attacked.by_eps[0].images)?);
    let mut before = 0.0;
    for (stage, (clean, damaged)) in model.stages().iter().zip(clean.iter().zip(&damaged)) {
        let added = damaged - clean;
        println!(
            "{:8} error {:4.1} % clean, {:4.1} % attacked: adds {:+5.1} points",
            stage.name,
            100.0 * clean,
            100.0 * damaged,
            100.0 * (added - before)
        );
        before = added;
    }
    Ok(())
}
