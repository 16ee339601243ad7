//! Any bytes: the reader of NumPy's files neither panics nor takes more memory than they justify, and what it accepts is consistent.
#![no_main]

use doubleback_data::{Part, npz::decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(dataset) = decode("fuzzed", bytes.to_vec()) {
        let mut values = 0;
        for part in Part::ALL {
            let split = dataset.split(part);
            assert_eq!(split.labels().len() * dataset.shape.len(), split.images().len());
            assert!(split.labels().iter().all(|&label| (label as usize) < dataset.classes.len()));
            values += split.images().len();
        }
        // Deflate packs a thousandfold at best; the three parts may be the same bytes.
        assert!(values <= 3 * 1_100 * bytes.len());
    }
});
