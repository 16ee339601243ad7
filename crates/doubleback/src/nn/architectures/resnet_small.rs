use super::named;
use crate::data::{Bounds, ImageShape};
use crate::nn::architecture::Architecture;
use crate::nn::layer_spec::LayerSpec;
use crate::nn::layers::{Add, BatchNorm, Conv2d, Dense, GlobalAvgPool, LayerKind, Relu};

/// The residual network for CIFAR-10 of He et al. 2016 (section 4.2) with two blocks a stage: a 3x3 convolution of 16 channels, three stages of
/// 16, 32 and 64 channels, global average pooling, and a dense layer of logits. The second and third stage begin with stride 2, where the
/// shortcut is a 1x1 convolution with batch norm (their option B) instead of the identity.
/// 175,258 parameters on 32x32x3 images with 10 classes.
pub fn resnet_small(shape: ImageShape, bounds: Bounds, classes: usize) -> Architecture {
    let mut layers = vec![LayerSpec::new("conv1", Conv2d::same(16, 3))];
    layers.extend(LayerSpec::new("conv1.norm", BatchNorm::with_gain()).with_relu());
    let mut input = String::from("conv1.norm.relu");
    let blocks = [(16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)];
    for (index, (channels, stride)) in blocks.into_iter().enumerate() {
        let block = format!("block{}", index + 1);
        layers.extend(basic_block(&block, &input, channels, stride));
        input = format!("{block}.relu");
    }
    let dense = Dense {
        units: classes,
        bias: true,
    };
    layers.push(LayerSpec::new("pool", GlobalAvgPool {}));
    layers.push(LayerSpec::new("logits", dense));
    named("resnet-small", shape, bounds, classes, layers)
}

/// Two 3x3 convolutions with batch norm, the first with ReLU; to their output is added the shortcut from `input`; then ReLU.
fn basic_block(block: &str, input: &str, channels: usize, stride: usize) -> Vec<LayerSpec> {
    let conv = |kernel, stride| {
        LayerKind::Conv2d(Conv2d {
            stride: [stride, stride],
            ..Conv2d::same(channels, kernel)
        })
    };
    let name = |role: &str| format!("{block}.{role}");
    let norm = |role: &str| LayerSpec::new(name(role), BatchNorm::with_gain());
    let sum = LayerSpec::new(name("sum"), Add {});
    let mut layers = vec![LayerSpec::new(name("conv1"), conv(3, stride)).after(input)];
    layers.extend(norm("norm1").with_relu());
    layers.push(LayerSpec::new(name("conv2"), conv(3, 1)));
    layers.push(norm("norm2"));
    if stride == 1 {
        layers.push(sum.after(name("norm2")).after(input));
    } else {
        layers.push(LayerSpec::new(name("shortcut"), conv(1, stride)).after(input));
        layers.push(norm("shortcut_norm"));
        layers.push(sum.after(name("shortcut_norm")).after(name("norm2")));
    }
    layers.push(LayerSpec::new(name("relu"), Relu {}));
    layers
}
