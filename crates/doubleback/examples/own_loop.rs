//! Double backprop in a training loop of your own, then an FGSM attack on the result.
//!
//!     cargo run --release -p doubleback --example own_loop

use burn::tensor::Device;
use burn::tensor::activation::softmax;
use doubleback::attack::{Fgsm, Goal, run};
use doubleback::batch::Batch;
use doubleback::data::{self, LoadOptions};
use doubleback::nn::{Module, Network, Pool, TrainingPass, cross_entropy, paper_cnn};
use doubleback::ops::AdamOptions;
use doubleback::train::Adam;

fn main() -> doubleback::Result<()> {
    let device = Device::flex();
    let dataset = data::load("mnist-mini", &LoadOptions::default())?;
    let architecture = paper_cnn(dataset.shape, dataset.bounds, dataset.classes.len(), Pool::Max);
    let mut network = Network::new(architecture, 0, &device)?;
    let options = AdamOptions {
        learning_rate: 1e-3,
        ..AdamOptions::default()
    };
    let mut adam = Adam::new(&network, options);
    let lambda = 10.0;
    for step in 0..60 {
        let start = step * 128 % 9_984;
        let batch = Batch::new(&dataset.train, dataset.shape, 10, start..start + 128, &device)?;
        // Dropout masks and batch statistics of this step.
        let mut pass = TrainingPass::new(0, step);
        // The same network with its parameters on a tape.
        let tracked = network.tracked();
        let (logits, pullback) = tracked.forward_with_pullback(batch.images().clone(), pass.mode())?;
        let gradient = pullback.apply(softmax(logits.clone(), 1) - batch.targets.clone())?;
        let penalty = gradient.square().sum() * (lambda / batch.len() as f64);
        let loss = cross_entropy(&logits, &batch.targets) + penalty;
        let mut gradients = loss.backward();
        drop((loss, logits, pullback));
        adam.step(&mut network, tracked, &mut gradients)?;
        network.update_moving_averages(pass);
    }
    let test = Batch::new(&dataset.test, dataset.shape, 10, 0..500, &device)?;
    let away = Goal::AwayFrom(test.labels.clone());
    let attacked = run(&network, &Fgsm::default(), test.images(), &away, &[0.0, 0.1, 0.2])?;
    for adversarial in &attacked.by_eps {
        let right = adversarial.success.iter().filter(|&&fooled| !fooled).count();
        println!("eps {}: {right} of 500 right", adversarial.eps);
    }
    Ok(())
}
