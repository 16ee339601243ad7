//! Constant tensors: of every type, wherever their values are stored.

use std::borrow::Cow;

use super::super::constant::Constant;
use super::super::refusal::Refusal;
use super::budget::Budget;
use super::element::{Element, Float, integers};
use super::external::Externals;
use super::notes::Notes;
use super::proto::{SparseTensorProto, TensorProto};

/// No framework has tensors of more axes.
const MOST_AXES: usize = 32;

/// Why a tensor has no value.
#[derive(Debug)]
pub(super) enum Problem {
    /// It is as it should be, but of a type that no network computes with.
    Unsupported(Refusal),
    /// It is not what the format says.
    Wrong(Refusal),
}

impl<T: Into<Refusal>> From<T> for Problem {
    fn from(refusal: T) -> Self {
        Self::Wrong(refusal.into())
    }
}

/// A tensor as it was stored.
#[derive(Debug)]
pub(super) struct Decoded {
    pub value: Constant,
    /// The name of its elements' type.
    pub element: &'static str,
}

/// What decoding needs: files beside the model, and whom to tell.
pub(super) struct Tensors {
    pub externals: Externals,
    pub notes: Notes,
    pub budget: Budget,
}

impl Tensors {
    /// The values of a tensor.
    pub fn decode(&mut self, tensor: TensorProto) -> Result<Decoded, Problem> {
        let shape = shape(&tensor.dims)?;
        let count = count(&shape)?;
        if tensor.segment.is_some() {
            return Err("is one segment of a tensor. Export it in one piece".into());
        }
        let (element, name) = Element::of(tensor.data_type)
            .ok_or_else(|| format!("has elements of type {}, which is not known", tensor.data_type))?;
        let unsupported = |what: &str| Problem::Unsupported(Refusal(format!("it has {what} ({name})")));
        let bits = match (element, element.bits()) {
            (Element::Other(what), _) => return Err(unsupported(what)),
            (_, None) => return Err(unsupported("elements of another kind")),
            (_, Some(bits)) => bits,
        };
        let value = match element {
            Element::Float(Float::F32) if !tensor.float_data.is_empty() => {
                self.only_field(&tensor, tensor.float_data.len(), count)?;
                Constant::of_floats(&shape, tensor.float_data)?
            }
            Element::Int { bits: 64, signed: true } if !tensor.int64_data.is_empty() => {
                self.only_field(&tensor, tensor.int64_data.len(), count)?;
                Constant::of_ints(&shape, tensor.int64_data)?
            }
            _ => {
                let bytes = self.bytes(&tensor, element, count, bits)?;
                match element {
                    Element::Float(float) => {
                        let values = float.values(&bytes);
                        self.tell(float, name, &bytes, &values);
                        Constant::of_floats(&shape, values)?
                    }
                    Element::Int { bits, signed } => {
                        let values = integers(&bytes, count, bits, signed);
                        let values = values.ok_or("has unsigned integers of 2^63 and above, which are not held")?;
                        Constant::of_ints(&shape, values)?
                    }
                    Element::Bool => Constant::of_bools(&shape, bytes.iter().map(|&byte| byte != 0).collect())?,
                    Element::Other(what) => return Err(unsupported(what)),
                }
            }
        };
        Ok(Decoded { value, element: name })
    }

    /// Checks that values stand in one field alone, and that it has as many as the shape says.
    fn only_field(&self, tensor: &TensorProto, found: usize, count: usize) -> Result<(), Refusal> {
        let fields = [
            !tensor.raw_data.is_empty(),
            !tensor.float_data.is_empty(),
            !tensor.int32_data.is_empty(),
            !tensor.int64_data.is_empty(),
            !tensor.double_data.is_empty(),
            !tensor.uint64_data.is_empty(),
            tensor.data_location == 1,
        ];
        if fields.iter().filter(|used| **used).count() > 1 {
            return Err("has values in several places. Export it again".into());
        }
        check_count(found, count)
    }

