//! Files of weights: which format they are of, whether their size is worth what they would take, and their tensors by name.
//!
//! Reading takes at most 64 MiB and 32 times the file's size, whatever is in it; nothing in a file is run.
mod archive;
mod checkpoint;
mod exported;
mod pickle_size;
mod safetensors;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use archive::Archive;

use crate::torch::weights::Weights;

/// Values that tensors may have in all: so many, and one for each byte of the file. An expanded tensor has more than are stored.
const VALUES: usize = 1 << 22;

/// The number that begins files of before PyTorch 1.6, as pickles write it.
const LEGACY: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// What was found in a file.
pub(super) struct Found {
    /// `pytorch`, `pt2` or `safetensors`.
    pub format: &'static str,
    /// Its tensors.
    pub weights: Weights,
    /// The most values that may be read from it in all.
    pub most: usize,
}

/// The tensors of a file.
///
/// # Errors
/// What is wrong in words, and what to do.
pub(super) fn read(path: &Path) -> Result<Found, String> {
    let failed = |e: std::io::Error| format!("reading the weights: {e}");
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let length = usize::try_from(length).map_err(|_| "is larger than the memory of this machine")?;
    let mut head = Vec::new();
    file.by_ref().take(512).read_to_end(&mut head).map_err(failed)?;
    let whole = || std::fs::read(path).map_err(failed);
    let (format, weights) = if head.starts_with(b"PK") {
        of_zip(path, length)?
    } else if head.windows(LEGACY.len()).take(64).any(|bytes| bytes == LEGACY) {
        ("pytorch", checkpoint::of_pickles(path, &whole()?)?)
    } else if head.get(8) == Some(&b'{') {
        ("safetensors", safetensors::read(whole()?)?)
    } else {
        return Err(what_else(&head));
    };
    Ok(Found {
        format,
        weights,
        most: VALUES.saturating_add(length),
    })
}

fn of_zip(path: &Path, length: usize) -> Result<(&'static str, Weights), String> {
    let archive = Archive::open(path)?;
    if let Some(root) = archive.root_of(exported::CONFIG) {
        return Ok(("pt2", exported::read(archive, &root)?));
    }
    let has = |end: &str| archive.names().any(|name| name.ends_with(end));
    if let Some(root) = archive.root_of("data.pkl") {
        let (constants, code) = (format!("{root}constants.pkl"), format!("{root}code/"));
        let of_script = |name: &str| name == constants || name.starts_with(&code);
        if archive.names().any(of_script) {
            let advice = "torch.save(torch.jit.load(FILE).state_dict(), WEIGHTS), and give WEIGHTS with `--arch`";
            return Err(format!(
                "is TorchScript, a program, which is not run. In PyTorch: {advice}"
            ));
        }
        return Ok(("pytorch", checkpoint::of_archive(path, archive, &root, length)?));
    }
    let problem = if has("archive_format") || has("serialized_state_dict.pt") {
        let advice = "torch.save(torch.export.load(FILE).state_dict, WEIGHTS), and give WEIGHTS with `--arch`";
        return Err(format!(
            "is an exported program whose weights are stored in another way than by PyTorch 2.9. In PyTorch: {advice}"
        ));
    } else if has("model.weights.h5") {
        "is a Keras file. In Keras: model.export(\"model.onnx\", format=\"onnx\"), and give that"
    } else if has(".npy") {
        "is an archive of NumPy arrays, not a model. Give .onnx, .pt, .pth or .safetensors"
    } else {
        "is an archive without PyTorch's `data.pkl`. Give .onnx, .pt, .pth or .safetensors"
    };
    Err(problem.into())
}

/// What a file is that holds no weights that can be read.
fn what_else(head: &[u8]) -> String {
    if head.starts_with(b"\x80") {
        return "is a pickle without PyTorch's tensors. Save the weights with torch.save(model.state_dict(), FILE)"
            .into();
    }
    "is not a file of weights that is known, or cut off. Give .onnx, .pt, .pth or .safetensors".into()
}
