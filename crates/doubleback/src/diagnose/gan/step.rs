//! One step of the game: the discriminator's, then every generator's, on one batch.

use burn::tensor::{Device, Tensor};

use super::discriminator::{Discriminator, Judgement};
use super::generator::{Generator, LatentKind};
use super::losses::{adversarial_loss, anchor_loss, class_loss, discriminator_loss, latent_loss, noise_loss};
use super::options::GanOptions;
use crate::attack::sign_step;
use crate::batch::Batch;
use crate::data::{Bounds, ImageShape};
use crate::nn::layers::Size;
use crate::nn::{Mode, Module, Staged, TrainingPass, to_vec};
use crate::train::Adam;
use crate::{Error, Result};

/// All networks of a training, with their optimizers.
pub struct Players {
    /// The network that all generators are trained against.
    pub discriminator: Discriminator,
    /// Its optimizer.
    pub discriminator_adam: Adam,
    /// One a stage.
    pub generators: Vec<(Generator, Adam)>,
}

/// What generators are for.
#[derive(Clone, Copy)]
pub struct Latents<'a> {
    /// Name and size of each.
    pub stages: &'a [(String, Size)],
    /// Whether the last are the logits.
    pub logits: bool,
}

/// What a step is made from, besides the images: what the frozen classifier says of them.
pub struct Seen {
    /// The latents of the studied stages, `[n, height, width, channels]` each.
    pub latents: Vec<Tensor<4>>,
    /// What the class terms ask for, of each stage: the decision of f as zeros and a one, or `p_f(y|latent)`; `[n, classes]`.
    pub predicted: Vec<Tensor<2>>,
}

/// The losses of a step.
#[derive(Clone, Debug)]
pub struct StepLosses {
    /// Of the discriminator.
    pub discriminator: f64,
    /// Of the recognition network on real labelled images.
    pub anchor: f64,
    /// Adversarial loss, one a stage.
    pub generator: Vec<f64>,
    /// Class term, one a stage.
    pub class: Vec<f64>,
}

impl StepLosses {
    /// The first that is not a finite number.
    pub fn not_finite(&self) -> Option<f64> {
        let all = [self.discriminator, self.anchor].into_iter();
        all.chain(self.generator.iter().copied())
            .chain(self.class.iter().copied())
            .find(|loss| !loss.is_finite())
    }
}

impl Players {
    /// Networks for images within `bounds` and one generator for each named latent.
    pub fn new(
        shape: ImageShape,
        bounds: Bounds,
        classes: usize,
        latents: Latents<'_>,
        options: &GanOptions,
        device: &Device,
    ) -> Result<Self> {
        options.check()?;
        let spectral = options.spectral.unwrap_or(shape.channels == 3);
        let stages = latents.stages;
        let vectors = stages.iter().any(|(_, [height, width, _])| [*height, *width] == [1, 1]);
        let recognised = if vectors && options.noise_weight > 0.0 {
            options.recognised
        } else {
            0
        };
        let discriminator = Discriminator::new(shape, bounds, classes, recognised, spectral, options.seed, device)?;
        let generator = |(index, (name, size)): (usize, &(String, Size))| {
            let name = format!("generators.{name}");
            let kind = match latents.logits && index + 1 == stages.len() {
                true => LatentKind::Logits(classes),
                false => LatentKind::Stage(*size),
            };
            let generator = Generator::new(&name, kind, options.noise, shape, bounds, options.seed, device)?;
            let adam = Adam::new(&generator, options.adam(options.generator_rate));
            Ok((generator, adam))
        };
        Ok(Self {
            discriminator_adam: Adam::new(&discriminator, options.adam(options.discriminator_rate)),
            discriminator,
            generators: stages.iter().enumerate().map(generator).collect::<Result<_>>()?,
        })
    }