    /// The bytes of a tensor's elements, lowest first.
    fn bytes<'a>(
        &mut self,
        tensor: &'a TensorProto,
        element: Element,
        count: usize,
        bits: usize,
    ) -> Result<Cow<'a, [u8]>, Refusal> {
        let expected = count
            .checked_mul(bits)
            .ok_or("has more elements than a memory holds")?
            .div_ceil(8);
        if tensor.data_location == 1 {
            self.only_field(tensor, count, count)?;
            return Ok(Cow::Owned(self.externals.read(&tensor.external_data, expected)?));
        }
        if !tensor.raw_data.is_empty() {
            self.only_field(tensor, count, count)?;
            if tensor.raw_data.len() != expected {
                let found = tensor.raw_data.len();
                return Err(Refusal(format!(
                    "has {found} bytes, its shape asks for {expected}. Copy or export it again"
                )));
            }
            return Ok(Cow::Borrowed(&tensor.raw_data));
        }
        let unsigned = matches!(element, Element::Int { signed: false, .. });
        let (field, bytes): (usize, Vec<u8>) = match element {
            // Small types, whatever they are, one to each integer; halves as their bits.
            _ if bits < 32 || element == (Element::Int { bits: 32, signed: true }) => {
                let values = &tensor.int32_data;
                let bytes = values
                    .iter()
                    .flat_map(|value| value.to_le_bytes().into_iter().take(bits.div_ceil(8)));
                let fits = |value: &&i32| bits > 16 || i64::from(**value).unsigned_abs() < 1 << bits.max(8);
                if let Some(value) = values.iter().find(|value| !fits(value)) {
                    return Err(Refusal(format!(
                        "has {value} among elements of {bits} bits. Export it again"
                    )));
                }
                (values.len(), bytes.collect())
            }
            Element::Float(Float::F64) => {
                let values = &tensor.double_data;
                (
                    values.len(),
                    values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                )
            }
            Element::Int { .. } if unsigned => {
                let values = &tensor.uint64_data;
                if bits == 32
                    && let Some(value) = values.iter().find(|value| **value > u64::from(u32::MAX))
                {
                    return Err(Refusal(format!(
                        "has {value} among elements of 32 bits. Export it again"
                    )));
                }
                (
                    values.len(),
                    values
                        .iter()
                        .flat_map(|value| value.to_le_bytes().into_iter().take(bits / 8))
                        .collect(),
                )
            }
            _ => (0, Vec::new()),
        };
        // Elements of less than a byte share one.
        let count = if bits < 8 { expected } else { count };
        self.only_field(tensor, field, count)?;
        Ok(Cow::Owned(bytes))
    }

    /// What the user should know of values that were converted.
    fn tell(&mut self, float: Float, name: &'static str, bytes: &[u8], values: &[f32]) {
        if float != Float::F32 && !values.is_empty() {
            self.notes.converted(name);
        }
        if float == Float::F16 {
            self.notes
                .cut(values.iter().filter(|value| value.abs() == 10_000.0).count());
        }
        if float == Float::F64 {
            let finite = bytes.chunks_exact(8).filter_map(|eight| eight.try_into().ok());
            let finite = finite.map(|eight| f64::from_le_bytes(eight).is_finite());
            let infinite = finite
                .zip(values)
                .filter(|(finite, value)| *finite && value.is_infinite());
            self.notes.overflowed(infinite.count());
        }
    }

    /// The values of a tensor of which most are zero and only the others are stored, as any other.
    pub fn densify(&mut self, sparse: SparseTensorProto) -> Result<(String, Decoded), (String, Problem)> {
        let name = sparse
            .values
            .as_ref()
            .map(|values| values.name.clone())
            .unwrap_or_default();
        match self.dense(sparse) {
            Ok(decoded) => Ok((name, decoded)),
            Err(problem) => Err((name, problem)),
        }
    }

    fn dense(&mut self, sparse: SparseTensorProto) -> Result<Decoded, Problem> {
        let (values, indices) = sparse
            .values
            .zip(sparse.indices)
            .ok_or("is sparse without values or indices. Export it again")?;
        let shape = shape(&sparse.dims)?;
        let count = count(&shape)?;
        self.budget.take(count.saturating_mul(8))?;
        let decoded = self.decode(*values)?;
        let indices = self.decode(*indices)?.value;
        let stored = decoded.value.len();
        let places: Vec<usize> = match indices.shape() {
            [_] => indices
                .ints()?
                .into_iter()
                .map(usize::try_from)
                .collect::<Result<_, _>>(),
            [_, axes] if *axes == shape.len() && *axes > 0 => {
                let all = indices.ints()?;
                let place = |row: &[i64]| {
                    row.iter().zip(&shape).try_fold(0_usize, |place, (&index, &size)| {
                        let index = usize::try_from(index)?;
                        // Beyond the last one: it is refused below.
                        let outside = index >= size;
                        Ok(if outside {
                            usize::MAX
                        } else {
                            place.saturating_mul(size).saturating_add(index)
                        })
                    })
                };
                all.chunks_exact(*axes).map(place).collect()
            }
            other => return Err(format!("is sparse with indices of shape {other:?}. Export it again").into()),
        }
        .map_err(|_: std::num::TryFromIntError| "is sparse with an index below 0. Export it again")?;
        if places.len() != stored || places.iter().any(|place| *place >= count) {
            let found = places.len();
            return Err(format!(
                "is sparse with {stored} values at {found} places of {count}, not all of them inside. Export it again"
            )
            .into());
        }
        let value = match &decoded.value {
            Constant::Float(_) => Constant::of_floats(&shape, spread(&places, &decoded.value.floats()?, count))?,
            Constant::Int(_) => Constant::of_ints(&shape, spread(&places, &decoded.value.ints()?, count))?,
            Constant::Bool(_) => Constant::of_bools(&shape, spread(&places, &decoded.value.bools()?, count))?,
        };
        self.notes.densified();
        Ok(Decoded { value, ..decoded })
    }
}

fn spread<T: Copy + Default>(places: &[usize], values: &[T], count: usize) -> Vec<T> {
    let mut all = vec![T::default(); count];
    for (&place, &value) in places.iter().zip(values) {
        all[place] = value;
    }
    all
}

fn check_count(found: usize, expected: usize) -> Result<(), Refusal> {
    if found == expected {
        return Ok(());
    }
    Err(Refusal(format!(
        "has {found} values of its type, its shape asks for {expected}. Copy or export it again"
    )))
}

fn shape(dims: &[i64]) -> Result<Vec<usize>, Refusal> {
    if dims.len() > MOST_AXES {
        return Err(Refusal(format!("has {} axes, more than {MOST_AXES}", dims.len())));
    }
    let sizes: Result<_, _> = dims.iter().map(|&dim| usize::try_from(dim)).collect();
    sizes.map_err(|_| Refusal(format!("has the shape {dims:?}, with a size below 0. Export it again")))
}

fn count(shape: &[usize]) -> Result<usize, Refusal> {
    let sizes = shape.iter().filter(|size| **size != 0);
    let count = sizes.clone().try_fold(1_usize, |count, size| count.checked_mul(*size));
    let count = count.filter(|count| *count <= isize::MAX.cast_unsigned() / 16);
    let count = count.ok_or_else(|| Refusal(format!("has the shape {shape:?}, which no memory holds")))?;
    Ok(if sizes.count() == shape.len() { count } else { 0 })
}
