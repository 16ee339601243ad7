//! Networks whose input gradient is an ordinary value.
//!
//! [`Network::forward_with_pullback`] gives, with the logits, their [`Pullback`]: the function from a cotangent of the logits to a gradient of
//! the input, written as forward ops on the same tape, so that a loss may contain it (design after JAX's `vjp`).
//! [`Classifier`] is all that attacks and evaluation ask of a model; any function of Burn tensors is one through [`FromFunction`].
mod activation;
mod architecture;
mod architectures;
pub mod card;
mod chain;
mod checked;
mod checksum;
mod classifier;
mod cost;
mod ensemble;
mod expected;
mod from_function;
mod fusion;
mod graph;
mod head;
mod inference;
mod initialize;
mod layer_spec;
mod layered;
pub mod layers;
mod layout;
mod loss;
mod merged;
mod mode;
mod module;
mod nearby;
mod network;
mod old_format;
mod parameter;
mod pool;
mod portions;
mod pullback;
mod reach;
mod recorded;
mod save;
mod staged;
mod summary;
mod tensors;
mod training_pass;
mod whole;
mod windowed;

pub use activation::Activation;
pub use architecture::Architecture;
pub use architectures::{
    ARCHITECTURES, architecture, check_architecture, paper_cnn, paper_input, resnet_small, resnet18, small_cnn,
    vgg_small, wrn_28_2,
};
pub use card::ModelCard;
pub use chain::Chain;
pub(crate) use checked::{Checked, first_bad};
pub use checksum::checksum;
pub(crate) use classifier::check_images;
pub use classifier::{Classifier, Cotangents, Stage, Staged};
pub use doubleback_ops::kernels::with_direct_convolutions;
pub use ensemble::Ensemble;
pub use expected::Expected;
pub use from_function::FromFunction;
pub use initialize::Start;
pub use layer_spec::{IMAGES, LayerSpec};
pub use layered::{LayerByLayer, LayerPass, LayerRule, Layered};
pub(crate) use layout::{to_nchw, to_nhwc};
pub use loss::{Loss, cross_entropy, one_hot, predictions, to_vec};
pub use mode::Mode;
pub use module::Module;
pub use nearby::{Change, Nearby};
pub use network::Network;
pub(crate) use old_format::renewed_description;
pub use parameter::Parameter;
pub use pool::Pool;
pub use pullback::Pullback;
pub(crate) use pullback::check_type;
pub use save::{load, load_bytes, save};
pub use staged::stage_indices;
pub use summary::{LayerSummary, StageSummary, Standardization, Summary};
pub use tensors::Tensors;
pub use training_pass::TrainingPass;
pub use whole::nearby;
