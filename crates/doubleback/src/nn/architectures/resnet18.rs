use super::named;
use super::of_modules::{conv, dense, norm_relu};
use crate::data::{Bounds, ImageShape};
use crate::nn::architecture::Architecture;
use crate::nn::layer_spec::LayerSpec;
use crate::nn::layers::{Add, BatchNorm, GlobalAvgPool, Relu};

/// Channels of the four stages, each of two blocks.
const STAGES: [usize; 4] = [64, 128, 256, 512];

/// ResNet-18 (He et al. 2016, table 1) in its usual form for CIFAR-10: the first convolution is 3x3 with stride 1, and no pooling follows it. Four
/// stages of two basic blocks of 64, 128, 256 and 512 channels; those after the first begin with stride 2, where the shortcut is a 1x1 convolution
/// with batch norm; global average pooling, and a dense layer of logits. 11,173,962 parameters on 32x32x3 images with 10 classes.
///
/// Layers are called as PyTorch's modules of that network (`layer1.0.conv1`, `layer2.0.shortcut.0`, `linear`): a checkpoint of it is read as
/// this architecture. Weights start as those of every network here (Glorot & Bengio 2010), not as in He et al. 2015.
pub fn resnet18(shape: ImageShape, bounds: Bounds, classes: usize) -> Architecture {
    let mut layers = vec![conv("conv1", STAGES[0], 3, 1)];
    layers.extend(norm_relu("bn1", "relu"));
    let mut input = String::from("relu");
    for (stage, channels) in (1..).zip(STAGES) {
        for index in 0..2 {
            let stride = if stage > 1 && index == 0 { 2 } else { 1 };
            let block = format!("layer{stage}.{index}");
            layers.extend(basic_block(&block, &input, channels, stride));
            input = format!("{block}.relu.2");
        }
    }
    layers.push(LayerSpec::new("avgpool", GlobalAvgPool {}));
    layers.push(dense("linear", classes));
    named("resnet18", shape, bounds, classes, layers)
}

/// Two 3x3 convolutions with batch norm, the first with ReLU; to their output is added the shortcut from `input`, the layer before; then ReLU.
fn basic_block(block: &str, input: &str, channels: usize, stride: usize) -> Vec<LayerSpec> {
    let name = |role: &str| format!("{block}.{role}");
    let norm = |role: &str| LayerSpec::new(name(role), BatchNorm::with_gain());
    let mut layers = vec![conv(name("conv1"), channels, 3, stride)];
    layers.extend(norm_relu(name("bn1"), name("relu")));
    layers.push(conv(name("conv2"), channels, 3, 1));
    layers.push(norm("bn2"));
    let sum = LayerSpec::new(name("add"), Add {}).after(name("bn2"));
    if stride == 1 {
        layers.push(sum.after(input));
    } else {
        layers.push(conv(name("shortcut.0"), channels, 1, stride).after(input));
        layers.push(norm("shortcut.1"));
        layers.push(sum.after(name("shortcut.1")));
    }
    layers.push(LayerSpec::new(name("relu.2"), Relu {}));
    layers
}
