//! What the layers of a classifier hold: images generated from latents, and blocks for whatever reads latents.
//!
//! After Zheng, Zhang, Lee & Prakash 2020 (arXiv 2007.08716), of which only the abstract was at hand: networks, losses and measures are this
//! project's own formulation.
mod decoder;
mod embedding;

pub use decoder::{Decoder, LatentDecoder};
pub use embedding::Embedding;
