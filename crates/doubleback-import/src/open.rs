//! From a path to a network, whatever the file is.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use doubleback::nn;
use doubleback::{Error, Result};

use crate::agreement::{agreement, image_size};
use crate::imported::{Imported, Unsupported};
use crate::onnx;
use crate::options::Options;
use crate::torch;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A `.safetensors` file with an architecture in it.
    Ours,
    /// A `.safetensors` file of another program.
    Safetensors,
    /// What PyTorch writes: a zip archive, or in old files a pickle.
    PyTorch,
    /// Anything else: of all formats, ONNX alone has no mark of its own.
    Onnx,
    /// What is known and cannot be read, and what would help.
    Known(&'static str),
}

/// Formats that are not read, by their first bytes (and where those are).
const OTHERS: [(usize, &[u8], &str); 8] = [
    (
        0,
        b"\x89HDF",
        "is an HDF5 file, as Keras writes. Export the model to ONNX (`model.export(\"m.onnx\", format=\"onnx\")`)",
    ),
    (
        4,
        b"TFL3",
        "is a model of TensorFlow Lite. Convert it to ONNX with tf2onnx",
    ),
    (0, b"\x1f\x8b", "is compressed by gzip. Unpack it"),
    (
        257,
        b"ustar",
        "is a tar archive: unpack it, or, if PyTorch wrote it before 0.1.10 and you trust it, torch.save(torch.load(FILE, weights_only=False), NEW)",
    ),
    (0, b"\x93NUMPY", "is an array of NumPy, not a model"),
    (
        0,
        b"version https://git-lfs",
        "is a pointer of Git LFS, not the file itself. Fetch it with `git lfs pull`",
    ),
    (0, b"<!DOCTYPE", "is a web page, not a model. Download the file again"),
    (0, b"<html", "is a web page, not a model. Download the file again"),
];

/// Reads a model from a file of any kind: one of ours, ONNX, PyTorch's, or `.safetensors` of others. The bytes say which, not the name.
///
/// # Errors
/// One line that names the file, and the node or tensor, and what would help: when it cannot be read, or holds what cannot be imported, or an
/// option is given that it does not need.
pub fn open(path: &Path, options: &Options, device: &Device) -> Result<Imported> {
    // What a file of weights leaves open, and nobody says, is as in the file to compare with.
    let of_check = || options.check.as_deref().and_then(image_size);
    let size = options.size.or_else(of_check);
    let mut imported = read(
        path,
        &Options {
            size,
            ..options.clone()
        },
        device,
    )?;
    if let Some(file) = &options.check {
        let found = agreement(&imported.network, options.normalize.as_ref(), file, device)?;
        let note = format!(
            "the logits of {} images are those of {}: they differ by {:.1e} of the largest",
            found.images,
            file.display(),
            found.difference
        );
        if let Some(source) = &mut imported.source {
            source.notes.push(note);
        }
    }
    Ok(imported)
}

/// Reads an ONNX model that is in memory, with all its weights inside, as another program in this process exported it. `name` stands for it in
/// messages and results.
///
/// # Errors
/// As [`open`].
pub fn open_onnx(bytes: Vec<u8>, name: &str, options: &Options, device: &Device) -> Result<Imported> {
    onnx::import_bytes(bytes, Path::new(name), options, device)
}

fn read(path: &Path, options: &Options, device: &Device) -> Result<Imported> {
    match kind(path)? {
        Kind::Ours => {
            if let Some(option) = options.given().first() {
                let problem = format!("is a model of doubleback, which says all of itself. Leave out `{option}`");
                return Err(Error::file(path, problem));
            }
            ours(path, device)
        }
        Kind::Onnx => {
            if options.arch.is_some() {
                let problem = "is an ONNX model, which says its architecture itself. Leave out `--arch`";
                return Err(Error::file(path, problem));
            }
            onnx::import(path, options, device)
        }
        Kind::Safetensors | Kind::PyTorch => torch::import(path, options, device),
        Kind::Known(problem) => Err(Error::file(path, problem)),
    }
}

/// All nodes of a file that are in the way of importing it; none if it is no graph.
///
/// # Errors
/// When the file cannot be read.
pub fn unsupported(path: &Path) -> Result<Vec<Unsupported>> {
    match kind(path)? {
        Kind::Onnx => onnx::unsupported(path),
        _ => Ok(Vec::new()),
    }
}

/// Whether a file is a model that this program wrote, which needs no options.
pub fn is_ours(path: &Path) -> bool {
    matches!(kind(path), Ok(Kind::Ours))
}

/// The files besides `path` that reading it reads: external data of an ONNX model. Nothing if it cannot be read.
pub fn files_beside(path: &Path) -> Vec<PathBuf> {
    match kind(path) {
        Ok(Kind::Onnx) => onnx::files_beside(path),
        _ => Vec::new(),
    }
}

fn ours(path: &Path, device: &Device) -> Result<Imported> {
    let (network, card) = nn::load(path, device)?;
    Ok(Imported {
        network,
        card,
        source: None,
    })
}

fn kind(path: &Path) -> Result<Kind> {
    /// Most bytes of a header that are looked at; descriptions of our networks are far shorter.
    const LOOKED_AT: u64 = 1 << 24;
    let mut head = Vec::new();
    let mut file = File::open(path).map_err(Error::io(path, "reading the model"))?;
    let mut read = |head: &mut Vec<u8>, most| file.by_ref().take(most).read_to_end(head);
    read(&mut head, 512).map_err(Error::io(path, "reading the model"))?;
    if head.is_empty() {
        return Err(Error::file(path, "is empty. Copy or export it again"));
    }
    let known = |(at, mark, _): &&(usize, &[u8], &str)| head.get(*at..).is_some_and(|rest| rest.starts_with(mark));
    if let Some((_, _, problem)) = OTHERS.iter().find(known) {
        return Ok(Kind::Known(problem));
    }
    // Zip archives and pickles of protocol 2 and later.
    if head.starts_with(b"PK\x03\x04")
        || head.starts_with(b"PK\x05\x06")
        || matches!(head.as_slice(), [0x80, 2..=5, ..])
    {
        return Ok(Kind::PyTorch);
    }
    if head.get(8) != Some(&b'{') {
        // Neither has a mark: what is damaged is told as what it is called.
        let named = path.extension().is_some_and(|ending| ending == "safetensors");
        return Ok(if named { Kind::Safetensors } else { Kind::Onnx });
    }
    read(&mut head, LOOKED_AT).map_err(Error::io(path, "reading the model"))?;
    let Some((length, header)) = head.split_first_chunk::<8>() else {
        return Ok(Kind::Onnx);
    };
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let header = &header[..length.min(header.len())];
    let has = |word: &[u8]| header.windows(word.len()).any(|found| found == word);
    Ok(match has(b"\"architecture\"") && has(b"\"doubleback-") {
        true => Kind::Ours,
        false => Kind::Safetensors,
    })
}
