//! NumPy's files, made by hand.
#![allow(dead_code)]

use std::io::{Cursor, Write};

use zip::write::FileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A `.npy` file with this type, shape and data.
pub fn npy(descr: &str, by_column: bool, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let order = if by_column { "True" } else { "False" };
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    npy_of(
        &format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({sizes}), }}"),
        data,
    )
}

/// A `.npy` file with this header.
pub fn npy_of(header: &str, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len() + 1).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), b"\n", data].concat()
}

/// Unsigned bytes.
pub fn bytes(shape: &[usize], data: &[u8]) -> Vec<u8> {
    npy("|u1", false, shape, data)
}

/// Fractions.
pub fn floats(shape: &[usize], data: &[f32]) -> Vec<u8> {
    npy(
        "<f4",
        false,
        shape,
        &data.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>(),
    )
}

/// Whole numbers in one dimension.
pub fn integers(data: &[i64]) -> Vec<u8> {
    npy(
        "<i8",
        false,
        &[data.len()],
        &data.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>(),
    )
}

/// Texts in one dimension.
pub fn texts(data: &[&str]) -> Vec<u8> {
    let length = data.iter().map(|text| text.chars().count()).max().unwrap();
    let letters = data.iter().flat_map(|text| {
        let mut letters: Vec<u32> = text.chars().map(u32::from).collect();
        letters.resize(length, 0);
        letters
    });
    npy(
        &format!("<U{length}"),
        false,
        &[data.len()],
        &letters.flat_map(u32::to_le_bytes).collect::<Vec<_>>(),
    )
}

/// A `.npz` file of these arrays.
pub fn npz(arrays: &[(&str, Vec<u8>)], packed: bool) -> Vec<u8> {
    let method = if packed {
        CompressionMethod::Deflated
    } else {
        CompressionMethod::Stored
    };
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in arrays {
        archive
            .start_file(format!("{name}.npy"), FileOptions::default().compression_method(method))
            .unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
