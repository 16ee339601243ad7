//! `.safetensors` of others. Tensors are known by name alone: their order in the file is that of types, then names.

use std::rc::Rc;

use safetensors::{Dtype, SafeTensors};

use crate::torch::weights::{Element, Stored, Weights};

/// Reads all tensors. Names under which a tensor is stored a second time are in the metadata.
pub(super) fn read(bytes: Vec<u8>) -> Result<Weights, String> {
    let (length, header) = SafeTensors::read_metadata(&bytes)
        .map_err(|e| format!("is damaged or not a .safetensors file ({e}). Copy it again"))?;
    let (bytes, start) = (Rc::new(bytes), size_of::<u64>() + length);
    let of = |name: &str| {
        let info = header.info(name)?;
        let (bytes, (from, to)) = (bytes.clone(), info.data_offsets);
        let read = move || {
            let values = bytes.get(start + from..start + to);
            values.map(<[u8]>::to_vec).ok_or_else(|| "reaches past the file".into())
        };
        Some(Stored::of_bytes(info.shape.clone(), element(info.dtype), read))
    };
    let mut weights = Weights::default();
    for name in header.offset_keys() {
        if let Some(tensor) = of(&name) {
            weights.tensors.insert(name, tensor);
        }
    }
    let mut tied: Vec<(&String, &String)> = header.metadata().iter().flatten().collect();
    tied.sort_unstable();
    for (name, stored) in tied {
        if !weights.tensors.contains_key(name)
            && let Some(tensor) = of(stored)
        {
            weights.tensors.insert(name.clone(), tensor);
            weights
                .notes
                .push(format!("`{name}` is `{stored}`, as the file's metadata says"));
        }
    }
    Ok(weights)
}

fn element(dtype: Dtype) -> Element {
    match dtype {
        Dtype::F64 => Element::F64,
        Dtype::F32 => Element::F32,
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::BF16,
        Dtype::I64 => Element::Other("int64"),
        Dtype::BOOL => Element::Other("bool"),
        Dtype::U8 => Element::Other("uint8"),
        Dtype::I8 => Element::Other("int8"),
        _ => Element::Other("no floats"),
    }
}
