//! What `torch.save` writes: zip archives, and pickles followed by storages before PyTorch 1.6.

use std::path::Path;

use pytorch_reader::{DType, PytorchReader};

use super::archive::Archive;
use super::pickle_size::count;
use crate::torch::weights::{Element, Stored, Weights};

/// Pickles of a file of the time before zip archives: a number, a version, facts about the machine, the object, the names of the storages.
const LEGACY_PICKLES: usize = 5;

/// What the reader says of the marks that old files put before classes.
const OLD_MODULE: &str = "storage persistent id has 4 fields";

/// Objects that a file may make: so many, and one for each [`PER_OBJECT`] bytes. An object takes less than 256 bytes of memory.
const OBJECTS: usize = 1 << 18;
const PER_OBJECT: usize = 16;

fn most_objects(length: usize) -> usize {
    OBJECTS + length / PER_OBJECT
}

/// Reads a zip archive with a pickle in the folder `root`.
pub(super) fn of_archive(path: &Path, mut archive: Archive, root: &str, length: usize) -> Result<Weights, String> {
    let pickle = archive.read(&format!("{root}data.pkl"))?;
    count(&pickle, most_objects(length))?;
    drop((archive, pickle));
    read(path)
}

/// Reads a file of pickles and storages.
pub(super) fn of_pickles(path: &Path, bytes: &[u8]) -> Result<Weights, String> {
    let (mut rest, mut most) = (bytes, most_objects(bytes.len()));
    for _ in 0..LEGACY_PICKLES {
        let counted = count(rest, most)?;
        rest = &rest[counted.length..];
        most = most.saturating_sub(counted.objects);
    }
    read(path)
}

/// Nothing is run: of the pickle's calls only those that build tensors and dictionaries are understood, and done by the reader itself.
fn read(path: &Path) -> Result<Weights, String> {
    let reader = PytorchReader::new(path).map_err(|e| {
        let problem = e.to_string().replace('\n', " ");
        // Its pickle keeps the source of the classes, which the reader does not know.
        if problem.contains(OLD_MODULE) {
            return "is a whole module in the format of before PyTorch 1.6. If you trust it, save its weights: torch.save(torch.load(FILE, weights_only=False).state_dict(), WEIGHTS)".to_owned();
        }
        format!("cannot be read: {problem}. Save its weights alone: torch.save(model.state_dict(), WEIGHTS)")
    })?;
    let mut weights = Weights::default();
    for (name, tensor) in reader.into_tensors() {
        let (_, dtype, shape, bytes) = tensor.into_parts();
        let bytes = move || bytes().map_err(|e| e.to_string());
        weights
            .tensors
            .insert(name, Stored::of_bytes(shape, element(dtype), bytes));
    }
    Ok(weights)
}

fn element(dtype: DType) -> Element {
    match dtype {
        DType::F64 => Element::F64,
        DType::F32 => Element::F32,
        DType::F16 => Element::F16,
        DType::BF16 => Element::BF16,
        DType::I64 => Element::Other("int64"),
        DType::I32 => Element::Other("int32"),
        DType::I16 => Element::Other("int16"),
        DType::I8 => Element::Other("int8"),
        DType::U64 => Element::Other("uint64"),
        DType::U32 => Element::Other("uint32"),
        DType::U16 => Element::Other("uint16"),
        DType::U8 => Element::Other("uint8"),
        DType::Bool => Element::Other("bool"),
    }
}
