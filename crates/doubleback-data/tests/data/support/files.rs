//! Small files in the formats of SVHN and CIFAR-10.
#![allow(dead_code)]

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// The start of a MAT-file.
pub fn mat_header() -> Vec<u8> {
    let mut header = b"MATLAB 5.0 MAT-file".to_vec();
    header.resize(124, b' ');
    header.extend([0, 1, b'I', b'M']);
    header
}

/// A sub-element.
pub fn element(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut element = Vec::new();
    match data.len() {
        length @ 1..=4 => {
            element.extend((length as u32 * 0x10000 + kind).to_le_bytes());
            element.extend(data);
        }
        length => {
            element.extend(kind.to_le_bytes());
            element.extend((length as u32).to_le_bytes());
            element.extend(data);
        }
    }
    element.resize(element.len().next_multiple_of(8), 0);
    element
}

/// An array of unsigned bytes, compressed or not.
pub fn array(name: &str, dims: &[u32], data: &[u8], packed: bool) -> Vec<u8> {
    variable(name, dims, 9, 2, data, packed)
}

/// A variable of this class, whose data are of this kind.
pub fn variable(name: &str, dims: &[u32], class: u8, kind: u32, data: &[u8], packed: bool) -> Vec<u8> {
    let sizes: Vec<u8> = dims.iter().flat_map(|dim| dim.to_le_bytes()).collect();
    let body = [
        element(6, &[class, 0, 0, 0, 0, 0, 0, 0]),
        element(5, &sizes),
        element(1, name.as_bytes()),
        element(kind, data),
    ]
    .concat();
    matrix(&body, packed)
}

/// A variable with these sub-elements.
pub fn matrix(body: &[u8], packed: bool) -> Vec<u8> {
    let matrix = [&14u32.to_le_bytes(), &(body.len() as u32).to_le_bytes(), body].concat();
    if !packed {
        return matrix;
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&matrix).unwrap();
    let packed = encoder.finish().unwrap();
    [&15u32.to_le_bytes(), &(packed.len() as u32).to_le_bytes(), &packed[..]].concat()
}

/// A file of SVHN: labels as they are in the file, 1 to 10; the pixels of an image are those of `pixel`.
pub fn svhn(labels: &[u8], pixel: impl Fn(usize, usize) -> u8, packed: bool) -> Vec<u8> {
    let count = labels.len();
    let pixels: Vec<u8> = (0..count)
        .flat_map(|image| (0..3072).map(move |at| (image, at)))
        .map(|(image, at)| pixel(image, at))
        .collect();
    let images = array("X", &[32, 32, 3, count as u32], &pixels, packed);
    [mat_header(), images, array("y", &[count as u32, 1], labels, packed)].concat()
}

/// A batch of CIFAR-10 in binary form, where every pixel of an image is its index modulo 256.
pub fn cifar(labels: &[u8]) -> Vec<u8> {
    let record = |(index, label): (usize, &u8)| [vec![*label], vec![index as u8; 3072]].concat();
    labels.iter().enumerate().flat_map(record).collect()
}

/// The same as Python 2 pickles it: a dictionary with a list of labels and an array of NumPy.
pub fn cifar_pickle(labels: &[u8], column_by_column: bool) -> Vec<u8> {
    let mut file = b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x03oneq\x03U\x06labelsq\x04]q\x05(".to_vec();
    for label in labels {
        file.extend([b'K', *label]);
    }
    file.extend(b"eU\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01");
    file.extend([b'M', labels.len() as u8, 0, b'M', 0, 12, 0x86]);
    file.extend(
        b"cnumpy\ndtype\nq\x0aU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb",
    );
    file.push(if column_by_column { 0x88 } else { 0x89 });
    file.push(b'T');
    file.extend((3072 * labels.len() as u32).to_le_bytes());
    for at in 0..3072 * labels.len() {
        file.push((if column_by_column { at % labels.len() } else { at / 3072 }) as u8);
    }
    file.extend(b"tbU\x09filenamesq\x0c]q\x0d(U\x05a.pngq\x0eU\x05b.pnge");
    file.extend(b"u.");
    file
}
