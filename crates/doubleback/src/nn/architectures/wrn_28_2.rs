use super::named;
use super::of_modules::{conv, dense, norm_relu};
use crate::data::{Bounds, ImageShape};
use crate::nn::architecture::Architecture;
use crate::nn::layer_spec::LayerSpec;
use crate::nn::layers::{Add, GlobalAvgPool};

/// Channels of the first convolution, and of the three stages of four blocks each.
const FIRST: usize = 16;
const STAGES: [usize; 3] = [32, 64, 128];

/// The wide residual network WRN-28-2 (Zagoruyko & Komodakis 2016): 28 layers, twice as wide as He et al.'s, with batch norm and ReLU before each
/// convolution, and no dropout. A 3x3 convolution of 16 channels, three stages of four blocks of 32, 64 and 128 channels, batch norm and ReLU,
/// global average pooling, and a dense layer of logits. Where the channels change the shortcut is a 1x1 convolution of the block's input behind
/// its first ReLU; the second and third stage begin with stride 2. 1,467,610 parameters on 32x32x3 images with 10 classes.
///
/// Layers are called as PyTorch's modules of TRADES' and RobustBench's wide networks (`block1.layer.0.conv1`, `fc`): a checkpoint of such a one is
/// read as these layers. Weights start as those of every network here (Glorot & Bengio 2010), not as in the paper (He et al. 2015).
pub fn wrn_28_2(shape: ImageShape, bounds: Bounds, classes: usize) -> Architecture {
    let mut layers = vec![conv("conv1", FIRST, 3, 1)];
    let (mut input, mut before) = (String::from("conv1"), FIRST);
    for (stage, channels) in (1..).zip(STAGES) {
        for index in 0..4 {
            let stride = if stage > 1 && index == 0 { 2 } else { 1 };
            let block = format!("block{stage}.layer.{index}");
            layers.extend(basic_block(&block, &input, [before, channels], stride));
            (input, before) = (format!("{block}.add"), channels);
        }
    }
    layers.extend(norm_relu("bn1", "relu"));
    layers.push(LayerSpec::new("avgpool", GlobalAvgPool {}));
    layers.push(dense("fc", classes));
    named("wrn-28-2", shape, bounds, classes, layers)
}

/// Batch norm, ReLU and a 3x3 convolution, twice; to their output is added the shortcut from `input`, the layer before.
fn basic_block(block: &str, input: &str, [before, channels]: [usize; 2], stride: usize) -> Vec<LayerSpec> {
    let name = |role: &str| format!("{block}.{role}");
    let mut layers = Vec::from(norm_relu(name("bn1"), name("relu1")));
    layers.push(conv(name("conv1"), channels, 3, stride));
    layers.extend(norm_relu(name("bn2"), name("relu2")));
    layers.push(conv(name("conv2"), channels, 3, 1));
    let sum = LayerSpec::new(name("add"), Add {}).after(name("conv2"));
    if before == channels {
        layers.push(sum.after(input));
    } else {
        layers.push(conv(name("convShortcut"), channels, 1, stride).after(name("relu1")));
        layers.push(sum.after(name("convShortcut")));
    }
    layers
}
