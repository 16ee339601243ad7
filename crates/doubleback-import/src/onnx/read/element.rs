//! Types of a tensor's elements, and how a file's bytes become values.

use half::{bf16, f16};

/// What an element is, and how many bits it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Float(Float),
    /// Signed or not.
    Int {
        bits: usize,
        signed: bool,
    },
    Bool,
    /// What no network computes with, in words.
    Other(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Float {
    F64,
    F32,
    F16,
    Bf16,
    /// Eight bits: so many of mantissa, the exponent's bias, and whether the greatest exponent is infinity and NaN as in IEEE 754.
    F8 {
        mantissa: u32,
        bias: i32,
        special: Special,
    },
}

/// What stands for NaN and infinity in eight bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// The greatest exponent.
    Ieee,
    /// All bits but the sign.
    AllOnes,
    /// Minus zero.
    MinusZero,
}

impl Element {
    /// By the number that files have for it.
    pub fn of(code: i32) -> Option<(Self, &'static str)> {
        let int = |bits, signed| Self::Int { bits, signed };
        let f8 = |mantissa, bias, special| {
            Self::Float(Float::F8 {
                mantissa,
                bias,
                special,
            })
        };
        Some(match code {
            1 => (Self::Float(Float::F32), "float"),
            2 => (int(8, false), "uint8"),
            3 => (int(8, true), "int8"),
            4 => (int(16, false), "uint16"),
            5 => (int(16, true), "int16"),
            6 => (int(32, true), "int32"),
            7 => (int(64, true), "int64"),
            8 => (Self::Other("texts"), "string"),
            9 => (Self::Bool, "bool"),
            10 => (Self::Float(Float::F16), "float16"),
            11 => (Self::Float(Float::F64), "double"),
            12 => (int(32, false), "uint32"),
            13 => (int(64, false), "uint64"),
            14 => (Self::Other("complex numbers"), "complex64"),
            15 => (Self::Other("complex numbers"), "complex128"),
            16 => (Self::Float(Float::Bf16), "bfloat16"),
            17 => (f8(3, 7, Special::AllOnes), "float8e4m3fn"),
            18 => (f8(3, 8, Special::MinusZero), "float8e4m3fnuz"),
            19 => (f8(2, 15, Special::Ieee), "float8e5m2"),
            20 => (f8(2, 16, Special::MinusZero), "float8e5m2fnuz"),
            21 => (int(4, false), "uint4"),
            22 => (int(4, true), "int4"),
            23 => (Self::Other("floats of four bits"), "float4e2m1"),
            24 => (Self::Other("powers of two of eight bits"), "float8e8m0"),
            25 => (int(2, false), "uint2"),
            26 => (int(2, true), "int2"),
            27 => (Self::Other("floats of six bits"), "float6e2m3"),
            28 => (Self::Other("floats of six bits"), "float6e3m2"),
            _ => return None,
        })
    }

    /// Bits of one element; none if they are not read at all.
    pub fn bits(self) -> Option<usize> {
        Some(match self {
            Self::Float(Float::F64) => 64,
            Self::Float(Float::F32) => 32,
            Self::Float(Float::F16 | Float::Bf16) => 16,
            Self::Float(Float::F8 { .. }) | Self::Bool => 8,
            Self::Int { bits, .. } => bits,
            Self::Other(_) => return None,
        })
    }
}

impl Float {
    /// The values of whole elements, lowest byte first. Values of `f64` are rounded; beyond the range of `f32` they are infinite.
    pub fn values(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F64 => elements(bytes, |eight| f64::from_le_bytes(eight) as f32),
            Self::F32 => elements(bytes, f32::from_le_bytes),
            Self::F16 => elements(bytes, |two| f16::from_le_bytes(two).to_f32()),
            Self::Bf16 => elements(bytes, |two| bf16::from_le_bytes(two).to_f32()),
            Self::F8 {
                mantissa,
                bias,
                special,
            } => bytes
                .iter()
                .map(|&byte| of_eight(byte, mantissa, bias, special))
                .collect(),
        }
    }
}

fn elements<const N: usize, T>(bytes: &[u8], value: impl Fn([u8; N]) -> T) -> Vec<T> {
    let whole = bytes.chunks_exact(N).filter_map(|chunk| chunk.try_into().ok());
    let mut values = Vec::with_capacity(bytes.len() / N);
    values.extend(whole.map(value));
    values
}

