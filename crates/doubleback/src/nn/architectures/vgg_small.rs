use super::named;
use crate::data::{Bounds, ImageShape};
use crate::nn::architecture::Architecture;
use crate::nn::layer_spec::LayerSpec;
use crate::nn::layers::{BatchNorm, Conv2d, Dense, Flatten};
use crate::nn::pool::Pool;

/// A small network in the manner of VGG (Simonyan & Zisserman 2015): three pairs of 3x3 convolutions of 32, 64 and 128 channels, each
/// convolution with batch norm and ReLU, each pair before 2x2 pooling, and a dense layer of logits.
/// 307,946 parameters on 32x32x3 images with 10 classes. Images need 8x8 pixels.
pub fn vgg_small(shape: ImageShape, bounds: Bounds, classes: usize, pool: Pool) -> Architecture {
    let mut layers = Vec::new();
    for (stage, channels) in [32, 64, 128].into_iter().enumerate() {
        for place in 1..=2 {
            let conv = 2 * stage + place;
            let norm = LayerSpec::new(format!("conv{conv}.norm"), BatchNorm::with_gain());
            layers.push(LayerSpec::new(format!("conv{conv}"), Conv2d::same(channels, 3)));
            layers.extend(norm.with_relu());
        }
        layers.push(LayerSpec::new(format!("pool{}", stage + 1), pool.layer(2)));
    }
    let dense = Dense {
        units: classes,
        bias: true,
    };
    layers.push(LayerSpec::new("flatten", Flatten {}));
    layers.push(LayerSpec::new("logits", dense));
    named("vgg-small", shape, bounds, classes, layers)
}
