//! What several tests of data need.
#![allow(dead_code)]

pub mod arrays;
pub mod exif;
pub mod files;
pub mod server;

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;

/// An IDX file of unsigned bytes.
pub fn idx(dims: &[usize], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, u8::try_from(dims.len()).unwrap()];
    for &dim in dims {
        file.extend(u32::try_from(dim).unwrap().to_be_bytes());
    }
    file.extend(data);
    file
}

/// `bytes`, gzipped.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The folder of real data sets, if `set` is in it; otherwise says that `test` is skipped.
pub fn real_data(test: &str, set: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("DOUBLEBACK_DATA")
        .map(PathBuf::from)
        .filter(|folder| folder.join(set).is_dir());
    if folder.is_none() {
        // Straight to standard error: the test harness hides what `eprintln!` says in tests that pass.
        let message = format!("skipped: {test}: needs real data (DOUBLEBACK_DATA, a folder with {set}/)\n");
        std::io::stderr().write_all(message.as_bytes()).unwrap();
    }
    folder
}

/// A gray PNG whose pixel in this row and column has this value.
pub fn png(height: u32, width: u32, pixel: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let image = image::GrayImage::from_fn(width, height, |column, row| image::Luma([pixel(row, column)]));
    let mut file = std::io::Cursor::new(Vec::new());
    image.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}
