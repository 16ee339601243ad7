//! Damaged files are errors.

use std::panic;
use std::sync::Once;

use doubleback_data::parquet::{decode, is_reading};
use proptest::prelude::*;

use super::support::bytes;

const FILES: [&str; 6] = ["hf-test", "hf-cifar100", "zstd", "gzip", "lz4", "none"];

/// The library's panics are caught where files are read; here they are not to be printed either.
fn be_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !is_reading() {
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
        for at in 0..whole.len() {
            assert!(
                decode(name, whole[..at].to_vec()).is_err(),
                "{name} cut off after {at} bytes"
            );
            for change in [1 << (at % 8), 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= change;
                if let Err(error) = decode(name, changed) {
                    assert_eq!(error.to_string().lines().count(), 1, "{error}");
                }
            }
            if at % 4 == 0 {
                let _ = decode(name, [&whole[..at], &whole[at + 1..]].concat());
            }
        }
    }
    // Whatever happened, other panics of this thread are told again.
    assert!(!is_reading());
}

proptest! {
    #[test]
    fn any_bytes_between_the_marks_of_a_file_never_panic(content in prop::collection::vec(any::<u8>(), 0..200), length in 0..200u32) {
        be_quiet();
        let file = [b"PAR1", &content[..], &length.to_le_bytes()[..], b"PAR1"].concat();
        assert!(decode("any", file).is_err());
    }
}
