//! Networks whose input gradient is an ordinary value.
//!
//! [`Network::forward_with_pullback`] gives, with the logits, their [`Pullback`]: the function from a cotangent of the logits to a gradient of
//! the input, written as forward ops on the same tape, so that a loss may contain it (design after JAX's `vjp`).
//! [`Classifier`] is all that attacks and evaluation ask of a model; any function of Burn tensors is one through [`FromFunction`].
mod architecture;
mod architectures;
mod chain;
mod classifier;
mod ensemble;
mod fusion;
mod graph;
mod initialize;
pub mod layers;
mod loss;
mod network;
mod parameter;
mod save;
mod staged;

pub use architecture::{Architecture, LayerSpec};
pub use architectures::{
    ARCHITECTURES, Pool, architecture, check_architecture, paper_cnn, paper_input, resnet_small, small_cnn, vgg_small,
};
pub use chain::{Chain, Module};
pub(crate) use classifier::check_images;
pub use classifier::{Classifier, FromFunction, Pullback};
pub use ensemble::Ensemble;
pub use loss::{Loss, cross_entropy, one_hot, predictions, to_vec};
pub(crate) use network::to_nhwc;
pub use network::{Mode, Network, TrainingPass};
pub use parameter::Parameter;
pub use save::{ModelCard, load, save};
pub use staged::{Stage, Staged, stage_indices};
