//! The IDX reader gives back what was written, refuses everything else with a message, and never panics.

use crate::support;

use doubleback_data::idx::{Idx, decode};
use proptest::prelude::*;
use support::{gzip, idx};

/// Images of random shapes and pixels.
fn images() -> impl Strategy<Value = Idx<3>> {
    (1_usize..6, 1_usize..9, 1_usize..9).prop_flat_map(|(count, rows, columns)| {
        prop::collection::vec(any::<u8>(), count * rows * columns).prop_map(move |data| Idx {
            dims: [count, rows, columns],
            data,
        })
    })
}

/// The file of `images`, packed or not.
fn file(images: &Idx<3>, packed: bool) -> Vec<u8> {
    let raw = idx(&images.dims, &images.data);
    if packed { gzip(&raw) } else { raw }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_was_written_is_read(images in images(), packed: bool) {
        prop_assert_eq!(decode::<3>("file", &file(&images, packed)[..]).unwrap(), images);
    }

    #[test]
    fn every_flip_is_refused_or_harmless(images in images(), packed: bool, at: prop::sample::Index, flip in 1_u8..) {
        let mut bytes = file(&images, packed);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(read) = decode::<3>("file", &bytes[..]) {
            // The sizes protect the header, the checksum protects packed pixels; only raw pixels have no protection.
            prop_assert_eq!(read.dims, images.dims);
            prop_assert!(!packed && at >= 16 || read.data == images.data);
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>, rank in 1_u8..4, packed: bool) {
        let raw = [&[0, 0, 8, rank], &bytes[..]].concat();
        for bytes in [bytes, if packed { gzip(&raw) } else { raw }] {
            let _ = decode::<1>("file", &bytes[..]);
            let _ = decode::<3>("file", &bytes[..]);
        }
    }

    #[test]
    fn a_header_larger_than_its_data_is_refused(dims: [u32; 3], data in prop::collection::vec(any::<u8>(), 0..64)) {
        let promised = dims.iter().map(|&dim| u128::from(dim)).product::<u128>();
        prop_assume!(promised != data.len() as u128);
        let raw = idx(&dims.map(|dim| dim as usize), &data);
        prop_assert!(decode::<3>("file", &raw[..]).is_err());
        prop_assert!(decode::<3>("file", &gzip(&raw)[..]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_truncation_is_refused(images in images(), packed: bool) {
        let bytes = file(&images, packed);
        for end in 0..bytes.len() {
            let error = decode::<3>("images.idx", &bytes[..end]).expect_err("a part of a file is no file").to_string();
            prop_assert!(error.starts_with("images.idx: it"), "{}", error);
        }
    }

    #[test]
    fn every_extension_is_refused(images in images(), packed: bool, extra in prop::collection::vec(any::<u8>(), 1..20)) {
        let bytes = [file(&images, packed), extra].concat();
        prop_assert!(decode::<3>("file", &bytes[..]).is_err());
    }
}

#[test]
fn a_gzip_of_several_members_is_one_file() {
    let raw = idx(&[3], &[1, 2, 3]);
    let packed = [gzip(&raw[..5]), gzip(&raw[5..])].concat();
    assert_eq!(decode::<1>("labels", &packed[..]).unwrap().data, [1, 2, 3]);
}

#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = gzip(&[idx(&[1, 1, 1], &[0]), vec![0; 20_000_000]].concat());
    let error = decode::<3>("bomb", &bomb[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "bomb: its header says 1 x 1 x 1 = 1 bytes, but more follow. It is not what it says: get it again"
    );
}
