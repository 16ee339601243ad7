//! The built-in architectures, one file each: lists of named layers for images of any shape that they fit.
mod of_modules;
mod paper_cnn;
mod paper_input;
mod resnet18;
mod resnet_small;
mod small_cnn;
mod vgg_small;
mod wrn_28_2;

use super::architecture::Architecture;
use super::layer_spec::LayerSpec;
use super::layers::LayerKind;
use super::pool::Pool;
use crate::data::{Bounds, ImageShape};
use crate::{Error, Result};

pub use paper_cnn::paper_cnn;
pub use paper_input::paper_input;
pub use resnet_small::resnet_small;
pub use resnet18::resnet18;
pub use small_cnn::small_cnn;
pub use vgg_small::vgg_small;
pub use wrn_28_2::wrn_28_2;

/// Names of the architectures, as on the command line.
pub const ARCHITECTURES: [&str; 6] = [
    "paper-cnn",
    "small-cnn",
    "vgg-small",
    "resnet-small",
    "resnet18",
    "wrn-28-2",
];

/// Those that have no pooling layers to choose.
const WITHOUT_POOL: [&str; 3] = ["resnet-small", "resnet18", "wrn-28-2"];

/// Checks that there is an architecture of a name.
///
/// # Errors
/// When there is none; the message suggests the nearest.
pub fn check_architecture(name: &str) -> Result<()> {
    match ARCHITECTURES.contains(&name) {
        true => Ok(()),
        false => Err(Error::unknown("architecture", name, ARCHITECTURES)),
    }
}

/// The architecture of a name, for images of this shape. The residual ones have no pooling layers to choose and take the default kind alone.
///
/// # Errors
/// As [`check_architecture`]; when the architecture does not fit such images, or has no choice of pooling.
pub fn architecture(name: &str, shape: ImageShape, bounds: Bounds, classes: usize, pool: Pool) -> Result<Architecture> {
    check_architecture(name)?;
    let built = match name {
        _ if WITHOUT_POOL.contains(&name) && pool != Pool::default() => {
            let expected = format!("for `{name}`, which has no pooling layers to choose. Leave it out");
            return Err(Error::value("pool", expected, pool.name()));
        }
        "small-cnn" => small_cnn(shape, bounds, classes, pool),
        "vgg-small" => vgg_small(shape, bounds, classes, pool),
        "resnet-small" => resnet_small(shape, bounds, classes),
        "resnet18" => resnet18(shape, bounds, classes),
        "wrn-28-2" => wrn_28_2(shape, bounds, classes),
        _ => paper_cnn(shape, bounds, classes, pool),
    };
    match built.sizes() {
        Ok(_) => Ok(built),
        Err(Error::Architecture { layer, problem }) => Err(Error::Architecture {
            layer,
            problem: format!("{problem}. `{name}` does not fit images of {shape}"),
        }),
        Err(e) => Err(e),
    }
}

/// An architecture of layers in their order.
fn named(name: &str, shape: ImageShape, bounds: Bounds, classes: usize, layers: Vec<LayerSpec>) -> Architecture {
    Architecture {
        name: name.into(),
        input: [shape.channels, shape.height, shape.width],
        bounds: [bounds.low, bounds.high],
        classes,
        layers,
    }
}

/// Layers one after the other.
fn chain<N: Into<String>>(layers: impl IntoIterator<Item = (N, LayerKind)>) -> Vec<LayerSpec> {
    layers
        .into_iter()
        .map(|(name, kind)| LayerSpec::new(name, kind))
        .collect()
}
