//! An explanation of your own, in a few lines: not "why this class" but "why this class rather than the next best". It is smoothed and measured as all others are.
//!
//!     cargo run --release -p doubleback --example own_explanation

use burn::tensor::{Device, Tensor};
use doubleback::Result;
use doubleback::batch::Batch;
use doubleback::data::{self, LoadOptions};
use doubleback::explain::{Attribution, Explainer, Gradient, Noise, SmoothGrad};
use doubleback::faithfulness::{Explained, Metric, RankAgreement, Stability};
use doubleback::nn::{Classifier, Loss, Network, Pool, paper_cnn};
use doubleback::train::{Normal, TrainOptions, train};

/// The gradient of the target's logit less the greatest of the others.
#[derive(Clone, Copy)]
struct RatherThanTheNext;

impl Explainer for RatherThanTheNext {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        // The loss falls as the margin grows.
        let cotangents = |logits: &Tensor<2>, places| Ok(-Loss::Margin.cotangent(logits, &targets[places], images)?);
        let (_, gradient) = model.logits_with_gradient(images.clone(), &cotangents)?;
        Ok(gradient.into())
    }
}

fn main() -> Result<()> {
    let device = Device::flex();
    let dataset = data::load("mnist-mini", &LoadOptions::default())?;
    let architecture = paper_cnn(dataset.shape, dataset.bounds, dataset.classes.len(), Pool::Max);
    let options = TrainOptions {
        steps: 80,
        ..TrainOptions::default()
    };
    println!("training {} steps", options.steps);
    let network = Network::new(architecture, 0, &device)?;
    let network = train(network, "normal", &Normal, &dataset, &options, None, &mut ())?.network;
    let test = Batch::new(&dataset.test, dataset.shape, dataset.classes.len(), 0..20, &device)?;
    let smoothed = SmoothGrad {
        of: RatherThanTheNext,
        noise: Noise::default(),
    };
    let gradient = Gradient.explain(&network, test.images(), &test.labels)?.values;
    let methods: [(&str, &dyn Explainer); 2] = [("plain", &RatherThanTheNext), ("smoothed", &smoothed)];
    for (name, method) in methods {
        let explained = Explained::by(&network, test.images(), &test.labels, method)?.beside([gradient.clone()])?;
        let agrees = RankAgreement::default().measure(&explained)?.summary();
        let stays = Stability::default().measure(&explained)?.summary();
        if let (Some(agrees), Some(stays)) = (agrees, stays) {
            println!(
                "{name}: {:.2} with the gradient of the class alone, {:.2} with itself on the attacked image",
                agrees.mean, stays.mean
            );
        }
    }
    Ok(())
}
