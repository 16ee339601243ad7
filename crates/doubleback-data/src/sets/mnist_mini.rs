//! A fifth of MNIST, within the program: no files needed.
//!
//! Of the official training file, images 0-999 are validation and 5,000-14,999 training; of the official test file, images
//! 0-1,999 are test. `scripts/embed-mnist-mini.py` makes the embedded files.

use crate::dataset::{Bounds, Dataset};
use crate::error::DataError;
use crate::part::Part;
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Labelled, Published};
use crate::sets::mnist::{CLASSES, LICENSE, NOTICE, SHAPE};
use crate::sets::options::LoadOptions;
use crate::split::Split;

/// What the catalog says of `mnist-mini`.
pub(crate) const INFO: DatasetInfo = DatasetInfo {
    name: "mnist-mini",
    description: "handwritten digits, a fifth of MNIST, within the program",
    classes: &CLASSES,
    shape: SHAPE,
    train: 10_000,
    validation: 1_000,
    test: 2_000,
    license: LICENSE,
    notice: NOTICE,
    files: &[],
    folders: &[],
    places: &[],
    archives: &[],
    load,
    verify,
};

/// A file, its packed content, and its checksums.
macro_rules! embedded {
    ($name:literal, packed: $packed:literal, unpacked: $unpacked:literal) => {{
        static FILE: Published = Published {
            name: $name,
            packed: $packed,
            unpacked: $unpacked,
        };
        Input::embedded(include_bytes!(concat!("embedded/", $name)), &FILE)
    }};
}

/// Images and labels of the training, validation and test parts.
fn files() -> [[Input; 2]; 3] {
    [
        [
            embedded!(
                "train-images.idx.gz",
                packed: "80a0d3bd0a95ff9dbec8973400abf8c7734ca814074f02a721de288278f2ae25",
                unpacked: "6aaa1f137a7eb46d2d305b63732d9203e6cf628337fc139c47221167933048a4"
            ),
            embedded!(
                "train-labels.idx.gz",
                packed: "4fe9df91824a04b487b6843e693259e98e13b301f7e664a52448dcbbc64cfe2e",
                unpacked: "b8605b773846fc305f97d40162cae2b02bb6eecd6a73d1fa97dbd48f99aed458"
            ),
        ],
        [
            embedded!(
                "validation-images.idx.gz",
                packed: "0a725c351dacd1932a68938c0366707d4a6069c4a542eeb44ba6f7b8126ee1b5",
                unpacked: "386bb018796babeaca208787b77c1b9db39532c4098951ea35f4694e744eb4b7"
            ),
            embedded!(
                "validation-labels.idx.gz",
                packed: "699722d875ade1a0fab522aef419b4506c45b83e05c71f6b7a13b57b2aba9212",
                unpacked: "895f65588e45d05babf0b5fa7aee2a0d782d8143b40b5764e596df91bc9dddeb"
            ),
        ],
        [
            embedded!(
                "test-images.idx.gz",
                packed: "fa2fa0f453d30da7368de1b3d971c4d7d337993bb97663d604822d2b60473905",
                unpacked: "3f6bd66dee48df299584c67669bceee490faa25f931496bd7473b42106d7daed"
            ),
            embedded!(
                "test-labels.idx.gz",
                packed: "9016d84c0ff2a402884fc39ac1dfcb3ec411c5581759174110390192c6e1c7b5",
                unpacked: "7b098e5f6a3065807cebeabf36fb1724a8aff19f2673ac08b4923e0e8c715bce"
            ),
        ],
    ]
}

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    let mut sources = Vec::new();
    let mut read = |part: Part, [images, labels]: [Input; 2]| {
        if !options.wants(part) {
            return Ok(Split::empty(SHAPE));
        }
        let read = Labelled::read(images, labels, SHAPE, CLASSES.len())?;
        sources.extend(read.sources(NOTICE));
        read.into_pixels(SHAPE).whole(|byte| f32::from(byte) / 255.0)
    };
    let [train, validation, test] = files();
    let train = read(Part::Train, train)?;
    let validation = read(Part::Validation, validation)?;
    let test = read(Part::Test, test)?;
    let mut dataset = Dataset::new(
        INFO.name,
        INFO.class_names(),
        SHAPE,
        Bounds::UNIT,
        train,
        validation,
        test,
    )?;
    dataset.sources = sources;
    Ok(dataset)
}

fn verify(_: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    let verify = |[images, labels]: [Input; 2]| Labelled::verify(images, labels, SHAPE, CLASSES.len());
    Ok(files().map(verify).into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::*;
    use crate::checksum::Checksummed;

    #[test]
    fn the_embedded_files_are_small_and_unchanged() {
        let mut total = 0;
        for (bytes, published) in files().iter().flatten().filter_map(Input::embedded_content) {
            let sha256 = |reader: &mut dyn Read| {
                let mut reader = Checksummed::new(reader);
                io::copy(&mut reader, &mut io::sink()).unwrap();
                reader.finish().0
            };
            assert_eq!(sha256(&mut &*bytes), published.packed, "{}", published.name);
            let mut unpacked = flate2::read::GzDecoder::new(bytes);
            assert_eq!(sha256(&mut unpacked), published.unpacked, "{}", published.name);
            total += bytes.len();
        }
        assert!((2_000_000..2_500_000).contains(&total), "{total}");
    }
}
