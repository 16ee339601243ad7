//! Damaged files are errors.

use std::panic;
use std::sync::Once;

use doubleback_data::parquet::decode;
use proptest::prelude::*;

use crate::support::bytes;

const FILES: [&str; 6] = ["hf-test", "hf-cifar100", "zstd", "gzip", "lz4", "none"];

/// The library's panics are caught where files are read; here they are not to be printed either.
fn be_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let place = panic
                .location()
                .map(|place| place.file().to_owned())
                .unwrap_or_default();
            if !place.contains("parquet-") {
                hook(panic);
            }
        }));
    });
}

#[test]
fn files_that_are_cut_off_or_changed_in_any_byte_never_panic() {
    be_quiet();
    for name in FILES {
        let whole = bytes(name);
        for end in 0..whole.len() {
            assert!(
                decode(name, whole[..end].to_vec()).is_err(),
                "{name} cut off after {end} bytes"
            );
            let without = [&whole[..end], &whole[end + 1..]].concat();
            let _ = decode(name, without);
            for change in [0x01, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[end] ^= change;
                if let Err(error) = decode(name, changed) {
                    assert_eq!(error.to_string().lines().count(), 1, "{error}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_between_the_marks_of_a_file_never_panic(content in prop::collection::vec(any::<u8>(), 0..200), length in 0..200u32) {
        be_quiet();
        let file = [b"PAR1", &content[..], &length.to_le_bytes()[..], b"PAR1"].concat();
        assert!(decode("any", file).is_err());
    }
}
