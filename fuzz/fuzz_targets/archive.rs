//! Any bytes: the reader of archives neither panics nor gives more than its limits, and every name stays in its folder.
#![no_main]

use std::ops::ControlFlow;
use std::path::Component;

use doubleback_data::fetch::{ArchiveLimits, read_archive};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = ArchiveLimits {
        entries: 100,
        bytes: 1 << 20,
    };
    let (mut files, mut total) = (0, 0);
    let read = read_archive(bytes, limits, |member, content| {
        assert!(member.path.components().all(|part| matches!(part, Component::Normal(_))));
        let got = std::io::copy(content, &mut std::io::sink())?;
        assert_eq!(got, member.bytes);
        files += 1;
        total += got;
        Ok(ControlFlow::Continue(()))
    });
    assert!(files <= limits.entries && total <= limits.bytes);
    drop(read);
});
