//! Layers of the networks whose layers are called as PyTorch's modules.

use crate::nn::layer_spec::LayerSpec;
use crate::nn::layers::{BatchNorm, Conv2d, Dense, Relu};

/// A square convolution without bias that keeps the size of images but for its stride.
pub(super) fn conv(name: impl Into<String>, channels: usize, kernel: usize, stride: usize) -> LayerSpec {
    let conv = Conv2d {
        stride: [stride; 2],
        ..Conv2d::same(channels, kernel)
    };
    LayerSpec::new(name, conv)
}

/// A batch norm with gain, then ReLU.
pub(super) fn norm_relu(norm: impl Into<String>, relu: impl Into<String>) -> [LayerSpec; 2] {
    let norm = LayerSpec::new(norm, BatchNorm::with_gain());
    [norm, LayerSpec::new(relu, Relu {})]
}

/// A dense layer of logits.
pub(super) fn dense(name: &str, classes: usize) -> LayerSpec {
    let dense = Dense {
        units: classes,
        bias: true,
    };
    LayerSpec::new(name, dense)
}
