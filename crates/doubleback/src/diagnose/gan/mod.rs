//! InterpretGAN: for each layer of a frozen classifier a generator of images from the layer's latent, all trained against one discriminator.
//!
//! The formulation is this project's own (see [`diagnose`](super)): images look like data, carry the class that the classifier sees in the latent,
//! and take from noise what the latent leaves open. Generators see clean training images only.
mod checkpoint;
mod discriminator;
mod explain;
mod generator;
mod grid;
mod losses;
mod noise;
mod options;
mod see;
mod spectral;
mod step;
mod train;

pub use discriminator::{Discriminator, Judgement};
pub use explain::InterpretGan;
pub use generator::{Generator, LatentKind};
pub use losses::{adversarial_loss, anchor_loss, class_loss, discriminator_loss, latent_loss, noise_loss};
pub use noise::noise;
pub use options::{ClassTarget, GanOptions};
pub use step::{Latents, Players, Seen, StepLosses};
pub use train::{GanFiles, Subject, train_gan};
