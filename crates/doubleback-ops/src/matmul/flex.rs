//! Matrix products on Burn's CPU backend: native kernels for f32, default bodies for other types.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn_flex::FlexTensor;

use super::backend::MatmulOps;
use super::default;
use crate::kernels::{self, Product};
use crate::slices::{contiguous, dims, native, tensor, values};

impl MatmulOps for Flex {
    fn matmul(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
    ) -> FloatTensor<Self> {
        if !native(&a) {
            return default::matmul::<Self>(a, b, left_transposed, right_transposed);
        }
        let (a, b) = (contiguous(a), contiguous(b));
        let product = product(&a, &b, left_transposed, right_transposed);
        tensor(
            kernels::matmul(values(&a), values(&b), product),
            &[product.m, product.n],
        )
    }

    fn matmul_add(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
        onto: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        if !native(&a) {
            return default::matmul_add::<Self>(a, b, left_transposed, right_transposed, onto);
        }
        let (a, b, mut onto) = (contiguous(a), contiguous(b), contiguous(onto));
        let product = product(&a, &b, left_transposed, right_transposed);
        kernels::matmul_add(values(&a), values(&b), product, onto.storage_mut::<f32>());
        onto
    }
}

fn product(a: &FlexTensor, b: &FlexTensor, left_transposed: bool, right_transposed: bool) -> Product {
    let (a, b) = (dims(a), dims(b));
    let (m, k) = if left_transposed { (a[1], a[0]) } else { (a[0], a[1]) };
    Product {
        m,
        k,
        n: if right_transposed { b[0] } else { b[1] },
        left_transposed,
        right_transposed,
    }
}
