//! Results on standard output and in files: tables, numbers, JSON, and the question whether a file can be written.

use std::convert::Infallible;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use doubleback::data::words;
pub use doubleback::data::words::grouped;
use doubleback::write::write_atomically;
use doubleback_experiments::Verdict;
use serde::Serialize;

use crate::exit::{Failure, Result};
use crate::files::{Files, Format};

/// A number in four digits.
pub fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    rounded.to_string()
}

/// Where finished parts of what goes to some outputs are kept: beside the first of these that is a file or a folder, or will be one.
pub fn work_folder(outputs: &[Option<&Path>]) -> Option<PathBuf> {
    let ordinary = |path: &&Path| match std::fs::metadata(path) {
        Ok(found) => found.is_file() || found.is_dir(),
        Err(_) => true,
    };
    let output = outputs.iter().copied().flatten().find(ordinary)?;
    let mut name = output.file_name()?.to_owned();
    name.push(".work");
    Some(output.with_file_name(name))
}

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

impl JsonTarget {
    /// The file, if it is one.
    pub fn path(target: Option<&Self>) -> Option<&Path> {
        match target {
            Some(JsonTarget::File(path)) => Some(path),
            Some(JsonTarget::Stdout) | None => None,
        }
    }

    /// The files of a command, with the one that this is.
    pub fn file(target: Option<&Self>, files: Files) -> Files {
        match target {
            Some(JsonTarget::File(path)) => files.writing("--json", path, Format::Json),
            Some(JsonTarget::Stdout) | None => files,
        }
    }
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

/// Checks that a folder can be made, or is there and empty.
pub fn check_new_folder(folder: &Path) -> Result<()> {
    let problem = match std::fs::read_dir(folder) {
        // Such as `.`, which cannot give way to the new one.
        _ if folder.file_name().is_none() => "is a folder that is in use",
        Ok(mut entries) => match entries.next() {
            None => return check_folder(folder),
            Some(_) => "is a folder with files in it",
        },
        Err(cause) if cause.kind() == ErrorKind::NotADirectory => "is not a folder",
        Err(_) => return check_folder(parent(folder)),
    };
    Err(Failure::Input(format!(
        "{}: {problem}. Give a new folder",
        folder.display()
    )))
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

/// Columns of a terminal, which tables and sentences stay within.
pub const WIDTH: usize = 80;
/// Longest name in a table, in characters.
const NAME: usize = 30;

/// Rows under a header, in columns; a table that is too wide for a terminal goes on below, with the first column again.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    table_within(header, rows, 1, WIDTH)
}

/// A name short enough for a table: its beginning and its end, which is where names of one kind differ.
pub fn short_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= NAME {
        return name.to_owned();
    }
    let (begin, end) = (NAME / 3, NAME - NAME / 3 - 1);
    let begin = letters[..begin].iter();
    begin
        .chain(['…'].iter())
        .chain(&letters[letters.len() - end..])
        .collect()
}

/// Short names for a table, or the names themselves if these would not tell them apart.
pub fn short_names(names: &[String]) -> Vec<String> {
    let short: Vec<String> = names.iter().map(|name| short_name(name)).collect();
    let distinct: std::collections::BTreeSet<&String> = short.iter().collect();
    if distinct.len() == names.len() {
        short
    } else {
        names.to_vec()
    }
}

/// Rows under a header, in columns, however wide; the first is flush left, the others right. `comfy-table` would fill every row with blanks up to the last
/// column, and cut or wrap cells to the width of the terminal.
fn one_table(header: &[&str], rows: &[Vec<String>]) -> String {
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

/// Rows under a header, all columns flush left, however wide.
pub fn table_left(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let cells = cells.map(|cell| cell.chars().count());
            cells.chain([header[column].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let header: Vec<String> = header.iter().map(|&text| text.to_owned()).collect();
    let lines = [&header].into_iter().chain(rows).map(|row| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:<width$}"))
            .collect();
        format!("  {}", cells.join("  ")).trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
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
        one_table(&header, &rows)
    });
    tables.collect::<Vec<_>>().join("\n")
}

/// A share as `97.9 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", words::fixed(100.0 * share, 1))
}

