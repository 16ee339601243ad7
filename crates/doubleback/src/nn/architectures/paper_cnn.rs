use super::named;
use crate::data::{Bounds, ImageShape};
use crate::nn::architecture::Architecture;
use crate::nn::layer_spec::LayerSpec;
use crate::nn::layers::{BatchNorm, Conv2d, Dense, Dropout, Flatten};
use crate::nn::pool::Pool;

/// The network of Ross & Doshi-Velez 2018: two 5x5 convolutions of 32 and 64 channels, each with batch norm, ReLU and 2x2 pooling,
/// a dense layer of 1024 units with batch norm, ReLU and dropout, and a dense layer of logits.
/// 3,274,634 parameters on 28x28x1 images with 10 classes.
pub fn paper_cnn(shape: ImageShape, bounds: Bounds, classes: usize, pool: Pool) -> Architecture {
    let dense = |units, bias| Dense { units, bias };
    let norm_relu = |name| LayerSpec::new(name, BatchNorm::paper()).with_relu();
    let mut layers = vec![LayerSpec::new("conv1", Conv2d::same(32, 5))];
    layers.extend(norm_relu("conv1.norm"));
    layers.push(LayerSpec::new("pool1", pool.layer(2)));
    layers.push(LayerSpec::new("conv2", Conv2d::same(64, 5)));
    layers.extend(norm_relu("conv2.norm"));
    layers.push(LayerSpec::new("pool2", pool.layer(2)));
    layers.push(LayerSpec::new("flatten", Flatten {}));
    layers.push(LayerSpec::new("dense1", dense(1024, false)));
    layers.extend(norm_relu("dense1.norm"));
    layers.push(LayerSpec::new("dense1.dropout", Dropout { rate: 0.5 }));
    layers.push(LayerSpec::new("logits", dense(classes, true)));
    named("paper-cnn", shape, bounds, classes, layers)
}
