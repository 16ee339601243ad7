use std::collections::BTreeMap;

use half::{bf16, f16};

/// The tensors of a file by name; their values are read when they are asked for.
#[derive(Default)]
pub(crate) struct Weights {
    /// By name.
    pub tensors: BTreeMap<String, Stored>,
    /// What was chosen, dropped and computed, in sentences.
    pub notes: Vec<String>,
}

/// A tensor of a file.
pub(crate) struct Stored {
    /// Sizes in PyTorch's order; none for a scalar.
    pub shape: Vec<usize>,
    /// The type of its values in the file.
    pub element: Element,
    /// Name and sizes in the file, before anything was renamed; none of what was made of several tensors.
    pub origin: Option<(String, Vec<usize>)>,
    values: Read,
}

type Read = Box<dyn Fn() -> Result<Vec<f32>, String>>;

/// Types of values. Those that are not floats cannot be weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Element {
    F64,
    F32,
    F16,
    BF16,
    /// Integers and truth values, in words.
    Other(&'static str),
}

impl Element {
    /// Bytes of a value; none if it is not a float.
    pub fn size(self) -> Option<usize> {
        match self {
            Self::F64 => Some(8),
            Self::F32 => Some(4),
            Self::F16 | Self::BF16 => Some(2),
            Self::Other(_) => None,
        }
    }

    /// As PyTorch writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "float64",
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
            Self::Other(name) => name,
        }
    }

    /// Little-endian bytes as `f32`; nothing if they are not floats.
    fn convert(self, bytes: &[u8]) -> Option<Vec<f32>> {
        fn each<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            bytes.as_chunks().0.iter().map(|&bytes| value(bytes)).collect()
        }
        match self {
            Self::F64 => Some(each(bytes, |bytes| f64::from_le_bytes(bytes) as f32)),
            Self::F32 => Some(each(bytes, f32::from_le_bytes)),
            Self::F16 => Some(each(bytes, |bytes| f16::from_le_bytes(bytes).to_f32())),
            Self::BF16 => Some(each(bytes, |bytes| bf16::from_le_bytes(bytes).to_f32())),
            Self::Other(_) => None,
        }
    }
}

impl Stored {
    /// A tensor whose bytes, little-endian and in row-major order, come from `read`.
    pub fn of_bytes(shape: Vec<usize>, element: Element, read: impl Fn() -> Result<Vec<u8>, String> + 'static) -> Self {
        let values = move || {
            let values = element.convert(&read()?);
            values.ok_or_else(|| format!("holds {}, not floats", element.name()))
        };
        Self {
            shape,
            element,
            origin: None,
            values: Box::new(values),
        }
    }

    /// A tensor that is computed from others.
    pub fn computed(shape: Vec<usize>, values: impl Fn() -> Result<Vec<f32>, String> + 'static) -> Self {
        Self {
            shape,
            element: Element::F32,
            origin: None,
            values: Box::new(values),
        }
    }

    /// Number of values; the largest number there is if it is greater.
    pub fn len(&self) -> usize {
        self.shape.iter().fold(1, |count, &size| count.saturating_mul(size))
    }

    /// The values in row-major order.
    pub fn values(&self) -> Result<Vec<f32>, String> {
        let values = (self.values)()?;
        match values.len() == self.len() {
            true => Ok(values),
            false => Err(format!("has {} values, not {:?}", values.len(), self.shape)),
        }
    }
}

impl Weights {
    /// The sizes of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        Some(&self.tensors.get(name)?.shape)
    }

    /// The name that is most like one that is not there. Names that differ in numbers alone are those of other layers, and come last.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let pattern = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
        let of_layers = pattern(name);
        let best = |others: bool| {
            let known = self
                .tensors
                .keys()
                .filter(|known| !others || pattern(known) != of_layers);
            let scored = known.map(|known| (strsim::normalized_levenshtein(known, name), known.as_str()));
            let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
            best.filter(|(score, _)| *score > 0.8).map(|(_, known)| known)
        };
        best(true).or_else(|| best(false))
    }

    /// Notes which floats were of another width.
    pub fn note_conversions(&mut self) {
        let mut counts: BTreeMap<Element, usize> = BTreeMap::new();
        for tensor in self.tensors.values() {
            if tensor.element.size().is_some() && tensor.element != Element::F32 {
                *counts.entry(tensor.element).or_default() += 1;
            }
        }
        let all = self.tensors.len();
        for (element, count) in counts {
            let name = element.name();
            self.notes.push(format!(
                "{count} of {all} tensors are {name} and were converted to float32"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_every_width_become_f32() {
        let of = |element, bytes: &[u8]| {
            let bytes = bytes.to_vec();
            Stored::of_bytes(vec![1], element, move || Ok(bytes.clone())).values()
        };
        assert_eq!(of(Element::F64, &1.5f64.to_le_bytes()), Ok(vec![1.5]));
        assert_eq!(of(Element::F16, &f16::from_f32(1.5).to_le_bytes()), Ok(vec![1.5]));
        assert_eq!(of(Element::BF16, &bf16::from_f32(1.5).to_le_bytes()), Ok(vec![1.5]));
        assert_eq!(of(Element::F32, &[0; 8]), Err("has 2 values, not [1]".into()));
        assert_eq!(
            of(Element::Other("int64"), &[0; 8]),
            Err("holds int64, not floats".into())
        );
    }
}
