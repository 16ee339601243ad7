//! Any bytes: the reader of image files neither panics nor takes more memory than its limit, and what it accepts is consistent.
#![no_main]

use doubleback_data::{Background, MAX_DECODED, MAX_SIDE, Picture};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for (size, background) in [(None, None), (Some([5, 3]), Some(Background([255, 128, 0])))] {
        if let Ok(picture) = Picture::decode(bytes, size, background) {
            let shape = picture.shape;
            assert!([1, 3].contains(&shape.channels));
            assert!(shape.height.max(shape.width) <= MAX_SIDE as usize);
            assert_eq!(shape.len(), picture.pixels.len());
            assert!(picture.pixels.len() as u64 <= MAX_DECODED);
            assert!(size.is_none_or(|size| size == [shape.height, shape.width]));
        }
    }
});
