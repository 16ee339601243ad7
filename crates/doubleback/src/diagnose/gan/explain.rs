use std::path::Path;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::discriminator::Discriminator;
use super::generator::Generator;
use super::noise::noise;
use super::options::GanOptions;
use super::step::{Latents, Players};
use crate::data::{Bounds, ImageShape};
use crate::diagnose::LossPoint;
use crate::nn::{Mode, Module, Stage};
use crate::random::Stream;
use crate::tensor_file::{self, FORMAT, Kind, TensorFile, add_fact};
use crate::{Error, Result};

/// The trained generators of a classifier's stages, with the discriminator they were trained against and how.
#[derive(Clone, Debug)]
pub struct InterpretGan {
    pub(super) facts: Facts,
    pub(super) generators: Vec<Generator>,
    pub(super) discriminator: Discriminator,
}

/// Everything of a trained InterpretGAN but its tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Facts {
    /// What the classifier is, as the one who trained it said.
    pub identity: String,
    /// Name and size (height, width, channels) of each stage's latent.
    pub stages: Vec<(String, [usize; 3])>,
    /// Whether the last of them is the classifier's last, the logits.
    pub logits: bool,
    pub input: [usize; 3],
    pub bounds: [f32; 2],
    pub classes: usize,
    pub options: GanOptions,
    pub losses: Vec<LossPoint>,
    pub seconds: f64,
}

const FACTS: &str = "interpretgan";
/// What files are written as, and what those that do not say are of.
const CURRENT: &str = "doubleback-interpretgan-1";
const KIND: Kind = Kind {
    name: "file of its kind",
    reading: "reading",
    advice: "Train it again",
};

impl Facts {
    pub fn shape(&self) -> ImageShape {
        let [channels, height, width] = self.input;
        ImageShape {
            channels,
            height,
            width,
        }
    }

    /// Refuses a damaged file before networks are made that memory does not hold: of all these sizes the file has tensors as long.
    fn check(&self, file: &TensorFile) -> Result<()> {
        let sizes = self.stages.iter().map(|(_, size)| size).chain([&self.input]);
        let products = sizes.map(|size| size.iter().try_fold(1usize, |product, &side| product.checked_mul(side)));
        let lengths = [self.classes, self.options.noise, self.options.recognised].map(Some);
        let fits = |size: Option<usize>| size.is_some_and(|size| (1..=file.most_values()).contains(&size));
        match products.chain(lengths).all(fits) {
            true => Ok(()),
            false => Err(file.damaged(&format!("`{FACTS}`: a size that the file cannot have"))),
        }
    }

    /// Networks as they start.
    pub fn players(&self, device: &Device) -> Result<Players> {
        let [low, high] = self.bounds;
        let bounds = Bounds { low, high };
        let latents = Latents {
            stages: &self.stages,
            logits: self.logits,
        };
        Players::new(self.shape(), bounds, self.classes, latents, &self.options, device)
    }
}

impl InterpretGan {
    /// The stages that there are generators for, in order.
    pub fn stages(&self) -> Vec<Stage> {
        let stages = self.facts.stages.iter();
        stages
            .map(|(name, size)| Stage {
                name: name.clone(),
                size: *size,
            })
            .collect()
    }

    /// The classifier that was explained, as given to [`train_gan`](super::train_gan).
    pub fn identity(&self) -> &str {
        &self.facts.identity
    }

    /// How it was trained.
    pub fn options(&self) -> &GanOptions {
        &self.facts.options
    }

    /// The losses, point by point.
    pub fn losses(&self) -> &[LossPoint] {
        &self.facts.losses
    }

    /// Seconds spent in training steps.
    pub fn seconds(&self) -> f64 {
        self.facts.seconds
    }

    /// The generators, one a stage.
    pub fn generators(&self) -> &[Generator] {
        &self.generators
    }