    /// One step. `classifier` (with the indices of the stages) is asked only for the latent term.
    pub fn step(
        &mut self,
        batch: &Batch,
        seen: &Seen,
        z: Tensor<2>,
        classifier: Option<(&dyn Staged, &[usize])>,
        options: &GanOptions,
    ) -> Result<StepLosses> {
        let count = options.generator_batch.min(batch.len());
        let first = |t: &Tensor<4>| t.clone().narrow(0, 0, count);
        let predicted: Vec<Tensor<2>> = seen.predicted.iter().map(|p| p.clone().narrow(0, 0, count)).collect();
        let mut games = Vec::with_capacity(self.generators.len());
        for ((generator, _), latents) in self.generators.iter().zip(&seen.latents) {
            let mut pass = TrainingPass::new(0, 0);
            let tracked = generator.tracked();
            let images = tracked.forward(first(latents), z.clone(), &mut pass.mode())?;
            games.push((tracked, images, pass));
        }
        let generated: Vec<Tensor<4>> = games.iter().map(|(_, images, _)| images.clone()).collect();
        let [discriminator, anchor] = self.step_discriminator(batch, &generated, &predicted, &z, options)?;

        // The discriminator is a constant here: no gradient of its weights is computed.
        let judged = self.discriminator.forward(Tensor::cat(generated, 0))?;
        let mut losses = StepLosses {
            discriminator,
            anchor,
            generator: Vec::new(),
            class: Vec::new(),
        };
        let mut total: Option<Tensor<1>> = None;
        for (index, (tracked, images, _)) in games.iter().enumerate() {
            let part = |t: &Tensor<2>| t.clone().narrow(0, index * count, count);
            let adversarial = adversarial_loss(part(&judged.real));
            let class = class_loss(&part(&judged.class), &predicted[index]);
            losses.generator.push(scalar(&adversarial)?);
            losses.class.push(scalar(&class)?);
            let mut loss = adversarial + class * options.class_weight;
            if let (Some(noise), true) = (&judged.noise, tracked.of_vectors()) {
                loss = loss + noise_loss(part(noise), first_values(&z, noise)) * options.noise_weight;
            }
            if let Some((classifier, stages)) = classifier.filter(|_| options.latent_weight > 0.0) {
                let found = classifier
                    .latents(images.clone(), &stages[index..=index])?
                    .swap_remove(0);
                let u = |latents| tracked.standardized(latents);
                loss = loss + latent_loss(u(found)?, u(first(&seen.latents[index]))?) * options.latent_weight;
            }
            total = Some(match total {
                Some(total) => total + loss,
                None => loss,
            });
        }
        let total = total.ok_or_else(|| Error::value("stages", "at least one", 0))?;
        let mut gradients = total.backward();
        drop((total, judged));
        for ((generator, adam), (tracked, images, pass)) in self.generators.iter_mut().zip(games) {
            drop(images);
            adam.step(generator, tracked, &mut gradients)?;
            generator.update_moving_averages(pass);
        }
        Ok(losses)
    }

    /// One step of Q alone, on real labelled images.
    pub fn warm_up(&mut self, batch: &Batch, options: &GanOptions) -> Result<()> {
        self.discriminator.iterate()?;
        let perturbed = self.perturbed(batch, options)?;
        let tracked = self.discriminator.tracked();
        let Judgement { real, class, noise } =
            tracked.forward(Tensor::cat(vec![batch.images().clone(), perturbed], 0))?;
        // The other heads take part with weight 0: Adam asks a gradient of every tensor, and leaves those of zero where they are.
        let others = noise.into_iter().fold(real.sum(), |sum, noise| sum + noise.sum());
        let targets = Tensor::cat(vec![batch.targets.clone(); 2], 0);
        let loss = anchor_loss(&class, &targets) + others * 0.0;
        let mut gradients = loss.backward();
        drop(loss);
        self.discriminator_adam
            .step(&mut self.discriminator, tracked, &mut gradients)
    }

    /// Forgets the warm-up's moments: the game begins with an optimizer that has made no step, as a checkpoint of it says.
    pub fn begin(&mut self, options: &GanOptions) {
        self.discriminator_adam = Adam::new(&self.discriminator, options.adam(options.discriminator_rate));
    }

    /// Real images after a step of FGSM against Q.
    fn perturbed(&self, batch: &Batch, options: &GanOptions) -> Result<Tensor<4>> {
        let bounds = self.discriminator.bounds();
        let range = f64::from(bounds.high - bounds.low);
        let eps = options.anchor_eps_of(self.discriminator.shape().channels) * range;
        let images = batch.images().clone().autodiff().require_grad();
        let class = self.discriminator.forward(images.clone())?.class;
        let gradients = anchor_loss(&class, &batch.targets).backward();
        let gradient = images
            .grad(&gradients)
            .ok_or_else(|| Error::internal("anchoring Q", "its classes do not depend on the images"))?;
        Ok(sign_step(batch.images().clone(), gradient, eps, bounds))
    }

