//! What is in a tar archive, packed with gzip or not.
//!
//! Nothing that an archive says is believed: names that lead out of its folder are refused, links and devices are left out, and there are
//! limits to names, files and bytes.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType, PaxExtensions};

use super::archive_problem::{ArchiveLimits, ArchiveProblem};
use super::error::FetchError;
use super::part::write_error;
use super::watch::{FetchEvent, FetchWatch};
use crate::atomic_file::{PREFIX, SUFFIX};
use crate::words::grouped64;

/// Longest name with its folders.
const MAX_NAME: u64 = 4096;
/// Most bytes of a name's extension record.
const MAX_EXTENSION: u64 = 1 << 16;

/// A file in an archive.
#[derive(Debug)]
pub struct Member<'a> {
    /// Its name with folders, all of them below the place where it is to be unpacked.
    pub path: &'a Path,
    /// Its size, as the archive says.
    pub bytes: u64,
}

/// Calls `visit` with each file of an archive and its content, in their order, until it breaks. Returns the number of links and devices,
/// which are left out.
///
/// # Errors
/// [`ArchiveProblem`]: it is damaged, holds too much, or names files outside of it; or `visit` failed or broke off.
pub fn read_archive(
    reader: impl Read,
    limits: ArchiveLimits,
    mut visit: impl FnMut(Member<'_>, &mut dyn Read) -> io::Result<ControlFlow<()>>,
) -> Result<usize, ArchiveProblem> {
    let mut reader = BufReader::new(reader);
    let packed = io::BufRead::fill_buf(&mut reader)
        .map_err(ArchiveProblem::Damaged)?
        .starts_with(&[0x1f, 0x8b]);
    let unpacked: Box<dyn Read> = if packed {
        Box::new(MultiGzDecoder::new(reader))
    } else {
        Box::new(reader)
    };
    let mut limited = Limited {
        inner: unpacked,
        left: limits.bytes,
        exceeded: false,
    };
    let left_out = walk(&mut limited, limits, &mut visit);
    match left_out {
        Err(ArchiveProblem::Damaged(_)) if limited.exceeded => Err(ArchiveProblem::TooLarge { limits }),
        Ok(left_out) => {
            // To its end: only there is the checksum of what was packed.
            match io::copy(&mut limited, &mut io::sink()) {
                Ok(_) => Ok(left_out),
                Err(_) if limited.exceeded => Err(ArchiveProblem::TooLarge { limits }),
                Err(cause) => Err(ArchiveProblem::Damaged(cause)),
            }
        }
        failed => failed,
    }
}

fn walk(
    reader: impl Read,
    limits: ArchiveLimits,
    visit: &mut impl FnMut(Member<'_>, &mut dyn Read) -> io::Result<ControlFlow<()>>,
) -> Result<usize, ArchiveProblem> {
    let mut archive = Archive::new(reader);
    // Long names come as entries of their own, which are limited here.
    let entries = archive.entries().map_err(ArchiveProblem::Damaged)?.raw(true);
    let (mut left_out, mut long_name) = (0, None);
    for (number, entry) in entries.enumerate() {
        if number >= limits.entries {
            return Err(ArchiveProblem::TooLarge { limits });
        }
        let mut entry = entry.map_err(ArchiveProblem::Damaged)?;
        match entry.header().entry_type() {
            EntryType::GNULongName => long_name = Some(gnu_name(&mut entry)?),
            EntryType::XHeader => long_name = pax_name(&mut entry)?.or(long_name),
            EntryType::XGlobalHeader | EntryType::Directory => {}
            EntryType::Regular | EntryType::Continuous => {
                let name = match long_name.take() {
                    Some(name) => name,
                    None => entry.path_bytes().into_owned(),
                };
                let path = checked_path(&name)?;
                // Before POSIX, a folder was a file whose name ends in a slash.
                if name.ends_with(b"/") {
                    continue;
                }
                let bytes = entry.header().entry_size().map_err(ArchiveProblem::Damaged)?;
                let mut content = Content {
                    inner: &mut entry,
                    left: bytes,
                    damage: None,
                };
                let member = Member { path: &path, bytes };
                let visited = visit(member, &mut content);
                if let Some(damage) = content.damage {
                    return Err(ArchiveProblem::Damaged(damage));
                }
                if visited.map_err(ArchiveProblem::Visitor)?.is_break() {
                    return Err(ArchiveProblem::Stopped);
                }
            }
            _ => {
                long_name = None;
                left_out += 1;
            }
        }
    }
    Ok(left_out)
}

fn gnu_name(entry: &mut impl Read) -> Result<Vec<u8>, ArchiveProblem> {
    let mut name = short(entry, MAX_NAME)?;
    if name.last() == Some(&0) {
        name.pop();
    }
    Ok(name)
}

fn pax_name(entry: &mut impl Read) -> Result<Option<Vec<u8>>, ArchiveProblem> {
    let record = short(entry, MAX_EXTENSION)?;
    let mut name = None;
    for extension in PaxExtensions::new(&record) {
        let extension = extension.map_err(ArchiveProblem::Damaged)?;
        match extension.key_bytes() {
            b"path" => name = Some(extension.value_bytes().to_owned()),
            b"size" => {
                let cause = io::Error::other("a file of 8 GiB or more");
                return Err(ArchiveProblem::Damaged(cause));
            }
            _ => {}
        }
    }
    Ok(name)
}

/// All of it, if it is not too long.
fn short(entry: &mut impl Read, most: u64) -> Result<Vec<u8>, ArchiveProblem> {
    let mut bytes = Vec::new();
    entry
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(ArchiveProblem::Damaged)?;
    if bytes.len() as u64 > most {
        let start = String::from_utf8_lossy(&bytes[..64]).into_owned();
        return Err(ArchiveProblem::Name(format!("{start}…")));
    }
    Ok(bytes)
}

/// The name as a path that stays where it is.
fn checked_path(name: &[u8]) -> Result<PathBuf, ArchiveProblem> {
    let refuse = || ArchiveProblem::Name(String::from_utf8_lossy(name).into_owned());
    let text = std::str::from_utf8(name).map_err(|_| refuse())?;
    // A backslash or a colon leads elsewhere on Windows.
    if text.contains(['\\', ':', '\0']) {
        return Err(refuse());
    }
    let mut path = PathBuf::new();
    for component in Path::new(text).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            _ => return Err(refuse()),
        }
    }
    if path.as_os_str().is_empty() {
        Err(refuse())
    } else {
        Ok(path)
    }
}