    /// The discriminator, with the recognition network.
    pub fn discriminator(&self) -> &Discriminator {
        &self.discriminator
    }

    /// `z` number `index` for `count` images: the same at each call. Give latents that are to be compared the same `z`.
    pub fn noise(&self, count: usize, index: u64, device: &Device) -> Tensor<2> {
        let GanOptions { noise: size, seed, .. } = self.facts.options;
        noise(count, size, seed, Stream::ExplanationNoise { index }, device)
    }

    /// `G_k(l, z)`: what stage number `stage` of [`stages`](Self::stages) sees in latents, as images within the bounds of the data.
    ///
    /// # Shapes
    /// - `latents`: `[n, height, width, channels]`
    /// - `z`: `[n, noise]`, see [`noise`](Self::noise)
    /// - result: `[n, channels, height, width]`
    ///
    /// # Errors
    /// When there is no such stage or a shape does not fit.
    pub fn explain(&self, stage: usize, latents: Tensor<4>, z: Tensor<2>) -> Result<Tensor<4>> {
        let generator = self.generators.get(stage).ok_or_else(|| {
            let expected = format!("less than {}, the number of stages", self.generators.len());
            Error::value("stage", expected, stage)
        })?;
        generator.forward(latents, z, &mut Mode::Inference)
    }

    /// The mean of the explanations with the first `draws` noises: what does not hang on `z`.
    ///
    /// # Errors
    /// As [`explain`](Self::explain), and when `draws` is 0.
    pub fn mean_explanation(&self, stage: usize, latents: Tensor<4>, draws: u64) -> Result<Tensor<4>> {
        let (count, device) = (latents.dims()[0], latents.device());
        let mut sum = self.explain(stage, latents.clone(), self.noise(count, 0, &device))?;
        for index in 1..draws {
            sum = sum + self.explain(stage, latents.clone(), self.noise(count, index, &device))?;
        }
        match draws {
            0 => Err(Error::value("draws", "at least 1", 0)),
            _ => Ok(sum / draws as f64),
        }
    }

    /// Writes it to `path` (`.safetensors`), whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut facts = tensor_file::Facts::from([(FORMAT.to_owned(), CURRENT.to_owned())]);
        add_fact(&mut facts, FACTS, &self.facts)?;
        let tensors = tensors(&self.discriminator).chain(self.generators.iter().flat_map(tensors));
        tensor_file::write(path, tensors, &facts)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// When the file is missing, damaged, or another kind of file.
    pub fn load(path: &Path, device: &Device) -> Result<Self> {
        let missing = || Error::file(path, "is not there. Train generators first");
        let file = TensorFile::find(path, &KIND)?.ok_or_else(missing)?;
        file.format(FACTS, &[CURRENT])?;
        let facts: Facts = file.fact(FACTS)?;
        facts.check(&file)?;
        let players = facts.players(device)?;
        let mut discriminator = players.discriminator;
        restore(&mut discriminator, &file, device)?;
        let mut generators = Vec::with_capacity(players.generators.len());
        for (mut generator, _) in players.generators {
            restore(&mut generator, &file, device)?;
            generators.push(generator);
        }
        Ok(Self {
            facts,
            generators,
            discriminator,
        })
    }
}

/// All tensors of a module, for a file.
pub(super) fn tensors<M: Module>(module: &M) -> impl Iterator<Item = (String, Vec<usize>, &Tensor<1>)> {
    module
        .tensors()
        .map(|p| (p.name().to_owned(), p.dims().to_vec(), p.value()))
}

/// Fills a module from a file.
pub(super) fn restore(module: &mut impl Module, file: &TensorFile, device: &Device) -> Result<()> {
    let named: Vec<(String, Vec<usize>)> = tensors(module).map(|(name, dims, _)| (name, dims)).collect();
    for (name, dims) in named {
        module.set(&name, file.tensor(&name, &dims, device)?)?;
    }
    Ok(())
}