    /// How many of each generator's images the discriminator sees: about as many as real ones in all, half of them from vectors where there are
    /// both kinds. Images of spatial latents are near copies of real ones, from which it would learn little about drawing.
    fn shares(&self, real: usize, count: usize) -> Vec<usize> {
        let vectors = self.generators.iter().filter(|(generator, _)| generator.of_vectors());
        let vectors = vectors.count();
        let images = self.generators.len() - vectors;
        let of_kind = |mine: usize, others: usize| match others {
            0 => real.div_ceil(mine),
            _ => real.div_ceil(2 * mine),
        };
        let share = |vector: bool| match vector {
            true => of_kind(vectors, images),
            false => of_kind(images, vectors),
        };
        let generators = self.generators.iter();
        generators
            .map(|(generator, _)| share(generator.of_vectors()).min(count))
            .collect()
    }

    /// The discriminator's part: the real images against a share of every generator's. Gives its loss and the anchor's.
    fn step_discriminator(
        &mut self,
        batch: &Batch,
        generated: &[Tensor<4>],
        predicted: &[Tensor<2>],
        z: &Tensor<2>,
        options: &GanOptions,
    ) -> Result<[f64; 2]> {
        let (real, count) = (batch.len(), predicted[0].dims()[0]);
        let shares = self.shares(real, count);
        // Of every generator other places of the batch, so that few images are seen twice.
        let start = |index: usize| index * (count - shares[index]) / (generated.len() - 1).max(1);
        let mut images = vec![batch.images().clone()];
        let mut classes = Vec::with_capacity(generated.len());
        for (index, (generated, predicted)) in generated.iter().zip(predicted).enumerate() {
            images.push(generated.clone().inner().narrow(0, start(index), shares[index]));
            classes.push(predicted.clone().narrow(0, start(index), shares[index]));
        }
        let fake = shares.iter().sum();
        self.discriminator.iterate()?;
        images.push(self.perturbed(batch, options)?);
        let tracked = self.discriminator.tracked();
        let Judgement {
            real: logits,
            class,
            noise,
        } = tracked.forward(Tensor::cat(images, 0))?;
        let game = discriminator_loss(logits.clone().narrow(0, 0, real), logits.narrow(0, real, fake));
        let anchors = Tensor::cat(
            vec![
                class.clone().narrow(0, 0, real),
                class.clone().narrow(0, real + fake, real),
            ],
            0,
        );
        let anchor = anchor_loss(&anchors, &Tensor::cat(vec![batch.targets.clone(); 2], 0));
        let recognition = class_loss(&class.narrow(0, real, fake), &Tensor::cat(classes, 0));
        let values = [scalar(&game)?, scalar(&anchor)?];
        let mut loss = game + anchor * options.anchor_weight + recognition * options.recognition_weight;
        if let Some(noise) = noise {
            let vectors = (0..generated.len()).filter(|&index| self.generators[index].0.of_vectors());
            let (found, drawn): (Vec<_>, Vec<_>) = vectors
                .map(|index| {
                    let first = real + shares[..index].iter().sum::<usize>();
                    let found = noise.clone().narrow(0, first, shares[index]);
                    (found, z.clone().narrow(0, start(index), shares[index]))
                })
                .unzip();
            let drawn = first_values(&Tensor::cat(drawn, 0), &noise);
            loss = loss + noise_loss(Tensor::cat(found, 0), drawn) * options.noise_weight;
        }
        let mut gradients = loss.backward();
        drop(loss);
        self.discriminator_adam
            .step(&mut self.discriminator, tracked, &mut gradients)?;
        Ok(values)
    }

    /// Images of every generator in inference, `[n, channels, height, width]` each.
    pub fn explain(&self, latents: &[Tensor<4>], z: &Tensor<2>) -> Result<Vec<Tensor<4>>> {
        let pairs = self.generators.iter().zip(latents);
        pairs
            .map(|((generator, _), latents)| generator.forward(latents.clone(), z.clone(), &mut Mode::Inference))
            .collect()
    }
}

/// As many values of the noise as are recognised.
fn first_values(z: &Tensor<2>, recognised: &Tensor<2>) -> Tensor<2> {
    z.clone().narrow(1, 0, recognised.dims()[1])
}

fn scalar(loss: &Tensor<1>) -> Result<f64> {
    Ok(to_vec(loss.clone().inner())?[0].into())
}
