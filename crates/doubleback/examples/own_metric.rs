//! A metric of your own, in a few lines: the pointing game (Zhang et al. 2018). Does the greatest value of the map lie on the object? For a digit on black the object is
//! where ink is.
//!
//!     cargo run --release -p doubleback --example own_metric

use burn::tensor::Device;
use doubleback::Result;
use doubleback::batch::Batch;
use doubleback::data::{self, LoadOptions};
use doubleback::explain::{Explainer, Gradient, InputXGradient, Occlusion};
use doubleback::faithfulness::{Explained, Measured, Metric};
use doubleback::nn::{Network, Pool, paper_cnn};
use doubleback::train::{Normal, TrainOptions, train};

/// 1 where the greatest value lies within so many pixels of ink, 0 elsewhere; higher is better.
struct PointingGame {
    /// Pixels; the paper allows some, since annotations are coarse.
    tolerance: usize,
}

impl Metric for PointingGame {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        let (height, width) = (explained.shape().height, explained.shape().width);
        let hit = |image: usize| {
            let (map, pixels) = (explained.relevance(image), explained.pixels(image));
            let greatest = (0..map.len()).max_by(|&a, &b| map[a].total_cmp(&map[b])).unwrap_or(0);
            let (row, column) = (greatest / width, greatest % width);
            let near = |at: usize, end: usize| at.saturating_sub(self.tolerance)..=(at + self.tolerance).min(end - 1);
            near(row, height).any(|row| near(column, width).any(|column| pixels[row * width + column] > 0.5))
        };
        let values = (0..explained.len()).map(|image| f64::from(u8::from(hit(image))));
        Ok(values.collect::<Vec<_>>().into())
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
    let test = Batch::new(&dataset.test, dataset.shape, dataset.classes.len(), 0..50, &device)?;
    let methods: [(&str, &dyn Explainer); 3] = [
        ("gradient", &Gradient),
        ("input x gradient", &InputXGradient),
        ("occlusion", &Occlusion::default()),
    ];
    for (name, method) in methods {
        let explained = Explained::by(&network, test.images(), &test.labels, method)?;
        if let Some(found) = (PointingGame { tolerance: 0 }).measure(&explained)?.summary() {
            println!(
                "{name}: {:.0} % of {} maps point at ink",
                100.0 * found.mean,
                found.count
            );
        }
    }
    Ok(())
}
