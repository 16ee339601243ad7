//! Named tensors of `f32`, and facts about them, in one `.safetensors` file: models, checkpoints and trained generators.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, Metadata, SafeTensorError, SafeTensors, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data::words;
use crate::write::write_atomically;
use crate::{Error, Result};

/// Facts by name; a value that is not a sentence is JSON.
pub(crate) type Facts = BTreeMap<String, String>;

/// The fact that says which format a file is of.
pub(crate) const FORMAT: &str = "format";

/// Adds a fact, as JSON.
pub(crate) fn add_fact<T: Serialize>(facts: &mut Facts, name: &str, value: &T) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|e| Error::internal("describing as JSON", e))?;
    facts.insert(name.to_owned(), text);
    Ok(())
}

/// Writes tensors, each with its name and shape, and facts: whole or not at all, and nothing if a value is not finite. Equal contents are equal files.
pub(crate) fn write<'a>(
    path: &Path,
    tensors: impl IntoIterator<Item = (String, Vec<usize>, &'a Tensor<1>)>,
    facts: &Facts,
) -> Result<()> {
    let failed = |e: &dyn Display| Error::file(path, format!("cannot be put together: {e}"));
    let mut named: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, dims, value) in tensors {
        let values: Vec<f32> = value
            .try_to_vec_as()
            .map_err(|e| Error::device("reading parameters", e))?;
        let bad = values.iter().filter(|value| !value.is_finite()).count();
        if bad > 0 {
            let all = words::count(values.len(), "value");
            let bad = words::grouped(bad);
            return Err(failed(&format!(
                "`{name}` has {bad} of {all} that are not finite (NaN or infinite)"
            )));
        }
        // The format's byte order is little-endian; `bytemuck` would give the machine's.
        named.push((name, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
    }
    let views = named
        .iter()
        .map(|(name, dims, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, dims.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, SafeTensorError>>()
        .map_err(|e| failed(&e))?;
    let file = safetensors::serialize(views, None).map_err(|e| failed(&e))?;
    drop(named);
    let facts = serde_json::to_string(facts).map_err(|e| failed(&e))?;
    let file = with_facts(&file, &facts).ok_or_else(|| failed(&"its header has no place for facts"))?;
    write_atomically(path, &file)
}

/// Adds facts, in JSON, to the header of a file that has none. `safetensors` itself (0.8) takes them in a `HashMap` and writes them in its random
/// order; equal models shall be equal files.
fn with_facts(file: &[u8], facts: &str) -> Option<Vec<u8>> {
    let (length, rest) = file.split_first_chunk::<8>()?;
    let (header, tensors) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let entries = header.strip_prefix(b"{")?.trim_ascii_end();
    let separator: &[u8] = if entries == b"}" { b"" } else { b"," };
    let mut header = [b"{\"__metadata__\":", facts.as_bytes(), separator, entries].concat();
    // The format aligns tensors to 8 bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    Some([&(header.len() as u64).to_le_bytes(), header.as_slice(), tensors].concat())
}

/// A kind of file, for messages about it.
#[derive(Debug)]
pub(crate) struct Kind {
    /// What the file is not when it is damaged, such as `checkpoint`.
    pub name: &'static str,
    /// What is being done when it is read.
    pub reading: &'static str,
    /// What to do about a damaged file.
    pub advice: &'static str,
}

/// A file that was read: whole, as far as the format says.
pub(crate) struct TensorFile {
    path: PathBuf,
    kind: &'static Kind,
    bytes: Vec<u8>,
    /// Where the tensors begin in `bytes`.
    start: usize,
    header: Metadata,
}

impl TensorFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is missing, cannot be read, or is not a whole `.safetensors` file.
    pub fn read(path: &Path, kind: &'static Kind) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io(path, kind.reading))?;
        Self::of_bytes(bytes, path, kind)
    }

    /// A file whose bytes were read already. `path` is for messages.
    ///
    /// # Errors
    /// When it is not a whole `.safetensors` file.
    pub fn of_bytes(bytes: Vec<u8>, path: &Path, kind: &'static Kind) -> Result<Self> {
        // The lengths of all tensors are checked here.
        let (length, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(path, kind, &e))?;
        Ok(Self {
            path: path.to_owned(),
            kind,
            bytes,
            start: size_of::<u64>() + length,
            header,
        })
    }

    /// Reads a file; nothing if it is not there.
    ///
    /// # Errors
    /// As [`read`](Self::read), but for a missing file.
    pub fn find(path: &Path, kind: &'static Kind) -> Result<Option<Self>> {
        match Self::read(path, kind) {
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    /// The error of a damaged file.
    pub fn damaged(&self, problem: &dyn Display) -> Error {
        damaged(&self.path, self.kind, problem)
    }

    /// All facts.
    pub fn facts(&self) -> Facts {
        self.header.metadata().clone().unwrap_or_default().into_iter().collect()
    }

    /// A fact, from JSON.
    pub fn fact<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let text = self.header.metadata().as_ref().and_then(|facts| facts.get(name));
        let text = text.ok_or_else(|| self.damaged(&format!("no `{name}`")))?;
        serde_json::from_str(text).map_err(|e| self.damaged(&format!("`{name}`: {e}")))
    }

    /// Which of the formats that this version knows, the oldest first, the file is of. One that does not say is of the oldest. `fact` is what every file
    /// of this kind has.
    ///
    /// # Errors
    /// When it is of another kind, or of none of these formats.
    pub fn format(&self, fact: &str, known: &[&'static str]) -> Result<&'static str> {
        let facts = self.header.metadata().as_ref();
        if facts.is_none_or(|facts| !facts.contains_key(fact)) {
            return Err(self.damaged(&format!("no `{fact}`")));
        }
        let written = facts.and_then(|facts| facts.get(FORMAT));
        let found = match written {
            None => known.first(),
            Some(written) => known.iter().find(|&format| format == written),
        };
        found.copied().ok_or_else(|| {
            let known: Vec<String> = known.iter().map(|format| format!("`{format}`")).collect();
            let problem = format!(
                "is of format `{}`; this version reads {}. Use the doubleback that wrote it, or a newer one",
                written.map_or("none", String::as_str),
                known.join(" and ")
            );
            Error::file(&self.path, problem)
        })
    }

    /// No more values than this are in the file.
    pub fn most_values(&self) -> usize {
        self.bytes.len() / size_of::<f32>()
    }

    /// A file that is whole but not what it should be: what is wrong, with what to do.
    pub fn wrong(&self, problem: impl Display) -> Error {
        Error::file(&self.path, format!("{problem}. {}", self.kind.advice))
    }

    /// Checks that the file holds tensors of these names and no others.
    ///
    /// # Errors
    /// Names the first that is missing, or the first too many, and says how many there are.
    pub fn check_names<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let of_first = |mut names: Vec<&str>| {
            names.sort_unstable();
            let (first, others) = names.split_first()?;
            let more = match others.len() {
                0 => String::new(),
                others => format!(" and {} more", words::grouped(others)),
            };
            Some((format!("`{first}`"), more))
        };
        let wanted: HashSet<&str> = names.into_iter().collect();
        let found = self.header.offset_keys();
        let found: HashSet<&str> = found.iter().map(String::as_str).collect();
        if let Some((first, more)) = of_first(wanted.difference(&found).copied().collect()) {
            return Err(self.wrong(format!("lacks the tensor {first}{more}")));
        }
        match of_first(found.difference(&wanted).copied().collect()) {
            Some((first, more)) => {
                Err(self.wrong(format!("has a tensor {first}{more} that its network does not have")))
            }
            None => Ok(()),
        }
    }

    /// The types of its tensors that are not F32, and how many of all there are; nothing if all are F32.
    pub fn converted(&self) -> Option<String> {
        let tensors = self.header.tensors();
        let others = tensors.values().filter(|info| info.dtype != Dtype::F32);
        let mut types: Vec<String> = others.clone().map(|info| format!("{:?}", info.dtype)).collect();
        types.sort_unstable();
        types.dedup();
        let (others, all) = (words::grouped(others.count()), words::count(tensors.len(), "tensor"));
        (!types.is_empty()).then(|| format!("{others} of {all} are stored as {}", types.join(" and ")))
    }

    /// The values of a tensor of this shape, in row-major order; floats of another width are converted.
    ///
    /// # Errors
    /// When there is none of this name, its shape is another, it does not hold floats, or one of them is not finite.
    pub fn values(&self, name: &str, dims: &[usize]) -> Result<Vec<f32>> {
        let info = self
            .header
            .info(name)
            .ok_or_else(|| self.wrong(format!("lacks the tensor `{name}`")))?;
        if info.shape != dims {
            let (dtype, shape) = (info.dtype, &info.shape);
            let sorted = |dims: &[usize]| {
                let mut dims = dims.to_vec();
                dims.sort_unstable();
                dims
            };
            let transposed = match sorted(shape) == sorted(dims) {
                true => ", transposed",
                false => "",
            };
            return Err(self.wrong(format!(
                "`{name}` should be F32 {dims:?} and is {dtype:?} {shape:?}{transposed}"
            )));
        }
        let (begin, end) = info.data_offsets;
        let bytes = self.bytes.get(self.start + begin..self.start + end).unwrap_or_default();
        let values = match info.dtype {
            Dtype::F32 => numbers(bytes, f32::from_le_bytes),
            Dtype::F64 => numbers(bytes, |value| f64::from_le_bytes(value) as f32),
            Dtype::F16 => numbers(bytes, |value| f16::from_le_bytes(value).to_f32()),
            Dtype::BF16 => numbers(bytes, |value| bf16::from_le_bytes(value).to_f32()),
            other => {
                let problem = format!("`{name}` is {other:?}; of weights F32, F16, BF16 and F64 can be read");
                return Err(self.wrong(problem));
            }
        };
        self.refuse(name, &values, "not finite (NaN or infinite)", |value| {
            !value.is_finite()
        })?;
        Ok(values)
    }

    /// Refuses a tensor with values that are `bad`; `what` says what these are.
    ///
    /// # Errors
    /// Names the tensor, and says how many they are and which is the first.
    pub fn refuse(&self, name: &str, values: &[f32], what: &str, bad: impl Fn(f32) -> bool) -> Result<()> {
        let mut found = values.iter().enumerate().filter(|(_, value)| bad(**value));
        let Some((place, value)) = found.next() else {
            return Ok(());
        };
        let (bad, all) = (1 + found.count(), values.len());
        let are = if bad == 1 { "is" } else { "are" };
        Err(self.wrong(format!(
            "`{name}`: {} of {} {are} {what}, the first is {value} at place {place}",
            words::grouped(bad),
            words::count(all, "value")
        )))
    }

    /// The values of a tensor of this shape, in row-major order, as [`values`](Self::values) gives them.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn tensor(&self, name: &str, dims: &[usize], device: &Device) -> Result<Tensor<1>> {
        let values = self.values(name, dims)?;
        let count = values.len();
        Ok(Tensor::from_data(TensorData::new(values, [count]), device))
    }
}

/// Numbers of `N` bytes each.
fn numbers<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<N>();
    numbers.iter().map(|&bytes| number(bytes)).collect()
}

fn damaged(path: &Path, kind: &Kind, problem: &dyn Display) -> Error {
    let problem = format!("is not a whole {} ({problem}). {}", kind.name, kind.advice);
    Error::file(path, problem)
}

#[cfg(test)]
mod tests {
    use doubleback_test_device::test_device;
    use std::collections::HashMap;

    use super::*;

    const KIND: Kind = Kind {
        name: "test file",
        reading: "reading the test file",
        advice: "Make it again",
    };

    fn values() -> Tensor<1> {
        Tensor::from_floats([1.0, -2.5, 0.0, 3.25, f32::MIN_POSITIVE, 6.0], &test_device())
    }

    /// With one fact there is no order to be random: then the file is that of `safetensors`, byte for byte.
    #[test]
    fn one_fact_is_written_as_the_library_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let facts = Facts::from([("state".to_owned(), "{\"step\":3}".to_owned())]);
        let (b, a) = (values(), values() * 2.0);
        let tensors = [("b", vec![2, 3], &b), ("a", vec![6], &a)];
        let named = tensors
            .iter()
            .map(|(name, dims, value)| (name.to_string(), dims.clone(), *value));
        write(&path, named, &facts).unwrap();
        let bytes = tensors.each_ref().map(|(name, dims, value)| {
            let values: Vec<f32> = value.try_to_vec_as().unwrap();
            (
                *name,
                dims.clone(),
                values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>(),
            )
        });
        let views = bytes
            .iter()
            .map(|(name, dims, bytes)| (*name, TensorView::new(Dtype::F32, dims.clone(), bytes).unwrap()));
        let facts: HashMap<String, String> = facts.into_iter().collect();
        let expected = safetensors::serialize(views, Some(facts)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), expected);
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut facts = Facts::new();
        for name in ["c", "a", "b"] {
            add_fact(&mut facts, name, &[name, "\"é\""]).unwrap();
        }
        write(&path, [("x".to_owned(), vec![2, 3], &values())], &facts).unwrap();
        let file = TensorFile::read(&path, &KIND).unwrap();
        assert_eq!(file.facts(), facts);
        assert_eq!(file.fact::<[String; 2]>("a").unwrap(), ["a", "\"é\""]);
        let device = test_device();
        let read: Vec<f32> = file.tensor("x", &[2, 3], &device).unwrap().try_to_vec_as().unwrap();
        assert_eq!(read, values().try_to_vec_as::<f32>().unwrap());
        let message = |result: Result<Tensor<1>>| result.err().unwrap().to_string();
        let wrong = message(file.tensor("x", &[6], &device));
        assert!(
            wrong.ends_with(": `x` should be F32 [6] and is F32 [2, 3]. Make it again"),
            "{wrong}"
        );
        let absent = message(file.tensor("y", &[6], &device));
        assert!(absent.ends_with(": lacks the tensor `y`. Make it again"), "{absent}");
        let fact = file.fact::<u8>("d").unwrap_err().to_string();
        assert!(
            fact.ends_with(": is not a whole test file (no `d`). Make it again"),
            "{fact}"
        );
    }

    #[test]
    fn a_file_may_hold_facts_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let facts = Facts::from([("a".to_owned(), "1".to_owned())]);
        write(&path, [], &facts).unwrap();
        assert_eq!(TensorFile::read(&path, &KIND).unwrap().facts(), facts);
    }

    #[test]
    fn files_of_a_newer_format_are_refused_and_silent_ones_are_of_the_oldest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let format = |facts: &Facts| {
            write(&path, [], facts).unwrap();
            TensorFile::read(&path, &KIND)
                .unwrap()
                .format("state", &["test-1", "test-2"])
        };
        let state = || Facts::from([("state".to_owned(), "{}".to_owned())]);
        assert_eq!(format(&state()).unwrap(), "test-1");
        let of = |written: &str| {
            let mut facts = state();
            facts.insert(FORMAT.to_owned(), written.to_owned());
            facts
        };
        assert_eq!(format(&of("test-2")).unwrap(), "test-2");
        let newer = format(&of("test-3")).unwrap_err().to_string();
        let expected = "is of format `test-3`; this version reads `test-1` and `test-2`. Use the doubleback that wrote it, or a newer one";
        assert!(newer.ends_with(expected), "{newer}");
        let other = Facts::from([(FORMAT.to_owned(), "other-1".to_owned())]);
        let other = format(&other).unwrap_err().to_string();
        assert!(other.contains("no `state`"), "{other}");
    }

    #[test]
    fn missing_and_damaged_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(TensorFile::find(&path, &KIND).unwrap().is_none());
        let missing = TensorFile::read(&path, &KIND).err().unwrap().to_string();
        assert!(missing.contains("file: reading the test file: "), "{missing}");
        std::fs::write(&path, "short").unwrap();
        let damaged = TensorFile::find(&path, &KIND).err().unwrap().to_string();
        assert!(damaged.contains("is not a whole test file ("), "{damaged}");
    }
}
