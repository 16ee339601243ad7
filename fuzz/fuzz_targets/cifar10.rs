//! Any bytes: the reader of CIFAR-10's batches, binary and pickled, neither panics nor takes more memory than they justify, and what it accepts
//! is consistent.
#![no_main]

use doubleback_data::cifar10::decode;
use libfuzzer_sys::fuzz_target;

/// Bytes of an image.
const PIXELS: usize = 3 * 32 * 32;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(images) = decode("fuzzed", bytes) {
        assert_eq!(images.labels.len() * PIXELS, images.pixels.len());
        assert!(images.labels.iter().all(|&label| label < 10));
        // Deflate packs a thousandfold at best.
        assert!(images.pixels.len() <= 1_100 * bytes.len());
    }
});
