//! Batch norm on Burn's CPU backend: native kernels for f32, default bodies for other types.

use burn::backend::tensor::FloatTensor;
use burn::backend::{DType, Flex};
use burn::tensor::Shape;
use burn_flex::{FlexTensor, Layout};

use super::backend::BatchNormOps;
use super::default;
use super::deferred::Deferred;
use super::results::{BatchNormPoint, BatchNormVjp, BatchNormVjpVjp, BatchNormed};
use crate::kernels::{self, Buffer, Coefficients, Kept, Point, Summed, Windows};
use crate::options::{BatchNormOptions, PoolKind};
use crate::slices::{contiguous, dims, native, small, tensor, values};

impl BatchNormOps for Flex {
    fn batch_norm_statistics(z: FloatTensor<Self>) -> FloatTensor<Self> {
        if !native(&z) {
            return default::batch_norm_statistics::<Self>(z);
        }
        let z = contiguous(z);
        let channels = dims(&z)[3];
        small(kernels::batch_norm_statistics(values(&z), channels), &[2, channels])
    }

    fn batch_norm(
        z: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        options: BatchNormOptions,
        for_sums: bool,
        _deferred: Deferred,
    ) -> BatchNormed<Self> {
        if !native(&z) {
            return default::batch_norm::<Self>(z, gain, shift, statistics, options);
        }
        let z = contiguous(z);
        let coefficients = coefficients(gain, shift, statistics, options);
        let windows = windows(&z, options.pool);
        // Then the vjp is linear, and bits say all about the values that it depends on.
        let bits_are_all = options.frozen && !for_sums && options.function().is_none();
        let forward = kernels::batch_norm(values(&z), &windows, &coefficients, for_sums);
        let pooled = [windows.batch, windows.down(), windows.across(), windows.channels];
        // What was not kept is an empty tensor.
        let dims = |length: usize| if length == 0 { [0, 1, 1, 1] } else { pooled };
        let (picked_dims, bits_dims) = (dims(forward.picked.len()), dims(forward.bits.len()));
        let bits_layout = Layout::contiguous(Shape::from(bits_dims.to_vec()));
        BatchNormed {
            // The kernels do not read it.
            output: small(Vec::new(), &[0, 1, 1, 1]),
            values: tensor(forward.values, &pooled),
            picked: tensor(forward.picked, &picked_dims),
            bits: FlexTensor::new(forward.bits.into_bytes(), bits_layout, DType::U8),
            input: match bits_are_all {
                true => small(Vec::new(), &[0, windows.height, windows.width, windows.channels]),
                false => z,
            },
        }
    }

    fn batch_norm_vjp(g: FloatTensor<Self>, at: BatchNormPoint<Self>, want_sums: bool) -> BatchNormVjp<Self> {
        if !native(&g) {
            return default::batch_norm_vjp::<Self>(g, at);
        }
        if at.options.frozen && at.options.function().is_none() && dims(&at.z)[0] == 0 {
            return frozen_vjp(contiguous(g), at, want_sums);
        }
        let (g, at) = (contiguous(g), Operands::new(at));
        let sums = at.sums(&g, want_sums);
        let g = Summed {
            values: values(&g),
            sums: &sums,
        };
        let input_grad = kernels::batch_norm_vjp(g, at.point());
        BatchNormVjp {
            input_grad: tensor(input_grad, &dims(&at.z)),
            sums: small(sums, &[2, at.windows.channels]),
        }
    }

    fn batch_norm_vjp_vjp(
        t: FloatTensor<Self>,
        g: FloatTensor<Self>,
        at: BatchNormPoint<Self>,
        sums: FloatTensor<Self>,
        want_input: bool,
        want_gain: bool,
    ) -> BatchNormVjpVjp<Self> {
        if !native(&g) {
            return default::batch_norm_vjp_vjp::<Self>(t, g, at);
        }
        if at.options.frozen && !want_gain && at.options.function().is_none() {
            let (t, g_dims) = (contiguous(t), dims(&g));
            let nothing = || tensor(Buffer::zeroed(0), &[0]);
            return BatchNormVjpVjp {
                cotangent_grad: match dims(&at.z)[0] == 0 && at.options.pool.is_none() {
                    // Of an input that is no part of a tape the forward pass kept bits alone. Without pooling the vjp multiplies each value by a
                    // number: it is its own transpose.
                    true => frozen_vjp(t, at, false).input_grad,
                    false => tensor(
                        kernels::batch_norm_vjp_transpose(values(&t), Operands::new(at).point()),
                        &g_dims,
                    ),
                },
                input_grad: nothing(),
                gain_grad: nothing(),
                bend_sums: nothing(),
                t_sums: nothing(),
            };
        }
        let (t, g, at, sums) = (contiguous(t), contiguous(g), Operands::new(at), contiguous(sums));
        let summed = Summed {
            values: values(&g),
            sums: values(&sums),
        };
        let second = kernels::batch_norm_vjp_vjp(values(&t), summed, at.point(), want_input);
        let input_dims = if second.input.is_empty() {
            vec![0, 1, 1, 1]
        } else {
            dims(&at.z)
        };
        let bend_dims = [second.bend_sums.len() / at.windows.channels, at.windows.channels];
        BatchNormVjpVjp {
            cotangent_grad: tensor(second.cotangent, &dims(&g)),
            input_grad: tensor(second.input, &input_dims),
            gain_grad: small(second.gain, &[at.windows.channels]),
            bend_sums: small(second.bend_sums, &bend_dims),
            t_sums: small(second.t_sums, &[3, at.windows.channels]),
        }
    }

