//! Any bytes: the reader of SVHN's MAT-files neither panics nor takes more memory than they justify, and what it accepts is consistent.
#![no_main]

use doubleback_data::svhn::decode;
use libfuzzer_sys::fuzz_target;

/// Bytes of an image.
const PIXELS: usize = 3 * 32 * 32;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(digits) = decode("fuzzed", bytes, usize::MAX) {
        assert_eq!(digits.labels.len(), digits.len());
        assert!(digits.labels.iter().all(|&label| label < 10));
        // Deflate packs a thousandfold at best.
        assert!(digits.len() * PIXELS <= 1_100 * bytes.len());
        let few = decode("fuzzed", bytes, 1).expect("the same file is accepted again");
        assert_eq!((few.len(), few.labels), (digits.len().min(1), digits.labels));
    }
});
