//! Numbers of a MAT-file.

/// A type in which numbers are stored, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Int8 = 1,
    Uint8 = 2,
    Int16 = 3,
    Uint16 = 4,
    Int32 = 5,
    Uint32 = 6,
    Single = 7,
    Double = 9,
    Int64 = 12,
    Uint64 = 13,
}

impl Number {
    const ALL: [Self; 10] = [
        Self::Int8,
        Self::Uint8,
        Self::Int16,
        Self::Uint16,
        Self::Int32,
        Self::Uint32,
        Self::Single,
        Self::Double,
        Self::Int64,
        Self::Uint64,
    ];

    /// The type with this code.
    pub fn of(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|&number| number as u32 == code)
    }

    /// Bytes of one.
    pub fn size(self) -> usize {
        match self {
            Self::Int8 | Self::Uint8 => 1,
            Self::Int16 | Self::Uint16 => 2,
            Self::Int32 | Self::Uint32 | Self::Single => 4,
            Self::Double | Self::Int64 | Self::Uint64 => 8,
        }
    }

    /// What they are called in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Uint8 => "uint8",
            Self::Int16 => "int16",
            Self::Uint16 => "uint16",
            Self::Int32 => "int32",
            Self::Uint32 => "uint32",
            Self::Single => "single",
            Self::Double => "double",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
        }
    }

    /// The whole number that `bytes`, as many as one has, stand for; in words what they stand for if it is not whole, or is too large to be
    /// told from its neighbors.
    pub fn whole(self, bytes: &[u8]) -> Result<i64, String> {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        let raw = u64::from_le_bytes(padded);
        match self {
            Self::Uint8 | Self::Uint16 | Self::Uint32 | Self::Uint64 => i64::try_from(raw).map_err(|_| raw.to_string()),
            Self::Int8 => Ok(i64::from(raw as i8)),
            Self::Int16 => Ok(i64::from(raw as i16)),
            Self::Int32 => Ok(i64::from(raw as i32)),
            Self::Int64 => Ok(raw as i64),
            Self::Single => exact(f64::from(f32::from_bits(raw as u32))),
            Self::Double => exact(f64::from_bits(raw)),
        }
    }
}

/// The whole number that `value` is.
fn exact(value: f64) -> Result<i64, String> {
    /// Up to here all whole numbers are doubles.
    const MOST: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= MOST {
        Ok(value as i64)
    } else {
        Err(value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type_are_read() {
        let minus_two = [
            (Number::Int8, (-2_i8).to_le_bytes().to_vec()),
            (Number::Int16, (-2_i16).to_le_bytes().to_vec()),
            (Number::Int32, (-2_i32).to_le_bytes().to_vec()),
            (Number::Int64, (-2_i64).to_le_bytes().to_vec()),
            (Number::Single, (-2_f32).to_le_bytes().to_vec()),
            (Number::Double, (-2_f64).to_le_bytes().to_vec()),
        ];
        for (number, bytes) in minus_two {
            assert_eq!(
                (number.whole(&bytes), bytes.len()),
                (Ok(-2), number.size()),
                "{number:?}"
            );
        }
        for number in [Number::Uint8, Number::Uint16, Number::Uint32, Number::Uint64] {
            let largest = vec![0xff; number.size()];
            assert_eq!(number.whole(&largest).is_err(), number == Number::Uint64);
        }
        for value in [0.5, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Number::Double.whole(&value.to_le_bytes()), Err(value.to_string()));
        }
    }
}
