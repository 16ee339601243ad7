use super::{Pool, chain, named};
use crate::data::{Bounds, ImageShape};
use crate::nn::Architecture;
use crate::nn::layers::{BatchNorm, Conv2d, Dense, Dropout, Flatten, LayerKind};

/// The network of Ross & Doshi-Velez 2018: two 5x5 convolutions of 32 and 64 channels, each with batch norm, ReLU and 2x2 pooling,
/// a dense layer of 1024 units with batch norm, ReLU and dropout, and a dense layer of logits.
/// 3,274,634 parameters on 28x28x1 images with 10 classes.
pub fn paper_cnn(shape: ImageShape, bounds: Bounds, classes: usize, pool: Pool) -> Architecture {
    let conv = |channels| LayerKind::Conv2d(Conv2d::same(channels, 5));
    let norm = || LayerKind::BatchNorm(BatchNorm::paper());
    let dense = |units, bias| LayerKind::Dense(Dense { units, bias });
    let layers = chain([
        ("conv1", conv(32)),
        ("conv1.norm", norm()),
        ("pool1", pool.layer(2)),
        ("conv2", conv(64)),
        ("conv2.norm", norm()),
        ("pool2", pool.layer(2)),
        ("flatten", LayerKind::Flatten(Flatten {})),
        ("dense1", dense(1024, false)),
        ("dense1.norm", norm()),
        ("dense1.dropout", LayerKind::Dropout(Dropout { rate: 0.5 })),
        ("logits", dense(classes, true)),
    ]);
    named("paper-cnn", shape, bounds, classes, layers)
}