    fn batch_norm_joint_vjp(
        later: FloatTensor<Self>,
        at: BatchNormPoint<Self>,
        t: FloatTensor<Self>,
        t_sums: FloatTensor<Self>,
        g: FloatTensor<Self>,
        sums: FloatTensor<Self>,
    ) -> BatchNormVjp<Self> {
        if !native(&g) {
            return default::batch_norm_joint_vjp::<Self>(later, at, t, g);
        }
        let (later, t, g, at) = (contiguous(later), contiguous(t), contiguous(g), Operands::new(at));
        let (t_sums, sums) = (contiguous(t_sums), contiguous(sums));
        let joint = kernels::batch_norm_joint_vjp(
            values(&later),
            Summed {
                values: values(&t),
                sums: values(&t_sums),
            },
            Summed {
                values: values(&g),
                sums: values(&sums),
            },
            at.point(),
        );
        BatchNormVjp {
            input_grad: tensor(joint.input, &dims(&at.z)),
            sums: small(joint.sums, &[2, at.windows.channels]),
        }
    }
}

/// The vjp where the forward pass kept bits alone.
fn frozen_vjp(g: FlexTensor, at: BatchNormPoint<Flex>, want_sums: bool) -> BatchNormVjp<Flex> {
    assert!(
        !want_sums,
        "a bug in doubleback-ops: sums of a batch norm that kept nothing to sum up"
    );
    let (batch, input) = (dims(&g)[0], dims(&at.z));
    let windows = Windows {
        batch,
        ..windows(&at.z, at.options.pool)
    };
    let (bits, channels) = (contiguous(at.bits), windows.channels);
    let coefficients = coefficients(at.gain, at.shift, at.statistics, at.options);
    let bits = bits.as_slice::<u8>().unwrap_or_default();
    let input_grad = kernels::batch_norm_frozen_vjp(values(&g), bits, &windows, &coefficients);
    BatchNormVjp {
        input_grad: tensor(input_grad, &[batch, input[1], input[2], channels]),
        sums: small(vec![0.0; 2 * channels], &[2, channels]),
    }
}

fn windows(z: &FlexTensor, pool: Option<PoolKind>) -> Windows {
    let dims = dims(z);
    Windows {
        batch: dims[0],
        height: dims[1],
        width: dims[2],
        channels: dims[3],
        size: if pool.is_some() { 2 } else { 1 },
    }
}

/// A [`BatchNormPoint`] with its values in runs.
struct Operands {
    z: FlexTensor,
    picked: FlexTensor,
    bits: FlexTensor,
    windows: Windows,
    coefficients: Coefficients,
}

impl Operands {
    fn new(at: BatchNormPoint<Flex>) -> Self {
        let z = contiguous(at.z);
        Self {
            windows: windows(&z, at.options.pool),
            z,
            picked: contiguous(at.picked),
            bits: contiguous(at.bits),
            coefficients: coefficients(at.gain, at.shift, at.statistics, at.options),
        }
    }

    /// As the kernels take it.
    fn point(&self) -> Point<'_> {
        Point {
            z: values(&self.z),
            windows: &self.windows,
            kept: Kept {
                picked: values(&self.picked),
                bits: self.bits.as_slice::<u8>().unwrap_or_default(),
            },
            coefficients: &self.coefficients,
        }
    }

    /// Sums of the vjp at `g`; zeros if no one needs them.
    fn sums(&self, g: &FlexTensor, wanted: bool) -> Vec<f32> {
        if wanted || !self.coefficients.options().frozen {
            kernels::batch_norm_vjp_sums(values(g), self.point())
        } else {
            vec![0.0; 2 * self.windows.channels]
        }
    }
}

fn coefficients(
    gain: FlexTensor,
    shift: FlexTensor,
    statistics: FlexTensor,
    options: BatchNormOptions,
) -> Coefficients {
    let (gain, shift, statistics) = (contiguous(gain), contiguous(shift), contiguous(statistics));
    Coefficients::new(values(&gain), values(&shift), values(&statistics), options)
}
