use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

use super::batch::random_images;
use super::times::{Times, time};
use doubleback::Result;
use doubleback::batch::Batch;
use doubleback::data::{Bounds, ImageShape};
use doubleback::diagnose::{GanOptions, Latents, Players, Seen, noise};
use doubleback::random::Stream;

/// One training step of InterpretGAN with a single generator, on random images of 28 x 28 and latents of 7 x 7 x 64 (the second pool of the
/// paper's network): the generator's images, the discriminator's step on them and as many real ones, the generator's step. The pass
/// through the classifier is not part of it.
pub struct GanBench {
    players: Players,
    batch: Batch,
    seen: Seen,
    z: Tensor<2>,
    options: GanOptions,
}

const LATENT: [usize; 3] = [7, 7, 64];
const CLASSES: usize = 10;

impl GanBench {
    /// Draws weights, `batch` images with their labels, latents and noise.
    ///
    /// # Errors
    /// When the device fails.
    pub fn new(batch: usize, device: &Device) -> Result<Self> {
        let shape = ImageShape {
            channels: 1,
            height: 28,
            width: 28,
        };
        let options = GanOptions {
            batch,
            generator_batch: batch,
            ..GanOptions::default()
        };
        let [height, width, channels] = LATENT;
        let draw = |values: usize, seed| noise(batch, values, seed, Stream::GeneratorNoise { step: 0 }, device);
        let seen = Seen {
            latents: vec![draw(LATENT.iter().product(), 1).reshape([batch, height, width, channels])],
            predicted: vec![softmax(draw(CLASSES, 2), 1)],
        };
        let stages = [("pool2".to_owned(), LATENT)];
        let latents = Latents {
            stages: &stages,
            logits: false,
        };
        Ok(Self {
            players: Players::new(shape, Bounds::UNIT, CLASSES, latents, &options, device)?,
            batch: random_images(shape, CLASSES, batch, device)?,
            seen,
            z: draw(options.noise, 3),
            options,
        })
    }

    /// Times a step, after three that do not count.
    ///
    /// # Errors
    /// When the device fails.
    pub fn time(&mut self, runs: usize) -> Result<Times> {
        time(3, runs, || {
            let z = self.z.clone();
            let step = self.players.step(&self.batch, &self.seen, z, None, &self.options);
            step.map(drop)
        })
    }
}
