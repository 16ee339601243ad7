//! From a path to a network, whatever the file is.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use doubleback::nn;
use doubleback::{Error, Result};

use crate::imported::{Imported, Unsupported};
use crate::options::Options;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A `.safetensors` file with an architecture in it.
    Ours,
    /// Anything else.
    Other,
}

/// Reads a model from a file of any kind: one of ours, ONNX, PyTorch's, or `.safetensors` of others.
///
/// # Errors
/// One line that names the file, and the node or tensor, and what would help: when it cannot be read, or holds what cannot be imported, or an
/// option is given that it does not need.
pub fn open(path: &Path, options: &Options, device: &Device) -> Result<Imported> {
    match kind(path) {
        Kind::Ours => {
            if let Some(option) = options.given().first() {
                let problem = format!("is a model of doubleback, which says all of itself. Leave out `{option}`");
                return Err(Error::file(path, problem));
            }
            ours(path, device)
        }
        Kind::Other => ours(path, device),
    }
}

/// All nodes of a file that are in the way of importing it; none if it is no graph.
///
/// # Errors
/// When the file cannot be read.
pub fn unsupported(_path: &Path) -> Result<Vec<Unsupported>> {
    Ok(Vec::new())
}

/// Whether a file is a model that this program wrote, which needs no options.
pub fn is_ours(path: &Path) -> bool {
    kind(path) == Kind::Ours
}

/// The files besides `path` that reading it reads: external data of an ONNX model. Nothing if it cannot be read.
pub fn files_beside(_path: &Path) -> Vec<PathBuf> {
    Vec::new()
}

fn ours(path: &Path, device: &Device) -> Result<Imported> {
    let (network, card) = nn::load(path, device)?;
    Ok(Imported {
        network,
        card,
        source: None,
    })
}

fn kind(path: &Path) -> Kind {
    /// Most bytes of a header that are looked at; descriptions of our networks are far shorter.
    const LOOKED_AT: u64 = 1 << 24;
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut head));
    let Some((length, header)) = head.split_first_chunk::<8>().filter(|_| read.is_ok()) else {
        return Kind::Other;
    };
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let header = &header[..length.min(header.len())];
    let has = |word: &[u8]| header.windows(word.len()).any(|found| found == word);
    if header.first() == Some(&b'{') && has(b"\"architecture\"") && has(b"\"doubleback-") {
        Kind::Ours
    } else {
        Kind::Other
    }
}
