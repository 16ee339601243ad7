//! Batches of CIFAR-10 and CIFAR-100: 3 x 32 x 32 images with one label each or two, in the binary form or in Python's.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::checksum::sha256;
use crate::error::{CifarProblem, DataError, PickleProblem};
use crate::formats::idx::{GZIP, fill, take};
use crate::formats::pickle::{NumpyArray, Pickle};
use crate::limits::cifar::{MAX_BYTES, PIXELS};
use crate::split::check_labels;

/// A kind of label.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelKind {
    /// Its name in Python's files.
    pub key: &'static str,
    /// How many classes there are.
    pub classes: usize,
}

/// Images with `K` labels each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch<const K: usize> {
    /// Labels of each kind, one an image, within the classes.
    pub labels: [Vec<u8>; K],
    /// Three planes (red, green, blue) an image, each row by row.
    pub pixels: Vec<u8>,
}

impl<const K: usize> Batch<K> {
    /// SHA-256 of the same images in binary form.
    pub fn sha256(&self) -> String {
        let images = self.pixels.chunks_exact(PIXELS).enumerate();
        sha256(images.flat_map(|(index, pixels)| {
            let labels = self.labels.iter().map(move |labels| &labels[index..=index]);
            labels.chain([pixels])
        }))
    }
}

/// Reads a batch from `reader` to its end: records of `K` labels and an image, or a pickled dictionary of labels and `data`; either gzipped or
/// not. `name` stands for the file in messages.
///
/// # Errors
/// [`DataError::Cifar`] or [`DataError::LabelRange`] if it is anything else.
pub(crate) fn decode<const K: usize>(
    name: &str,
    reader: impl Read,
    kinds: &[LabelKind; K],
) -> Result<Batch<K>, DataError> {
    let (labels, pixels) = parse(reader, kinds).map_err(|problem| DataError::Cifar {
        file: name.to_owned(),
        problem,
    })?;
    for (labels, kind) in labels.iter().zip(kinds) {
        check_labels(labels, kind.classes, || name.to_owned())?;
    }
    // They are within the classes, of which there are at most 100.
    let labels = labels.map(|labels| labels.into_iter().map(|label| label as u8).collect());
    Ok(Batch { labels, pixels })
}

type Parsed<const K: usize> = Result<([Vec<i64>; K], Vec<u8>), CifarProblem>;

fn parse<const K: usize>(mut reader: impl Read, kinds: &[LabelKind; K]) -> Parsed<K> {
    let mut start = [0; 2];
    let got = fill(&mut reader, &mut start).map_err(CifarProblem::Read)?;
    let mut whole = start[..got].chain(reader);
    let bytes = if start == GZIP {
        take(&mut MultiGzDecoder::new(whole), MAX_BYTES + 1).map_err(CifarProblem::Gzip)?
    } else {
        take(&mut whole, MAX_BYTES + 1).map_err(CifarProblem::Read)?
    };
    match bytes.first() {
        _ if bytes.len() > MAX_BYTES => Err(CifarProblem::TooLarge),
        // Every pickle of protocol 2 and above begins with this; no label is so large.
        Some(0x80) => pickled(&bytes, kinds),
        _ => records(&bytes),
    }
}

fn records<const K: usize>(bytes: &[u8]) -> Parsed<K> {
    let record = K + PIXELS;
    if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
        return Err(CifarProblem::Records {
            bytes: bytes.len(),
            labels: K,
        });
    }
    let mut labels = [const { Vec::new() }; K];
    let mut pixels = Vec::with_capacity(bytes.len());
    for record in bytes.chunks_exact(record) {
        let (of_image, image) = record.split_at(K);
        for (labels, &label) in labels.iter_mut().zip(of_image) {
            labels.push(i64::from(label));
        }
        pixels.extend(image);
    }
    Ok((labels, pixels))
}

fn pickled<const K: usize>(bytes: &[u8], kinds: &[LabelKind; K]) -> Parsed<K> {
    let pickle = Pickle::read(bytes)?;
    let mut labels = [const { Vec::new() }; K];
    for (labels, kind) in labels.iter_mut().zip(kinds) {
        *labels = pickle.labels(kind.key)?;
    }
    let data = pickle.array("data")?;
    let images = match data.shape[..] {
        [images, PIXELS] | [images, 3, 32, 32] => images,
        _ => {
            let (key, shape) = ("data", data.shape);
            return Err(PickleProblem::Shape { key, shape }.into());
        }
    };
    match labels.iter().find(|labels| labels.len() != images) {
        None if images > 0 => Ok((labels, row_by_row(data))),
        other => Err(CifarProblem::Pixels {
            labels: other.map_or(images, Vec::len),
            images,
        }),
    }
}

/// The bytes of an array with the last index varying fastest.
fn row_by_row(array: NumpyArray<'_>) -> Vec<u8> {
    if !array.by_column {
        return array.bytes.into_owned();
    }
    let mut bytes = Vec::with_capacity(array.bytes.len());
    let mut index = vec![0; array.shape.len()];
    for _ in 0..array.bytes.len() {
        let place = array
            .shape
            .iter()
            .zip(&index)
            .rev()
            .fold(0, |place, (size, at)| place * size + at);
        bytes.push(array.bytes[place]);
        for (at, size) in index.iter_mut().zip(&array.shape).rev() {
            *at += 1;
            if *at < *size {
                break;
            }
            *at = 0;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_labels_of_a_record_are_kept() {
        let kinds = [("coarse", 20), ("fine", 100)].map(|(key, classes)| LabelKind { key, classes });
        let record = |labels: [u8; 2]| [&labels[..], &[7; PIXELS]].concat();
        let file = [record([19, 99]), record([0, 1])].concat();
        let batch = decode("file", &file[..], &kinds).unwrap();
        assert_eq!(batch.labels, [[19, 0], [99, 1]].map(|labels| labels.to_vec()));
        assert_eq!(batch.sha256(), sha256([&file[..]].into_iter()));
        let error = decode("file", &record([20, 0])[..], &kinds).unwrap_err().to_string();
        assert!(
            error.contains("label 20 of image 0 is not one of the 20 classes"),
            "{error}"
        );
        let error = decode("file", &file[..PIXELS + 1], &kinds).unwrap_err().to_string();
        assert!(error.contains("two labels") && error.contains("CIFAR-10"), "{error}");
    }
}
