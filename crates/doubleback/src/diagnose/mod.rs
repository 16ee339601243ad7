//! Which layer breaks: explanations of a model's latents by InterpretGAN, and how much of its vulnerability each layer contributes.
//!
//! After Zheng, Zhang, Lee, Prakash, "Understanding and Diagnosing Vulnerability under Adversarial Attacks" (2020, arXiv 2007.08716). Only the
//! abstract of that paper is public to us: the formulas are this project's own, and so are all numbers.
mod checks;
mod decoder;
mod embedding;
mod eps;
mod estimate;
mod explainer;
mod gan;
mod images;
mod information;
mod measurements;
mod probe_input;
mod probes;
mod standard;
mod vulnerability;

pub use checks::{AGREEMENT, Bar, CONSISTENCY, Check, CheckName, Measured, SUCCESS, checks, oracle_is_weak};
pub use decoder::{Decoder, LatentDecoder};
pub use embedding::Embedding;
pub use eps::{EpsSweep, eps_sweep};
pub use estimate::{bootstrapped, mean, mean_of, share_of, share_that};
pub use explainer::Explainer;
pub use gan::{
    ClassTarget, Discriminator, GanFiles, GanOptions, Generator, InterpretGan, Judgement, LatentKind, Latents, Players,
    Seen, StepLosses, Subject, adversarial_loss, anchor_loss, class_loss, discriminator_loss, latent_loss, noise,
    noise_loss, train_gan,
};
pub use images::batches;
pub use information::{Decoders, InformationOptions, drawn_mean, information, nats, quantisation_variance};
pub use measurements::{Agreement, EpsPoint, Estimate, InformationLayer, LossPoint, ProbeLayer};
pub use probes::{ProbeOptions, ProbeReading, Probes, probe_layers};
pub use standard::Standard;
pub use vulnerability::{Judge, OracleReading, Shares, flip_stages, greatest, shares};
