//! Images are channels-first outside the network and channels-last inside it.

use burn::tensor::Tensor;

/// `[n, channels, height, width]` to `[n, height, width, channels]`; free for one channel.
pub(crate) fn to_nhwc(images: Tensor<4>) -> Tensor<4> {
    match images.dims() {
        [n, 1, height, width] => images.reshape([n, height, width, 1]),
        _ => images.permute([0, 2, 3, 1]),
    }
}

/// `[n, height, width, channels]` to `[n, channels, height, width]`; free for one channel.
pub(crate) fn to_nchw(images: Tensor<4>) -> Tensor<4> {
    match images.dims() {
        [n, height, width, 1] => images.reshape([n, 1, height, width]),
        _ => images.permute([0, 3, 1, 2]),
    }
}
