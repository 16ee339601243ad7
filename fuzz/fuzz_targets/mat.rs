//! Any bytes: the MAT-file reader neither panics nor takes more memory than they justify, whatever the size of the arrays. Smaller inputs than
//! those of the target `svhn` reach the end.
#![no_main]

use doubleback_data::mat::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(arrays) = decode("fuzzed", bytes, ["X", "y"], usize::MAX) {
        for array in &arrays {
            assert_eq!(array.dims.iter().product::<usize>(), array.data.len());
            // Deflate packs a thousandfold at best.
            assert!(array.data.len() <= 1_100 * bytes.len());
        }
        let few = decode("fuzzed", bytes, ["X", "y"], 3).expect("the same file is accepted again");
        for (few, all) in few.iter().zip(&arrays) {
            assert!(few.dims == all.dims && all.data.starts_with(&few.data) && few.data.len() == all.data.len().min(3));
        }
    }
});
