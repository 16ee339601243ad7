//! Results on standard output and in files: tables, numbers, JSON, and the question whether a file can be written.

use std::convert::Infallible;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use doubleback::data::words::fixed;
pub use doubleback::data::words::grouped;
use doubleback::write::write_atomically;
use doubleback_experiments::Verdict;
use serde::Serialize;

use crate::exit::{Failure, Result};

/// Prints results.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader, such as `head`, has had enough.
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|cause| Failure::io("standard output", "writing", &cause)),
    }
}

/// Where `--json` goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonTarget {
    /// `-`: standard output, in place of the table.
    Stdout,
    /// A file, besides the table.
    File(PathBuf),
}

impl FromStr for JsonTarget {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        Ok(match text {
            "-" => JsonTarget::Stdout,
            path => JsonTarget::File(path.into()),
        })
    }
}

/// Checks that JSON can be written where it shall go.
pub fn check_json(target: Option<&JsonTarget>) -> Result<()> {
    match target {
        Some(JsonTarget::File(path)) => check_file(path),
        _ => Ok(()),
    }
}

/// Writes a summary as JSON where `--json` says, and the readable one to standard output unless JSON goes there.
pub fn results(value: &impl Serialize, target: Option<&JsonTarget>, readable: &str) -> Result<()> {
    let json = || {
        serde_json::to_string_pretty(value)
            .map(|json| json + "\n")
            .map_err(|e| Failure::Ours(format!("cannot write the results as JSON: {e}")))
    };
    match target {
        Some(JsonTarget::Stdout) => return print(&json()?),
        Some(JsonTarget::File(path)) => {
            make_parent(path)?;
            write_atomically(path, json()?.as_bytes())?;
        }
        None => {}
    }
    print(readable)
}

/// Checks that a file of this name can be written, without writing it.
pub fn check_file(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Failure::Input(format!(
            "{}: is a folder. Give the name of a file",
            path.display()
        ))),
        // A device or a pipe.
        Ok(found) if !found.is_file() => Ok(()),
        _ => check_folder(parent(path)),
    }
}

/// Checks that files can be written in a folder, which need not be there yet.
pub fn check_folder(folder: &Path) -> Result<()> {
    for ancestor in folder.ancestors() {
        let ancestor = if ancestor == Path::new("") {
            Path::new(".")
        } else {
            ancestor
        };
        match std::fs::metadata(ancestor) {
            Ok(found) if found.is_dir() => {
                // The only test that knows about read-only disks and permissions; the file has no name and vanishes.
                return tempfile::tempfile_in(ancestor)
                    .map(drop)
                    .map_err(|cause| Failure::io(ancestor.display(), "writing", &cause));
            }
            Ok(_) => {
                let problem = "is not a folder, so nothing can be written below it. Give another path";
                return Err(Failure::Input(format!("{}: {problem}", ancestor.display())));
            }
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(cause) => return Err(Failure::io(ancestor.display(), "looking at it", &cause)),
        }
    }
    Ok(())
}

/// Checks the ending of an output file's name.
pub fn check_ending(path: &Path, ending: &str) -> Result<()> {
    if path.extension().is_some_and(|found| found == ending) {
        return Ok(());
    }
    let instead = path.with_extension(ending);
    Err(Failure::Input(format!(
        "{}: does not end in `.{ending}`. Give a name such as {}",
        path.display(),
        instead.display()
    )))
}

/// Makes the folder of a file.
pub fn make_parent(path: &Path) -> Result<()> {
    make_folder(parent(path))
}

