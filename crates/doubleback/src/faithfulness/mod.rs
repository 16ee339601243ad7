//! Faithfulness: how far to believe an explanation, in numbers. One metric a file, by the question it asks.
//!
//! All metrics are asked about the same thing, [`Explained`]: images with a map each, and what some metrics need besides (the method that made the maps, the
//! network whose weights are drawn anew, maps of other methods). Each gives one number an image, [`Measured`], and their mean with an interval.
//! What an image is given never depends on the images around it, and what is drawn depends on the seed and the image alone.
//!
//! [`MetricSpec`] is the table of all metrics: names, directions, units, options and defaults.
//!
//! | question | name | metric | better |
//! |---|---|---|---|
//! | does the model miss what the map calls important? | `deletion` | [`Deletion`]: area under the model's answer while the most important pixels go | lower |
//! | | `insertion` | [`Insertion`]: the same while they come | higher |
//! | | `pixel-flipping` | [`PixelFlipping`]: while they are turned to their opposite | lower |
//! | | `road` | [`Road`]: share of the images still recognized while they are made up from their neighbors | lower |
//! | does the map say by how much the model's answer changes? | `infidelity` | [`Infidelity`] | lower |
//! | | `completeness` | [`Completeness`]: what the values' sum misses of the change to a baseline | lower |
//! | does the map stay where the image hardly changes? | `max-sensitivity` | [`MaxSensitivity`]: its greatest change under noise | lower |
//! | | `stability` | [`Stability`]: rank correlation with the map of the adversarial example | higher |
//! | can a person read it? | `sparseness` | [`Sparseness`]: Gini index | higher |
//! | | `complexity` | [`Complexity`]: entropy | lower |
//! | | `smoothness` | [`Smoothness`]: total variation | lower |
//! | does it depend on what was learned? | `randomization` | [`Randomization`]: rank correlation with the maps of a network with new weights | lower |
//! | do methods agree? | `rank-agreement` | [`RankAgreement`]: rank correlation with the maps of other methods | neither |
//! | | `top-agreement` | [`TopAgreement`]: share of the most important pixels in common | neither |
mod agreement;
mod answers;
mod explained;
mod fidelity;
mod fill;
mod measured;
mod metric;
mod noise;
mod relevance;
mod removal;
mod sanity;
mod shape;
mod spec;
mod stability;

pub use agreement::{RankAgreement, TopAgreement};
pub use answers::Answer;
pub use explained::Explained;
pub use fidelity::{Completeness, Infidelity, Perturbation};
pub use fill::Fill;
pub use measured::{Measured, Summary};
pub use metric::{Direction, Metric, Need};
pub use removal::{Curves, Deletion, Insertion, Order, PixelFlipping, Road};
pub use sanity::{OfLayer, Randomization, Reach};
pub use shape::{Complexity, Smoothness, Sparseness};
pub use spec::MetricSpec;
pub use stability::{MaxSensitivity, Stability};
