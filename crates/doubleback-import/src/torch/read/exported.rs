//! What `torch.export.save` writes since PyTorch 2.8: each weight is an entry of bytes, and a JSON text says what they are. No pickle is needed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;

use super::archive::Archive;
use crate::torch::weights::{Element, Stored, Weights};

/// Where the weights are described.
pub(super) const CONFIG: &str = "data/weights/model_weights_config.json";

#[derive(Deserialize)]
struct Config {
    config: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    path_name: String,
    #[serde(default)]
    use_pickle: bool,
    tensor_meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    dtype: u32,
    sizes: Vec<Number>,
    strides: Vec<Number>,
    storage_offset: Number,
}

#[derive(Deserialize)]
struct Number {
    as_int: usize,
}

/// Reads the weights in the folder `root`.
pub(super) fn read(mut archive: Archive, root: &str) -> Result<Weights, String> {
    let config = archive.read(&format!("{root}{CONFIG}"))?;
    let config: Config =
        serde_json::from_slice(&config).map_err(|e| format!("the list of its weights cannot be read ({e})"))?;
    let archive = Rc::new(RefCell::new(archive));
    let mut weights = Weights::default();
    for (name, entry) in config.config {
        let element = element(entry.tensor_meta.dtype);
        let [shape, strides] = [entry.tensor_meta.sizes, entry.tensor_meta.strides]
            .map(|numbers| numbers.iter().map(|n| n.as_int).collect());
        let view = View {
            shape,
            strides,
            offset: entry.tensor_meta.storage_offset.as_int,
        };
        let (archive, path) = (archive.clone(), format!("{root}data/weights/{}", entry.path_name));
        let shape = view.shape.clone();
        let bytes = move || {
            if entry.use_pickle {
                return Err("is stored as a pickle inside the archive. Export it again with PyTorch 2.9".into());
            }
            let stored = archive.borrow_mut().read(&path)?;
            let size = element.size().ok_or("is not of floats")?;
            view.gather(&stored, size)
                .ok_or_else(|| "reaches past its storage".into())
        };
        weights.tensors.insert(name, Stored::of_bytes(shape, element, bytes));
    }
    weights.notes.push(
        "the weights of an exported program were read; its graph was not: `--arch` says what they belong to".into(),
    );
    Ok(weights)
}

/// Where the values of a tensor are in its storage, in values.
struct View {
    shape: Vec<usize>,
    strides: Vec<usize>,
    offset: usize,
}

impl View {
    /// The bytes in row-major order; nothing if they are not all in the storage.
    fn gather(&self, storage: &[u8], size: usize) -> Option<Vec<u8>> {
        if self.strides.len() != self.shape.len() {
            return None;
        }
        let count = self.shape.iter().try_fold(1usize, |count, &n| count.checked_mul(n))?;
        let last = self
            .shape
            .iter()
            .zip(&self.strides)
            .try_fold(self.offset, |last, (&n, &step)| {
                last.checked_add(n.saturating_sub(1).checked_mul(step)?)
            })?;
        if count > 0 && last.checked_add(1)?.checked_mul(size)? > storage.len() {
            return None;
        }
        let mut bytes = Vec::with_capacity(count.checked_mul(size)?);
        let mut at = vec![0; self.shape.len()];
        for _ in 0..count {
            let place: usize = at.iter().zip(&self.strides).map(|(i, step)| i * step).sum();
            let start = (self.offset + place) * size;
            bytes.extend_from_slice(&storage[start..start + size]);
            for (i, &n) in at.iter_mut().zip(&self.shape).rev() {
                *i += 1;
                if *i < n {
                    break;
                }
                *i = 0;
            }
        }
        Some(bytes)
    }
}

/// The numbers of `torch._export.serde.schema.ScalarType`.
fn element(dtype: u32) -> Element {
    match dtype {
        6 => Element::F16,
        7 => Element::F32,
        8 => Element::F64,
        13 => Element::BF16,
        5 => Element::Other("int64"),
        12 => Element::Other("bool"),
        _ => Element::Other("no floats"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strided_values_come_out_in_order_and_none_from_outside() {
        let view = |shape: &[usize], strides: &[usize], offset| View {
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            offset,
        };
        let storage: Vec<u8> = (0..6).collect();
        assert_eq!(
            view(&[3, 2], &[1, 3], 0).gather(&storage, 1),
            Some(vec![0, 3, 1, 4, 2, 5])
        );
        assert_eq!(view(&[2], &[0], 5).gather(&storage, 1), Some(vec![5, 5]));
        assert_eq!(view(&[], &[], 2).gather(&storage, 2), Some(vec![4, 5]));
        assert_eq!(view(&[0], &[1], 9).gather(&storage, 1), Some(vec![]));
        for outside in [
            view(&[4, 2], &[1, 3], 0),
            view(&[2], &[usize::MAX], 1),
            view(&[1], &[1], 6),
            view(&[1], &[], 0),
        ] {
            assert_eq!(outside.gather(&storage, 1), None);
        }
    }
}