/// Makes a folder.
pub fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|cause| Failure::io(path.display(), "making the folder", &cause))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Rows under a header, in columns; the first is flush left, the others right. `comfy-table` would fill every row with blanks up to the last
/// column, and cut or wrap cells to the width of the terminal.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count());
            cells.chain([header[column].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let header: Vec<String> = header.iter().map(|&text| text.to_owned()).collect();
    let mut text = String::new();
    for row in [&header].into_iter().chain(rows) {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        text.push_str(format!("  {}", cells.join("  ")).trim_end());
        text.push('\n');
    }
    text
}

/// A table in parts of at most `width` characters, each with the first `fixed` columns; a part has one other column at least.
pub fn table_within(header: &[&str], rows: &[Vec<String>], fixed: usize, width: usize) -> String {
    let column_width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        2 + cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let fixed = fixed.min(header.len());
    let room = width.saturating_sub((0..fixed).map(column_width).sum());
    let mut parts: Vec<Vec<usize>> = vec![Vec::new()];
    let mut used = 0;
    for column in fixed..header.len() {
        used += column_width(column);
        match parts.last_mut() {
            Some(part) if used <= room || part.is_empty() => part.push(column),
            _ => {
                used = column_width(column);
                parts.push(vec![column]);
            }
        }
    }
    let tables = parts.iter().map(|part| {
        let columns = || (0..fixed).chain(part.iter().copied());
        let header: Vec<&str> = columns().map(|column| header[column]).collect();
        let cell = |row: &Vec<String>, column| row.get(column).cloned().unwrap_or_default();
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| columns().map(|column| cell(row, column)).collect())
            .collect();
        table(&header, &rows)
    });
    tables.collect::<Vec<_>>().join("\n")
}

/// A share as `97.9 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", fixed(100.0 * share, 1))
}

/// An interval as `97.1 to 98.4`, in percent.
pub fn interval(low: f64, high: f64) -> String {
    format!("{} to {}", fixed(100.0 * low, 1), fixed(100.0 * high, 1))
}

/// A time as `0:14` or `1:02:03`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// What a run says of a claim.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::HoldsInPart => "holds in part",
        Verdict::Mixed => "mixed",
        Verdict::Undecided => "undecided",
        Verdict::DoesNotHold => "does not hold",
    }
}

/// Words in lines of at most `width` characters, all but the first indented.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let options = textwrap::Options::new(width).break_words(false);
    let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).join(&format!("\n{:indent$}", "")) + "\n"
}

/// Columns of a terminal as it comes.
pub const WIDTH: usize = 80;

/// Text whose longer lines are wrapped to [`WIDTH`], what follows two columns further in than their beginning. Tables are to fit by themselves.
pub fn fitted(text: &str) -> String {
    let line = |line: &str| -> String {
        if line.chars().count() <= WIDTH {
            return format!("{line}\n");
        }
        let indent = line.len() - line.trim_start().len();
        let hanging = if indent == 0 { 0 } else { indent + 2 };
        let (start, words) = line.split_at(indent);
        start.to_owned() + &wrapped(words, WIDTH - hanging, hanging)
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped_and_short_ones_stay() {
        let words = "word ".repeat(20);
        let text = fitted(&format!("{words}\n  a  table\n\n  {words}\n"));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.split_whitespace().filter(|word| *word == "word").count(), 40);
        assert!(
            text.contains("\n  a  table\n\n  word") && text.contains("\n    word"),
            "{text}"
        );
    }

    #[test]
    fn times_are_readable() {
        let times = [0.4, 59.6, 3600.0].map(|s| clock(Duration::from_secs_f64(s)));
        assert_eq!(times, ["0:00", "1:00", "1:00:00"]);
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        let text = "accuracy ≥ 80 % – as white-box attacks go";
        assert_eq!(
            wrapped(text, 16, 2),
            "accuracy ≥ 80 %\n  – as white-box\n  attacks go\n"
        );
        assert_eq!(wrapped("indivisible", 4, 2), "indivisible\n");
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [vec!["a".into(), "10.0 %".into()], vec!["longer".into(), "9.0 %".into()]];
        assert_eq!(
            table(&["model", "accuracy"], &rows),
            "  model   accuracy\n  a         10.0 %\n  longer     9.0 %\n"
        );
    }

    #[test]
    fn a_file_below_a_file_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(check_file(&file).is_ok());
        assert!(check_file(&folder.path().join("new/and/deep")).is_ok());
        assert!(check_file(folder.path()).is_err());
        assert!(check_file(&file.join("below/it")).is_err());
    }
}
