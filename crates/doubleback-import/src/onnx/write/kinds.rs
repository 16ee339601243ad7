//! The family that writes a layer.

use doubleback::nn::layers::LayerKind as K;

use super::layer::{Layer, Problem};
use super::out::Out;
use super::value::Value;
use super::{binary, elementwise, linear, local_contrast, normalization, places, pooling, quantize, resize};

/// Writes the nodes of a layer, and gives its output.
pub(super) fn write(kind: &K, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    match kind {
        K::AdaptiveAvgPool(pool) => pooling::adaptive_avg_pool(pool, layer, out),
        K::Add(_) => binary::add(layer, out),
        K::AvgPool(pool) => pooling::avg_pool(pool, layer, out),
        K::BatchNorm(norm) => normalization::batch_norm(norm, layer, out),
        K::Binary(function) => binary::binary(function, layer, out),
        K::Compare(function) => binary::compare(function, layer, out),
        K::Concat(concat) => places::concat(concat, layer, out),
        K::Constant(constant) => places::constant(constant, layer, out),
        K::Conv2d(conv) => linear::conv(conv, layer, out),
        K::ConvTranspose2d(conv) => linear::conv_transpose(conv, layer, out),
        K::Dense(dense) => linear::dense(dense, layer, out),
        // Nothing in inference.
        K::Dropout(_) => Ok(layer.input()?.clone()),
        K::Elementwise(function) => elementwise::elementwise(function.function, layer, out),
        K::Expand(expand) => places::expand(expand, layer, out),
        K::FakeQuantize(quantize) => quantize::fake_quantize(quantize, layer, out),
        K::Finiteness(finiteness) => binary::finiteness(finiteness, layer, out),
        K::Flatten(_) => places::flatten(layer, out),
        K::Gather(gather) => places::gather(gather, layer, out),
        K::GlobalAvgPool(_) => pooling::global_avg_pool(layer, out),
        K::GroupNorm(norm) => normalization::group_norm(norm, layer, out),
        K::HardSwish(_) => elementwise::unary("HardSwish", layer, out),
        K::LayerNorm(norm) => normalization::layer_norm(norm, layer, out),
        K::LeakyRelu(leaky) => elementwise::leaky(leaky.slope, layer, out),
        K::LocalContrast(contrast) => local_contrast::local_contrast(contrast, layer, out),
        K::LpNormalize(norm) => normalization::lp_normalize(norm, layer, out),
        K::LpPool(pool) => pooling::lp_pool(pool, layer, out),
        K::Lrn(norm) => normalization::lrn(norm, layer, out),
        K::MatMul(_) => linear::mat_mul(layer, out),
        K::MaxPool(pool) => pooling::max_pool(pool, layer, out),
        K::Noise(_) => Err("draws random values, which no operator draws in the same way".into()),
        K::PRelu(prelu) => elementwise::prelu(prelu, layer, out),
        K::Pad(pad) => places::pad(pad, layer, out),
        K::Permute(permute) => places::permute(permute, layer, out),
        K::Reduce(reduce) => places::reduce(reduce, layer, out),
        K::Relu(_) => elementwise::unary("Relu", layer, out),
        K::Resize(resize) => resize::resize(resize, layer, out),
        K::RmsNorm(norm) => normalization::rms_norm(norm, layer, out),
        K::Slice(slice) => places::slice(slice, layer, out),
        K::Softmax(softmax) => places::softmax(softmax, layer, out),
        K::Standardize(_) => normalization::standardize(layer, out),
        K::Unflatten(unflatten) => places::unflatten(unflatten, layer, out),
        K::Where(_) => binary::choice(layer, out),
    }
}
