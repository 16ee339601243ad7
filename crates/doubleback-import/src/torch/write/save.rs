//! Files of state dicts.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

use doubleback::write::{write_atomically, write_with};
use doubleback::{Error, Result};
use safetensors::tensor::{Dtype, SafeTensorError, TensorView};
use zip9::write::{SimpleFileOptions, ZipWriter};
use zip9::{CompressionMethod, DateTime};

use super::entries::{StateTensor, StateValues};
use super::pickle;

/// The folder in an archive that all entries stand in.
const FOLDER: &str = "archive";

/// Writes tensors as the ending of the path says.
pub(super) fn save(tensors: &[StateTensor], path: &Path) -> Result<()> {
    for tensor in tensors {
        if let StateValues::Floats(values) = &tensor.values
            && let Some(value) = values.iter().find(|value| !value.is_finite())
        {
            let name = &tensor.name;
            return Err(Error::file(
                path,
                format!("cannot be written: `{name}` holds {value}, which is not finite"),
            ));
        }
    }
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("safetensors") => safetensors(tensors, path),
        Some("pt" | "pth") => write_with(path, &mut |out| archive(tensors, out)),
        _ => Err(Error::file(
            path,
            "is no name of a state dict. Give one that ends in .safetensors, .pt or .pth",
        )),
    }
}

fn safetensors(tensors: &[StateTensor], path: &Path) -> Result<()> {
    let failed = |e: SafeTensorError| Error::file(path, format!("cannot be put together: {e}"));
    let bytes: Vec<Vec<u8>> = tensors.iter().map(StateTensor::bytes).collect();
    let views = tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
        let kind = match tensor.values {
            StateValues::Floats(_) => Dtype::F32,
            StateValues::Integers(_) => Dtype::I64,
        };
        Ok((
            tensor.name.as_str(),
            TensorView::new(kind, tensor.shape.clone(), bytes)?,
        ))
    });
    let views = views
        .collect::<std::result::Result<Vec<_>, SafeTensorError>>()
        .map_err(failed)?;
    // One fact alone: of several the order would be random.
    let facts = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = safetensors::serialize(views, Some(facts)).map_err(failed)?;
    write_atomically(path, &file)
}

/// What `torch.save` writes: an archive that is not packed, with the pickle and a file of values for each tensor.
fn archive(tensors: &[StateTensor], out: &mut dyn doubleback::data::atomic_file::Out) -> io::Result<()> {
    let mut zip = ZipWriter::new(out);
    let mut entry = |name: &str, bytes: &[u8]| -> io::Result<()> {
        // No time of day: equal state dicts are equal files. Entries of 4 GiB need another header.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(bytes.len() > u32::MAX as usize / 2);
        zip.start_file(format!("{FOLDER}/{name}"), options)
            .map_err(io::Error::other)?;
        zip.write_all(bytes)
    };
    entry("data.pkl", &pickle::state_dict(tensors))?;
    entry("byteorder", b"little")?;
    for (key, tensor) in tensors.iter().enumerate() {
        entry(&format!("data/{key}"), &tensor.bytes())?;
    }
    entry("version", b"3\n")?;
    zip.finish().map(drop).map_err(io::Error::other)
}
