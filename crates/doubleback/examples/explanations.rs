//! Which pixels of digits speak for their class, by several methods, and how far these are to be believed.
//!
//!     cargo run --release -p doubleback --example explanations

use burn::tensor::Device;
use doubleback::Result;
use doubleback::batch::Batch;
use doubleback::data::{self, LoadOptions};
use doubleback::explain::{
    Explainer, GradCam, Gradient, InputXGradient, IntegratedGradients, Noise, SmoothGrad, Upsampled, Upsampling,
};
use doubleback::faithfulness::{Deletion, Explained, MaxSensitivity, Metric, Sparseness};
use doubleback::nn::{Network, Pool, paper_cnn};
use doubleback::train::{Normal, TrainOptions, train};

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

    // Any method can be smoothed. What a layer says is brought to the size of the images, which metrics want.
    let smooth = SmoothGrad {
        of: InputXGradient,
        noise: Noise {
            draws: 10,
            ..Noise::default()
        },
    };
    let cam = Upsampled {
        of: GradCam::default(),
        how: Upsampling::Bilinear,
    };
    let methods: [(&str, &dyn Explainer); 4] = [
        ("gradient", &Gradient),
        ("integrated gradients", &IntegratedGradients::default()),
        ("smoothed input x gradient", &smooth),
        ("Grad-CAM", &cam),
    ];
    // It asks the method anew about each noisy image.
    let sensitivity = MaxSensitivity {
        samples: 5,
        ..MaxSensitivity::default()
    };
    let metrics: [(&str, &dyn Metric); 3] = [
        ("deletion, lower is better", &Deletion::default()),
        ("sparseness, higher is better", &Sparseness {}),
        ("max-sensitivity, lower is better", &sensitivity),
    ];
    for (name, method) in methods {
        let explained = Explained::by(&network, test.images(), &test.labels, method)?;
        println!("{name}");
        for (metric, of) in metrics {
            if let Some(found) = of.measure(&explained)?.summary() {
                println!("    {metric}: {:.3} of {} images", found.mean, found.count);
            }
        }
    }
    // By how much the values of integrated gradients miss what they promise to sum to.
    let found = IntegratedGradients::default().explain(&network, test.images(), &test.labels)?;
    let gaps = found.gap.unwrap_or_default();
    let worst = gaps.iter().fold(0f64, |worst, gap| worst.max(gap.abs()));
    println!("greatest gap of integrated gradients: {worst:.2e} units of the logit");
    Ok(())
}