/// Stops after so many bytes.
struct Limited<R> {
    inner: R,
    left: u64,
    exceeded: bool,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        match self.left.checked_sub(got as u64) {
            Some(left) => self.left = left,
            None => {
                self.exceeded = true;
                return Err(io::Error::other("too many bytes"));
            }
        }
        Ok(got)
    }
}

/// The content of a file, which must be as long as the archive says. Tells damage from a visitor's own troubles.
struct Content<'a> {
    inner: &'a mut dyn Read,
    left: u64,
    damage: Option<io::Error>,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damage = match self.inner.read(buffer) {
            Ok(0) if self.left > 0 && !buffer.is_empty() => io::ErrorKind::UnexpectedEof.into(),
            Ok(got) => {
                self.left -= (got as u64).min(self.left);
                return Ok(got);
            }
            Err(cause) => cause,
        };
        let copy = io::Error::new(damage.kind(), damage.to_string());
        self.damage = Some(damage);
        Err(copy)
    }
}

/// Unpacks the folder `name` of an archive into `folder`, where it appears whole.
pub(super) fn unpack_folder(
    archive: &Path,
    name: &str,
    folder: &Path,
    watch: FetchWatch<'_>,
) -> Result<(), FetchError> {
    let place = temporary_folder(folder)?;
    unpack(archive, watch, |member| {
        member.starts_with(name).then(|| place.path().join(member))
    })?;
    let (unpacked, target) = (place.path().join(name), folder.join(name));
    if !unpacked.is_dir() {
        return Err(lacks(archive, name));
    }
    if target.is_dir() {
        // The old one goes away with the temporary folder.
        fs::rename(&target, place.path().join("replaced")).map_err(write_error(&target))?;
    }
    fs::rename(&unpacked, &target).map_err(write_error(&target))
}

/// Unpacks the files `names` of an archive, each of `bytes` bytes, into `folder`, where they appear whole.
pub(super) fn unpack_files(
    archive: &Path,
    names: &[&str],
    bytes: u64,
    folder: &Path,
    watch: FetchWatch<'_>,
) -> Result<(), FetchError> {
    let place = temporary_folder(folder)?;
    unpack(archive, watch, |member| {
        let name = member.file_name()?.to_str()?;
        names.contains(&name).then(|| place.path().join(name))
    })?;
    for name in names {
        let unpacked = place.path().join(name);
        if fs::metadata(&unpacked).map(|found| found.len()).ok() != Some(bytes) {
            return Err(lacks(archive, &format!("{name} of {} bytes", grouped64(bytes))));
        }
    }
    for name in names {
        let target = folder.join(name);
        fs::rename(place.path().join(name), &target).map_err(write_error(&target))?;
    }
    Ok(())
}

/// Writes the files of an archive for which `place` names one.
fn unpack(archive: &Path, watch: FetchWatch<'_>, place: impl Fn(&Path) -> Option<PathBuf>) -> Result<(), FetchError> {
    let file = File::open(archive).map_err(write_error(archive))?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (mut members, mut failed) = (0, None);
    let read = read_archive(file, ArchiveLimits::default(), |member, content| {
        let Some(path) = place(member.path) else {
            return Ok(ControlFlow::Continue(()));
        };
        if let Err(cause) = write_member(&path, content) {
            failed = Some((path, io::Error::new(cause.kind(), cause.to_string())));
            return Err(cause);
        }
        members += 1;
        Ok(watch(FetchEvent::Unpacked { file: &name, members }))
    });
    match (read, failed) {
        (Err(ArchiveProblem::Visitor(_)), Some((path, cause))) => Err(FetchError::Write { path, cause }),
        (Err(ArchiveProblem::Stopped), _) => Err(FetchError::Interrupted),
        (Err(problem), _) => Err(FetchError::Archive {
            path: archive.to_owned(),
            problem,
        }),
        (Ok(0), _) => Ok(()),
        (Ok(left_out), _) => {
            tracing::warn!("{}: {left_out} links or devices in it were left out", archive.display());
            Ok(())
        }
    }
}

fn write_member(path: &Path, content: &mut dyn Read) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    io::copy(content, &mut File::create(path)?)?;
    Ok(())
}

fn temporary_folder(folder: &Path) -> Result<tempfile::TempDir, FetchError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder.tempdir_in(folder).map_err(write_error(folder))
}

fn lacks(archive: &Path, what: &str) -> FetchError {
    FetchError::Archive {
        path: archive.to_owned(),
        problem: ArchiveProblem::Lacks(what.to_owned()),
    }
}
