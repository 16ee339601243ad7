//! A gradient penalty of your own, in a few lines: which loss (as its gradient with respect to the logits), which norm, which weight.
//! Here the margin between the true logit and the largest other one is to be insensitive to the image, in the L1 norm.
//!
//!     cargo run --release -p doubleback --example own_penalty

use burn::tensor::{Device, Tensor};
use doubleback::attack::{Fgsm, Goal, run};
use doubleback::batch::Batch;
use doubleback::data::{self, LoadOptions};
use doubleback::nn::{Loss, Network, Pool, paper_cnn};
use doubleback::ops::AdamOptions;
use doubleback::train::{GradientPenalty, Norm, TrainOptions, train};

fn main() -> doubleback::Result<()> {
    let device = Device::flex();
    let dataset = data::load("mnist-mini", &LoadOptions::default())?;
    let margin = |logits: &Tensor<2>, batch: &Batch| {
        Loss::Margin.cotangent(&logits.clone().inner(), &batch.labels, batch.images())
    };
    let penalty = GradientPenalty {
        loss: margin,
        norm: Norm::L1,
        lambda: 0.01,
    };
    let options = TrainOptions {
        steps: 80,
        adam: AdamOptions {
            learning_rate: 1e-3,
            ..AdamOptions::default()
        },
        ..TrainOptions::default()
    };
    let test = Batch::new(&dataset.test, dataset.shape, 10, 0..500, &device)?;
    for (name, lambda) in [("plain", 0.0), ("penalized", penalty.lambda)] {
        let penalty = GradientPenalty { lambda, ..penalty };
        let architecture = paper_cnn(dataset.shape, dataset.bounds, dataset.classes.len(), Pool::Max);
        let network = Network::new(architecture, 0, &device)?;
        let mut report = |progress: doubleback::progress::Progress| {
            if let Some(loss) = progress.loss.filter(|_| progress.step.is_multiple_of(20)) {
                println!("{name}: step {} of {}, loss {loss:.3}", progress.step, progress.steps);
            }
            std::ops::ControlFlow::Continue(())
        };
        let trained = train(network, name, &penalty, &dataset, &options, None, &mut report)?;
        let away = Goal::AwayFrom(test.labels.clone());
        let attacked = run(
            &trained.network,
            &Fgsm::default(),
            test.images(),
            &away,
            &[0.0, 0.1, 0.2],
        )?;
        for adversarial in &attacked.by_eps {
            let right = adversarial.success.iter().filter(|&&fooled| !fooled).count();
            println!("{name}: FGSM eps {}: {right} of 500 right", adversarial.eps);
        }
    }
    Ok(())
}
