//! Rectified sums on Burn's CPU backend: native kernels for f32, default bodies for other types.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{DType, Flex};
use burn::tensor::Shape;
use burn_flex::{FlexTensor, Layout};

use super::backend::RectifiedSumOps;
use super::default;
use super::results::Rectified;
use crate::kernels;
use crate::slices::{contiguous, dims, native, small, tensor, values};

impl RectifiedSumOps for Flex {
    fn rectified_sum(a: FloatTensor<Self>, b: FloatTensor<Self>, on_tape: bool) -> Rectified<Self> {
        if !native(&a) {
            return default::rectified_sum::<Self>(a, b);
        }
        let (a, b) = (contiguous(a), contiguous(b));
        let (sum, bits) = kernels::rectified_sum(values(&a), values(&b), !on_tape);
        let (sum, size) = (tensor(sum, &dims(&a)), bits.len());
        Rectified {
            kept: if on_tape {
                sum.clone()
            } else {
                small(Vec::new(), &[0, 1, 1, 1])
            },
            values: sum,
            bits: FlexTensor::new(
                bits.into_bytes(),
                Layout::contiguous(Shape::from(vec![size, 1, 1, 1])),
                DType::U8,
            ),
        }
    }

    fn rectified_sum_vjp(g: FloatTensor<Self>, kept: FloatTensor<Self>, bits: IntTensor<Self>) -> FloatTensor<Self> {
        if !native(&g) {
            return default::rectified_sum_vjp::<Self>(g, kept);
        }
        let g = contiguous(g);
        let masked = match bits.as_slice::<u8>() {
            Some(bits) if !bits.is_empty() => kernels::masked(values(&g), bits),
            _ => kernels::leaky_relu_vjp(values(&g), values(&contiguous(kept)), 0.0),
        };
        tensor(masked, &dims(&g))
    }
}
