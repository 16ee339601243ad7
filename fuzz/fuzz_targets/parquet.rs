//! Any bytes: the reader of Parquet files does not let a panic through, and what it accepts is consistent.
#![no_main]

use std::panic;
use std::sync::Once;

use doubleback_data::{Part, parquet::{decode, is_reading}};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // libFuzzer's own hook ends the process at any panic. Those of the library that is beneath are caught, all others are not.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !is_reading() {
                hook(panic);
            }
        }));
    });
    if let Ok(dataset) = decode("fuzzed", bytes.to_vec()) {
        let mut count = 0;
        for part in Part::ALL {
            let split = dataset.split(part);
            assert_eq!(split.labels().len() * dataset.shape.len(), split.images().len());
            assert!(
                split
                    .labels()
                    .iter()
                    .all(|&label| (label as usize) < dataset.classes.len())
            );
            count += split.labels().len();
        }
        assert_eq!(count, dataset.test.len());
        assert!(count > 0 && dataset.classes.len() > 1);
    }
});
