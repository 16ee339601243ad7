//! Any bytes: the IDX reader neither panics nor takes more memory than they justify, and what it accepts is consistent.
#![no_main]

use doubleback_data::idx::{Idx, decode};
use libfuzzer_sys::fuzz_target;

fn check<const RANK: usize>(bytes: &[u8]) {
    if let Ok(Idx { dims, data }) = decode::<RANK>("fuzzed", bytes) {
        assert_eq!(dims.iter().product::<usize>(), data.len());
        // Deflate packs a thousandfold at best.
        assert!(data.len() <= 1_100 * bytes.len());
    }
}

fuzz_target!(|bytes: &[u8]| {
    check::<1>(bytes);
    check::<3>(bytes);
});
