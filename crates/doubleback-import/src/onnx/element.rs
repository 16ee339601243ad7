use std::fmt;

/// Types of the elements of tensors that can be computed with: those of numbers and of truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Float,
    Float16,
    BFloat16,
    Double,
    Bool,
    /// Of so many bits.
    Integer {
        bits: u32,
        signed: bool,
    },
}

const fn integer(bits: u32, signed: bool) -> Element {
    Element::Integer { bits, signed }
}

/// Each with its number in `TensorProto.DataType`.
const ALL: [(i64, Element); 17] = [
    (1, Element::Float),
    (2, integer(8, false)),
    (3, integer(8, true)),
    (4, integer(16, false)),
    (5, integer(16, true)),
    (6, integer(32, true)),
    (7, integer(64, true)),
    (9, Element::Bool),
    (10, Element::Float16),
    (11, Element::Double),
    (12, integer(32, false)),
    (13, integer(64, false)),
    (16, Element::BFloat16),
    (21, integer(4, false)),
    (22, integer(4, true)),
    (25, integer(2, false)),
    (26, integer(2, true)),
];

impl Element {
    /// Of its number in `TensorProto.DataType`; none of texts, complex numbers and eight-bit floats.
    pub fn of_code(code: i64) -> Option<Self> {
        ALL.iter()
            .find(|(number, _)| *number == code)
            .map(|(_, element)| *element)
    }

    /// Of its name, such as `uint8`.
    pub fn of_name(name: &str) -> Option<Self> {
        let found = ALL.iter().find(|(_, element)| element.to_string() == name);
        found.map(|(_, element)| *element)
    }

    /// Least and greatest value of an integer; of unsigned ones of 64 bits up to what ours can hold.
    pub fn range(self) -> Option<[i64; 2]> {
        match self {
            Self::Integer { bits: 64, signed } => Some([if signed { i64::MIN } else { 0 }, i64::MAX]),
            Self::Integer { bits, signed: true } => Some([-(1 << (bits - 1)), (1 << (bits - 1)) - 1]),
            Self::Integer { bits, signed: false } => Some([0, (1 << bits) - 1]),
            _ => None,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float => f.write_str("float"),
            Self::Float16 => f.write_str("float16"),
            Self::BFloat16 => f.write_str("bfloat16"),
            Self::Double => f.write_str("double"),
            Self::Bool => f.write_str("bool"),
            Self::Integer { bits, signed } => write!(f, "{}int{bits}", if *signed { "" } else { "u" }),
        }
    }
}