/// A float of eight bits (OCP 8-bit floating point, and Graphcore's variants with one zero).
fn of_eight(byte: u8, mantissa: u32, bias: i32, special: Special) -> f32 {
    let sign = if byte & 0x80 == 0 { 1.0 } else { -1.0 };
    let magnitude = byte & 0x7f;
    let (exponent, fraction) = (i32::from(magnitude >> mantissa), magnitude & ((1 << mantissa) - 1));
    match special {
        Special::MinusZero if byte == 0x80 => return f32::NAN,
        Special::AllOnes if magnitude == 0x7f => return f32::NAN,
        Special::Ieee if exponent == 0x7f >> mantissa => {
            return if fraction == 0 { sign * f32::INFINITY } else { f32::NAN };
        }
        _ => {}
    }
    let (whole, exponent) = if exponent == 0 {
        (0, 1)
    } else {
        (1 << mantissa, exponent)
    };
    sign * f32::from(whole + fraction) * 2_f32.powi(exponent - bias - mantissa.cast_signed())
}

/// Integers of `bits` each, lowest byte first, and of less than a byte from the lowest bits on. None if one does not fit 64 bits with a sign.
pub(super) fn integers(bytes: &[u8], count: usize, bits: usize, signed: bool) -> Option<Vec<i64>> {
    Some(match (bits, signed) {
        (8, true) => elements(bytes, |byte| i64::from(i8::from_le_bytes(byte))),
        (8, false) => elements(bytes, |byte| i64::from(u8::from_le_bytes(byte))),
        (16, true) => elements(bytes, |two| i64::from(i16::from_le_bytes(two))),
        (16, false) => elements(bytes, |two| i64::from(u16::from_le_bytes(two))),
        (32, true) => elements(bytes, |four| i64::from(i32::from_le_bytes(four))),
        (32, false) => elements(bytes, |four| i64::from(u32::from_le_bytes(four))),
        (64, true) => elements(bytes, i64::from_le_bytes),
        (64, false) => {
            let values = elements(bytes, |eight| i64::try_from(u64::from_le_bytes(eight)));
            values.into_iter().collect::<Result<_, _>>().ok()?
        }
        _ => {
            let each = 8 / bits;
            let of = |place: usize| {
                let field = i64::from(bytes[place / each] >> (bits * (place % each))) & ((1 << bits) - 1);
                let negative = signed && field >> (bits - 1) == 1;
                if negative { field - (1 << bits) } else { field }
            };
            (0..count).map(of).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(code: i32) -> Float {
        match Element::of(code) {
            Some((Element::Float(float), _)) => float,
            other => panic!("{other:?}"),
        }
    }

    /// Greatest values, smallest ones and special ones, from the tables of ONNX's documentation.
    #[test]
    fn floats_of_eight_bits() {
        let [e4m3fn, e4m3fnuz, e5m2, e5m2fnuz] = [17, 18, 19, 20].map(float);
        assert_eq!(
            e4m3fn.values(&[0x7e, 0x01, 0x80, 0x38]),
            [448.0, 2_f32.powi(-9), 0.0, 1.0]
        );
        assert!(e4m3fn.values(&[0x7f, 0xff]).iter().all(|value| value.is_nan()));
        assert_eq!(e4m3fnuz.values(&[0x7f, 0x01, 0x40]), [240.0, 2_f32.powi(-10), 1.0]);
        assert!(e4m3fnuz.values(&[0x80])[0].is_nan());
        assert_eq!(
            e5m2.values(&[0x7b, 0x01, 0x7c, 0xfc, 0x3c]),
            [57344.0, 2_f32.powi(-16), f32::INFINITY, f32::NEG_INFINITY, 1.0]
        );
        assert!(e5m2.values(&[0x7d])[0].is_nan());
        assert_eq!(e5m2fnuz.values(&[0x7f, 0x01, 0x40]), [57344.0, 2_f32.powi(-17), 1.0]);
    }

    #[test]
    fn integers_of_less_than_a_byte_begin_at_the_lowest_bits() {
        assert_eq!(integers(&[0xf1, 0x08], 3, 4, true), Some(vec![1, -1, -8]));
        assert_eq!(integers(&[0xf1, 0x08], 3, 4, false), Some(vec![1, 15, 8]));
        assert_eq!(integers(&[0b11_10_01_00], 4, 2, true), Some(vec![0, 1, -2, -1]));
        assert_eq!(integers(&[0xff; 8], 1, 64, false), None);
    }
}
