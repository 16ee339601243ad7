use super::{Pool, named};
use crate::data::{Bounds, ImageShape};
use crate::nn::layers::{BatchNorm, Conv2d, Dense, Flatten, LayerKind};
use crate::nn::{Architecture, LayerSpec};

/// A small network in the manner of VGG (Simonyan & Zisserman 2015): three pairs of 3x3 convolutions of 32, 64 and 128 channels, each
/// convolution with batch norm and ReLU, each pair before 2x2 pooling, and a dense layer of logits.
/// 307,946 parameters on 32x32x3 images with 10 classes. Images need 8x8 pixels.
pub fn vgg_small(shape: ImageShape, bounds: Bounds, classes: usize, pool: Pool) -> Architecture {
    let mut layers = Vec::new();
    let mut add = |name: String, kind| layers.push(LayerSpec::new(name, kind));
    for (stage, channels) in [32, 64, 128].into_iter().enumerate() {
        for place in 1..=2 {
            let conv = 2 * stage + place;
            add(format!("conv{conv}"), LayerKind::Conv2d(Conv2d::same(channels, 3)));
            add(
                format!("conv{conv}.norm"),
                LayerKind::BatchNorm(BatchNorm::with_gain(true)),
            );
        }
        add(format!("pool{}", stage + 1), pool.layer(2));
    }
    add("flatten".into(), LayerKind::Flatten(Flatten {}));
    add(
        "logits".into(),
        LayerKind::Dense(Dense {
            units: classes,
            bias: true,
        }),
    );
    named("vgg-small", shape, bounds, classes, layers)
}
