//! Results as TensorBoard's event files: records of protocol buffers, each with checksums (TensorFlow's `tfrecord` format).

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use doubleback::audit::Audit;
use prost::Message;

use crate::Error;
use crate::page::Folder;

/// TensorFlow's `Event`, as far as scalars need it.
#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Scalar>,
}

#[derive(Clone, PartialEq, Message)]
struct Scalar {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// Writes an event file for TensorBoard into a folder: clean and robust accuracy, what stands after each attack (`audit/standing`, the step being the number of
/// the attack, 0 the unperturbed images), and accuracy over eps (`audit/accuracy_over_eps`, the step being eps in 255ths of the range). Returns its path.
///
/// # Errors
/// When the folder cannot be made or written to, or the disk is full.
pub fn write_events(audit: &Audit, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let mut folder = Folder::new(folder.as_ref())?;
    // TensorBoard knows its files by what is in their names.
    let name = format!(
        "events.out.tfevents.{}.{}.doubleback",
        now.as_secs(),
        now.subsec_nanos()
    );
    folder.file(name.clone(), &file(audit, now.as_secs_f64()))?;
    Ok(folder.paths.pop().unwrap_or_else(|| name.into()))
}

fn file(audit: &Audit, wall_time: f64) -> Vec<u8> {
    let mut bytes = record(&Event {
        wall_time,
        step: 0,
        file_version: Some("brain.Event:2".to_owned()),
        summary: None,
    });
    for (tag, step, value) in scalars(audit) {
        let scalar = Scalar {
            tag,
            simple_value: Some(value as f32),
        };
        bytes.extend(record(&Event {
            wall_time,
            step,
            file_version: None,
            summary: Some(Summary { value: vec![scalar] }),
        }));
    }
    bytes
}

fn scalars(audit: &Audit) -> Vec<(String, i64, f64)> {
    let [low, high] = audit.setup.settings.bounds.map(f64::from);
    let mut scalars = vec![("audit/clean_accuracy".to_owned(), 0, audit.clean_accuracy)];
    match (audit.robust_accuracy, &audit.partial) {
        (Some(robust), _) => scalars.push(("audit/robust_accuracy".to_owned(), 0, robust)),
        (None, Some(partial)) => scalars.push(("audit/robust_accuracy_at_most".to_owned(), 0, partial.at_most)),
        (None, None) => {}
    }
    scalars.push(("audit/flags".to_owned(), 0, audit.flags.len() as f64));
    let standing = audit.attacks.iter().map(|(_, attack)| attack.cumulative);
    let standing = std::iter::once(audit.clean_accuracy).chain(standing).enumerate();
    scalars.extend(standing.map(|(step, share)| ("audit/standing".to_owned(), step as i64, share)));
    let curve = audit.curve.iter().map(|point| {
        let step = (point.eps / (high - low) * 255.0).round() as i64;
        ("audit/accuracy_over_eps".to_owned(), step, point.accuracy)
    });
    scalars.extend(curve);
    scalars
}

/// Length, its checksum, the message, its checksum.
fn record(event: &Event) -> Vec<u8> {
    let message = event.encode_to_vec();
    let length = (message.len() as u64).to_le_bytes();
    let mut bytes = length.to_vec();
    bytes.extend(masked(&length).to_le_bytes());
    bytes.extend(&message);
    bytes.extend(masked(&message).to_le_bytes());
    bytes
}

/// A checksum that may be among checksummed bytes.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first record of any event file: as TensorFlow writes it but for the time.
    #[test]
    fn records_have_lengths_and_checksums() {
        let bytes = record(&Event {
            wall_time: 0.0,
            step: 0,
            file_version: Some("brain.Event:2".to_owned()),
            summary: None,
        });
        assert_eq!(bytes[..8], 15u64.to_le_bytes());
        assert_eq!(bytes.len(), 8 + 4 + 15 + 4);
        assert_eq!(&bytes[12..27], b"\x1a\x0dbrain.Event:2");
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
    }
}
