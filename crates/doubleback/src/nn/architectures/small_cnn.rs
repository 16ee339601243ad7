use super::{chain, named};
use crate::data::{Bounds, ImageShape};
use crate::nn::architecture::Architecture;
use crate::nn::layers::{Conv2d, Dense, Dropout, Flatten, LayerKind, Relu};
use crate::nn::pool::Pool;

/// The network for MNIST of TRADES (Zhang et al. 2019), after Carlini & Wagner 2017: two pairs of 3x3 convolutions without padding, of 32 and
/// 64 channels, each pair before 2x2 pooling, two dense layers of 200 units with dropout between them, and a dense layer of logits; ReLU
/// and biases throughout, no batch norm. 312,202 parameters on 28x28x1 images with 10 classes. Images need 16x16 pixels.
pub fn small_cnn(shape: ImageShape, bounds: Bounds, classes: usize, pool: Pool) -> Architecture {
    let conv = |channels| {
        LayerKind::Conv2d(Conv2d {
            padding: [0, 0].into(),
            bias: true,
            ..Conv2d::same(channels, 3)
        })
    };
    let dense = |units| LayerKind::Dense(Dense { units, bias: true });
    let relu = || LayerKind::Relu(Relu {});
    let layers = chain([
        ("conv1", conv(32)),
        ("conv1.relu", relu()),
        ("conv2", conv(32)),
        ("conv2.relu", relu()),
        ("pool1", pool.layer(2)),
        ("conv3", conv(64)),
        ("conv3.relu", relu()),
        ("conv4", conv(64)),
        ("conv4.relu", relu()),
        ("pool2", pool.layer(2)),
        ("flatten", LayerKind::Flatten(Flatten {})),
        ("dense1", dense(200)),
        ("dense1.relu", relu()),
        ("dense1.dropout", LayerKind::Dropout(Dropout { rate: 0.5 })),
        ("dense2", dense(200)),
        ("dense2.relu", relu()),
        ("logits", dense(classes)),
    ]);
    named("small-cnn", shape, bounds, classes, layers)
}
