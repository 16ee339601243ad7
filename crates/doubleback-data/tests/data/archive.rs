//! An archive is unpacked within its folder and within limits, or refused with a message.

use crate::support;

use std::ops::ControlFlow;

use doubleback_data::fetch::{ArchiveLimits, ArchiveProblem, read_archive};
use proptest::prelude::*;
use support::gzip;

/// An entry with exactly this name and type, which a well-behaved writer would refuse.
fn entry(name: &[u8], kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header.as_bytes(), content, &padding].concat()
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    entry(name.as_bytes(), tar::EntryType::Regular, content)
}

/// Names and contents.
type Files = Vec<(String, Vec<u8>)>;

fn read(archive: &[u8], limits: ArchiveLimits) -> Result<(Files, usize), ArchiveProblem> {
    let mut found = Vec::new();
    let left_out = read_archive(archive, limits, |member, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        assert_eq!(bytes.len() as u64, member.bytes);
        found.push((member.path.to_str().unwrap().to_owned(), bytes));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((found, left_out))
}

fn end() -> Vec<u8> {
    vec![0; 1024]
}

fn problem(archive: &[u8]) -> ArchiveProblem {
    read(archive, ArchiveLimits::default()).unwrap_err()
}

#[test]
fn files_are_given_with_their_folders_packed_or_not() {
    let long = format!("folder/{}.png", "name".repeat(60));
    let archive = [
        entry(b"folder/", tar::EntryType::Directory, b""),
        file("./folder/a.png", b"first"),
        entry(
            b"././@LongLink",
            tar::EntryType::GNULongName,
            &[long.as_bytes(), b"\0"].concat(),
        ),
        file("folder/cut-off", b"second"),
        entry(b"pax", tar::EntryType::XHeader, b"21 path=folder/c.png\n"),
        file("folder/other", b"third"),
        end(),
    ]
    .concat();
    for archive in [gzip(&archive), archive] {
        let (found, left_out) = read(&archive, ArchiveLimits::default()).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["folder/a.png", &long, "folder/c.png"]);
        assert_eq!((found[1].1.as_slice(), left_out), (&b"second"[..], 0));
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["../a", "a/../../b", "/etc/passwd", "a\\b", "C:a", "", "."] {
        let archive = [file(name, b"x"), end()].concat();
        assert!(matches!(problem(&archive), ArchiveProblem::Name(_)), "{name}");
        let long = [
            entry(b"././@LongLink", tar::EntryType::GNULongName, name.as_bytes()),
            file("harmless", b"x"),
            end(),
        ]
        .concat();
        assert!(matches!(problem(&long), ArchiveProblem::Name(_)), "{name}");
    }
}

#[test]
fn links_and_devices_are_left_out() {
    let archive = [
        entry(b"link", tar::EntryType::Symlink, b""),
        entry(b"hard", tar::EntryType::Link, b""),
        entry(b"device", tar::EntryType::Char, b""),
        entry(b"pipe", tar::EntryType::Fifo, b""),
        file("a", b"x"),
        end(),
    ]
    .concat();
    let (found, left_out) = read(&archive, ArchiveLimits::default()).unwrap();
    assert_eq!((found.len(), left_out), (1, 4));
}

#[test]
fn bombs_are_not_unpacked() {
    let limits = ArchiveLimits {
        entries: 3,
        bytes: 100_000,
    };
    let large = gzip(&[file("a", &vec![0; 1_000_000]), end()].concat());
    assert!(matches!(read(&large, limits), Err(ArchiveProblem::TooLarge { .. })));
    let many = [file("a", b""), file("b", b""), file("c", b""), file("d", b""), end()].concat();
    assert!(matches!(read(&many, limits), Err(ArchiveProblem::TooLarge { .. })));
    // After the end of the archive, too.
    let tail = gzip(&[file("a", b""), end(), vec![0; 1_000_000]].concat());
    assert!(matches!(read(&tail, limits), Err(ArchiveProblem::TooLarge { .. })));
    let name = entry(b"././@LongLink", tar::EntryType::GNULongName, &vec![b'a'; 1_000_000]);
    assert!(matches!(problem(&name), ArchiveProblem::Name(_)));
}

#[test]
fn every_truncation_of_a_packed_archive_is_refused() {
    let archive = gzip(&[file("a", b"some content"), file("b", b"more"), end()].concat());
    for cut in 1..archive.len() {
        assert!(matches!(problem(&archive[..cut]), ArchiveProblem::Damaged(_)), "{cut}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>, at: prop::sample::Index, flip in 1_u8..) {
        let mut archive = [file("a", &bytes), file("b", b"x"), end()].concat();
        let at = at.index(archive.len());
        archive[at] ^= flip;
        for archive in [&bytes, &archive, &gzip(&archive)] {
            let _ = read(archive, ArchiveLimits::default());
        }
    }
}