/// An interval as `97.1 to 98.4`, in percent.
pub fn interval(low: f64, high: f64) -> String {
    format!("{} to {}", words::fixed(100.0 * low, 1), words::fixed(100.0 * high, 1))
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
    textwrap::wrap(text, whole_words(width)).join(&format!("\n{:indent$}", "")) + "\n"
}

/// Sentences that stay within a terminal, after `first`; further lines begin below the end of that, or two letters in.
pub fn sentences(first: &str, text: &str) -> String {
    let indent = match first.chars().count() {
        0 => 0,
        long if long > 12 => 4,
        short => short,
    };
    let indent = " ".repeat(indent);
    let options = whole_words(WIDTH).initial_indent(first).subsequent_indent(&indent);
    textwrap::wrap(text, options).join("\n") + "\n"
}

/// Paths and names stay whole: a line is longer rather than that.
fn whole_words<'a>(width: usize) -> textwrap::Options<'a> {
    let options = textwrap::Options::new(width).break_words(false);
    options.word_splitter(textwrap::WordSplitter::NoHyphenation)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn sentences_stay_within_a_terminal() {
        let text = sentences("  WARNING: ", &"accuracy says nothing ".repeat(9));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(
            text.starts_with("  WARNING: accuracy") && text.contains("\n           "),
            "{text}"
        );
        assert_eq!(sentences("", "short"), "short\n");
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
    fn unfinished_work_lies_beside_the_first_output_that_is_a_file() {
        let here = tempfile::tempdir().unwrap();
        let [npz, json] = ["a.npz", "b.json"].map(|name| here.path().join(name));
        let expected = Some(here.path().join("a.npz.work"));
        assert_eq!(work_folder(&[Some(&npz), None, Some(&json)]), expected);
        assert_eq!(work_folder(&[None, None]), None);
        assert_eq!(
            work_folder(&[Some(Path::new("pictures/"))]),
            Some("pictures.work".into())
        );
        #[cfg(unix)]
        assert_eq!(work_folder(&[Some(Path::new("/dev/null"))]), None);
    }

    #[test]
    fn a_new_folder_is_empty_or_not_there() {
        let here = tempfile::tempdir().unwrap();
        let new = here.path().join("new/deep");
        assert!(check_new_folder(&new).is_ok() && check_new_folder(here.path()).is_ok());
        std::fs::write(here.path().join("file"), "").unwrap();
        for taken in [here.path(), &here.path().join("file"), Path::new("/")] {
            let refused = check_new_folder(taken).unwrap_err().to_string();
            assert!(refused.ends_with("Give a new folder"), "{refused}");
        }
        assert!(check_new_folder(Path::new(".")).is_err());
    }

    #[test]
    fn tables_stay_within_a_terminal() {
        let names: Vec<String> = (0..6)
            .map(|number| format!("mnist_doubleback_lambda-{number}_seed-0/model"))
            .collect();
        let names = short_names(&names);
        let header: Vec<&str> = ["crafted on"]
            .into_iter()
            .chain(names.iter().map(String::as_str))
            .collect();
        let row = |name: &String| {
            [name.clone()]
                .into_iter()
                .chain(names.iter().map(|_| "99.9 %".to_owned()))
                .collect()
        };
        let text = table(&header, &names.iter().map(row).collect::<Vec<_>>());
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.matches("99.9 %").count(), 36, "{text}");
        assert_eq!(
            text.lines().nth(1).unwrap().split_whitespace().next(),
            Some("mnist_doub…mbda-0_seed-0/model")
        );
        let alike = [format!("a{}b", "x".repeat(30)), format!("a{}b", "x".repeat(31))];
        assert_eq!(short_names(&alike), alike);
        assert_eq!(short_name("short"), "short");
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
