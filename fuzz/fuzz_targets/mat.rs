//! Any bytes: the MAT-file reader neither panics nor takes more memory than they justify, whatever the size of the arrays. Smaller inputs than
//! those of the target `svhn` reach the end.
#![no_main]

use doubleback_data::mat::{Names, decode};
use libfuzzer_sys::fuzz_target;

const NAMES: Names = Names {
    images: "X",
    labels: "y",
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok((images, labels)) = decode("fuzzed", bytes, NAMES, usize::MAX) {
        assert_eq!(images.dims.iter().product::<usize>(), images.data.len());
        assert_eq!(labels.dims.iter().product::<usize>(), labels.data.len());
        // Deflate packs a thousandfold at best.
        assert!(images.data.len() + labels.data.len() <= 1_100 * bytes.len());
        let (few, again) = decode("fuzzed", bytes, NAMES, 3).expect("the same file is accepted again");
        assert!(few.dims == images.dims && again == labels);
        assert!(images.data.starts_with(&few.data) && few.data.len() == images.data.len().min(3));
    }
});
