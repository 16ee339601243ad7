//! Where a database may be: on a local disk, and one server a study.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::{Error, Result};

/// File systems whose locks and memory maps other machines do not see: SQLite's write-ahead log breaks on them. Types as Linux's `statfs` has them.
#[cfg(any(target_os = "linux", test))]
const NETWORK: [(u64, &str); 11] = [
    (0x6969, "NFS"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x517b, "SMB"),
    (0x564c, "NCP"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x0102_1997, "9P"),
    (0x4750_4653, "GPFS"),
];

/// The name of a network file system of this type.
#[cfg(any(target_os = "linux", test))]
fn network(kind: u64) -> Option<&'static str> {
    // The kernel's types have 32 bits; some platforms extend their sign.
    let kind = kind & 0xffff_ffff;
    NETWORK.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name)
}

/// Refuses a folder on a network file system.
#[cfg(target_os = "linux")]
pub fn local(folder: &Path) -> Result<()> {
    let status = rustix::fs::statfs(folder).map_err(|cause| Error::File {
        path: folder.to_owned(),
        action: "cannot tell its file system",
        cause: cause.into(),
    })?;
    #[allow(
        clippy::cast_sign_loss,
        clippy::unnecessary_cast,
        reason = "a set of bits, whose type differs by platform"
    )]
    refuse(folder, status.f_type as u64)
}

/// Refuses nothing: only Linux is asked for the type of a file system.
#[cfg(not(target_os = "linux"))]
pub fn local(_folder: &Path) -> Result<()> {
    Ok(())
}

#[cfg(any(target_os = "linux", test))]
fn refuse(folder: &Path, kind: u64) -> Result<()> {
    match network(kind) {
        None => Ok(()),
        Some(name) => Err(Error::Content {
            path: folder.to_owned(),
            what: format!(
                "is on a network file system ({name}), where answers could be lost: move the study's folder to a local disk"
            ),
        }),
    }
}

/// Holds the study until it is dropped, or says that another server does.
pub fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("answers.lock");
    let failed = |action, cause| Error::File {
        path: path.clone(),
        action,
        cause,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|cause| failed("cannot open", cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Content {
            path: folder.to_owned(),
            what: "another server runs on this study: stop it first".to_owned(),
        }),
        Err(TryLockError::Error(cause)) => Err(failed("cannot lock", cause)),
    }
}

/// Makes the file if it is not there: its owner reads and writes it, and nobody else. SQLite gives its log the same rights.
pub fn create(file: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop).map_err(|cause| Error::File {
        path: file.to_owned(),
        action: "cannot write",
        cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_refused_and_local_ones_are_not() {
        let folder = Path::new("study");
        // NFS; CIFS with the sign of its 32 bits extended.
        for kind in [0x6969, 0xffff_ffff_ff53_4d42, 0xff53_4d42] {
            let refused = refuse(folder, kind).unwrap_err().to_string();
            assert!(refused.starts_with("study: is on a network file system"), "{refused}");
        }
        // ext4, btrfs, XFS, tmpfs, overlayfs.
        for kind in [0xef53, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630] {
            refuse(folder, kind).unwrap();
        }
        local(&std::env::temp_dir()).unwrap();
    }

    #[test]
    fn a_study_has_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        let refused = lock(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("another server runs"), "{refused}");
        drop(held);
        lock(folder.path()).unwrap();
    }
}
