//! The files that a command reads and writes, and the rule that no output replaces an input or another output.
//!
//! Every command says in [`args`](crate::args) which files it is given; [`Files::check`] is asked before any work.

use std::fs::{self, Metadata};
use std::io::{BufReader, Read};
use std::path::{Component, Path, PathBuf};

use serde::de::IgnoredAny;

use crate::exit::{Failure, Result};

/// What an output file has in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Of a study's answers.
    Csv,
    Json,
    Npz,
    Onnx,
    Png,
    PyTorch,
    Safetensors,
}

/// What is written where.
#[derive(Clone, Debug)]
enum Kind {
    File(Format),
    /// A folder, and the names of what the command writes in it.
    Folder(&'static [&'static str]),
}

#[derive(Clone, Debug)]
struct Output {
    /// The option that says so, such as `--out`.
    option: &'static str,
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Debug)]
struct Input {
    /// What was given, such as `--model a.safetensors`.
    given: String,
    path: PathBuf,
    /// Whether it is images to train or test on: nothing is written among them, nor around them.
    data: bool,
}

/// What the folder of a run has in it.
pub const RUN: &[&str] = &[
    "report.html",
    "results.json",
    "pictures.json.gz",
    "figures",
    "models",
    "generators",
    "work",
];
/// What the folder of an audit has in it.
pub const AUDIT: &[&str] = &["report.html", "results.json", "examples.json", "figures", "work"];
/// What the folder of a page of explanations has in it.
pub const EXPLANATIONS: &[&str] = &["report.html", "results.json", "figures"];
/// What the folder of a model card has in it.
pub const CARD: &[&str] = &["README.md", "audit.json", "robustbench"];
/// What a folder of examples as pictures has in it, besides folders named by eps.
pub const PICTURES: &[&str] = &["manifest.json", "originals"];
/// What the folder of a sweep has in it.
pub const SWEEP: &[&str] = &["results.json", "cells", "lock"];
/// What the folder of a study has in it when it is made.
pub const STUDY: &[&str] = &["study.json", "stimuli.png", "images", "texts", "models"];
/// What the folder of a study's analysis has in it.
pub const STUDY_ANALYSIS: &[&str] = &["report.html", "analysis.json", "figures"];
/// What the folder of an unfinished training has in it.
pub const WORK: &[&str] = &["model.safetensors"];

/// The files that a command is told to read and write.
#[derive(Clone, Debug, Default)]
pub struct Files {
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

impl Files {
    /// It reads a file, or a folder that is no data.
    #[must_use]
    pub fn reading(self, option: &str, path: &Path) -> Self {
        self.with_input(format!("`{option} {}`", path.display()), path, false)
    }

    /// It reads the images of a data set: a file, or a folder with all that is in it.
    #[must_use]
    pub fn reading_data(self, option: &str, name: &str, path: &Path) -> Self {
        self.with_input(format!("`{option} {name}` ({})", path.display()), path, true)
    }

    /// It writes a file.
    #[must_use]
    pub fn writing(mut self, option: &'static str, path: &Path, format: Format) -> Self {
        let (path, kind) = (path.to_owned(), Kind::File(format));
        self.outputs.push(Output { option, path, kind });
        self
    }

    /// It writes these names into a folder.
    #[must_use]
    pub fn writing_folder(mut self, option: &'static str, path: &Path, names: &'static [&'static str]) -> Self {
        let (path, kind) = (path.to_owned(), Kind::Folder(names));
        self.outputs.push(Output { option, path, kind });
        self
    }

    fn with_input(mut self, given: String, path: &Path, data: bool) -> Self {
        let path = path.to_owned();
        self.inputs.push(Input { given, path, data });
        self
    }

    /// Refuses outputs that would replace an input, one another, or a file of another kind, and such that lie among images that are read.
    pub fn check(&self) -> Result<()> {
        let inputs: Vec<(&Input, Place)> = self.inputs.iter().map(|one| (one, Place::of(&one.path))).collect();
        let mut earlier: Vec<(&Output, Place)> = Vec::new();
        for output in &self.outputs {
            let place = Place::of(&output.path);
            for (input, other) in &inputs {
                output.check_input(&place, input, other)?;
            }
            for (other, at) in &earlier {
                output.check_output(&place, other, at)?;
            }
            output.check_what_is_there()?;
            earlier.push((output, place));
        }
        Ok(())
    }

    /// All paths, for tests.
    #[cfg(test)]
    pub fn paths(&self) -> Vec<&Path> {
        let inputs = self.inputs.iter().map(|input| input.path.as_path());
        inputs
            .chain(self.outputs.iter().map(|output| output.path.as_path()))
            .collect()
    }
}

impl Output {
    fn check_input(&self, place: &Place, input: &Input, other: &Place) -> Result<()> {
        if place.is(other) {
            let what = format!("is what {} reads, and would be replaced", input.given);
            return self.refuse(&what, "Give another path");
        }
        if input.data && place.is_within(other) {
            let what = format!("lies within {}, and would become part of the data", input.given);
            return self.refuse(&what, "Give a path outside of it");
        }
        let Kind::Folder(names) = self.kind else { return Ok(()) };
        if input.data && other.is_within(place) {
            let what = format!("is a folder that holds {}", input.given);
            return self.refuse(&what, "Give a folder of its own");
        }
        match names.iter().find(|name| other.is_at_or_within(&place.join(name))) {
            Some(name) => {
                let what = format!(
                    "is a folder whose `{name}` this command writes, and {} is there",
                    input.given
                );
                self.refuse(&what, "Give another folder")
            }
            None => Ok(()),
        }
    }

    fn check_output(&self, place: &Place, other: &Output, at: &Place) -> Result<()> {
        let written_by = |folder: &Output, at: &Place, place: &Place| match folder.kind {
            Kind::Folder(names) => names.iter().any(|name| place.is_at_or_within(&at.join(name))),
            Kind::File(_) => false,
        };
        if !place.may_be(at) && !written_by(other, at, place) && !written_by(self, place, at) {
            return Ok(());
        }
        let what = format!(
            "is written by `{} {}` too, and one would replace the other",
            other.option,
            other.path.display()
        );
        self.refuse(&what, "Give another path")
    }

    /// A file that is there is replaced only by one of its kind: whatever else it is, it was not made here.
    fn check_what_is_there(&self) -> Result<()> {
        let Kind::File(format) = self.kind else { return Ok(()) };
        let there = fs::metadata(&self.path).is_ok_and(|found| found.is_file() && found.len() > 0);
        if !there {
            return Ok(());
        }
        if format.is_of(&self.path).unwrap_or(true) {
            return Ok(());
        }
        let what = format!("is there and is {}, so it is not replaced", format.not());
        self.refuse(&what, "Give another path, or remove the file")
    }

    fn refuse(&self, what: &str, advice: &str) -> Result<()> {
        Err(Failure::Input(format!(
            "`{} {}`: {what}. {advice}",
            self.option,
            self.path.display()
        )))
    }
}

impl Format {
    /// Whether a file is of this format, as its content says.
    fn is_of(self, path: &Path) -> std::io::Result<bool> {
        let mut file = BufReader::new(fs::File::open(path)?);
        if self == Format::Json {
            return Ok(serde_json::from_reader::<_, IgnoredAny>(file).is_ok());
        }
        let mut head = Vec::new();
        file.by_ref().take(9).read_to_end(&mut head)?;
        Ok(match self {
            Format::Json => false,
            Format::Csv => b"participant".starts_with(&head),
            Format::Npz | Format::PyTorch => head.starts_with(b"PK"),
            // The field of the version of the format, which is the first.
            Format::Onnx => head.starts_with(&[0x08]),
            Format::Png => head.starts_with(b"\x89PNG"),
            // The length of the header, and the header.
            Format::Safetensors => head.get(8) == Some(&b'{'),
        })
    }

    fn not(self) -> &'static str {
        match self {
            Format::Csv => "no CSV of a study",
            Format::Json => "no JSON",
            Format::Npz => "no .npz file",
            Format::Onnx => "no ONNX model",
            Format::PyTorch => "no file of PyTorch",
            Format::Png => "no PNG",
            Format::Safetensors => "no .safetensors file",
        }
    }
}

/// Where a path leads, which need not be there: links followed, and what the system knows it by.
#[derive(Clone, Debug)]
struct Place {
    path: PathBuf,
    /// By what is there of the path, from the whole of it up.
    ids: Vec<Option<Id>>,
    /// A device or a pipe, which nothing replaces.
    stream: bool,
}

/// What tells files apart whatever they are called: device and number of the file.
type Id = (u64, u64);

impl Place {
    fn of(path: &Path) -> Self {
        let path = resolved(path);
        let found = fs::metadata(&path).ok();
        Self {
            ids: path
                .ancestors()
                .map(|part| fs::metadata(part).ok().and_then(|found| id(&found)))
                .collect(),
            stream: found.is_some_and(|found| !found.is_file() && !found.is_dir()),
            path,
        }
    }

    fn join(&self, name: &str) -> Self {
        Self::of(&self.path.join(name))
    }

    fn id(&self) -> Option<Id> {
        self.ids.first().copied().flatten()
    }

    /// Whether both are one file or folder.
    fn is(&self, other: &Self) -> bool {
        !self.stream && (self.path == other.path || (self.id().is_some() && self.id() == other.id()))
    }

    /// Whether both are one file, or would be on a system that does not tell capitals apart.
    fn may_be(&self, other: &Self) -> bool {
        let lower = |place: &Self| place.path.to_string_lossy().to_lowercase();
        let new = self.id().is_none() || other.id().is_none();
        self.is(other) || (new && lower(self) == lower(other))
    }

    /// Whether this lies in the other, a folder, at any depth.
    fn is_within(&self, other: &Self) -> bool {
        let by_name = self.path != other.path && self.path.starts_with(&other.path);
        let by_id = other.id().is_some() && self.ids.iter().skip(1).any(|id| *id == other.id());
        by_name || by_id
    }

    fn is_at_or_within(&self, other: &Self) -> bool {
        self.is(other) || self.is_within(other)
    }
}

/// The path with links followed as far as it is there, and without `.` and `..`.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut resolved = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            other => {
                resolved.push(other);
                if let Ok(found) = fs::canonicalize(&resolved) {
                    resolved = found;
                }
            }
        }
    }
    resolved
}

#[cfg(unix)]
fn id(found: &Metadata) -> Option<Id> {
    use std::os::unix::fs::MetadataExt;
    Some((found.dev(), found.ino()))
}

/// Hard links are not seen through there.
#[cfg(not(unix))]
fn id(_: &Metadata) -> Option<Id> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a model, some JSON, and images in `data/cats`.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        fs::create_dir_all(here.join("data/cats")).unwrap();
        fs::write(here.join("model.safetensors"), b"\x02\0\0\0\0\0\0\0{}").unwrap();
        fs::write(here.join("old.json"), "{}").unwrap();
        folder
    }

    fn refusal(files: &Files) -> String {
        match files.check() {
            Err(Failure::Input(message)) => message,
            other => panic!("{other:?}: {files:?}"),
        }
    }

    #[test]
    fn no_output_is_an_input_whatever_it_is_called() {
        let folder = folder();
        let here = folder.path();
        let model = here.join("model.safetensors");
        let mut names = vec![
            model.clone(),
            here.join("./data/../model.safetensors"),
            here.join("new/../model.safetensors"),
        ];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&model, here.join("link")).unwrap();
            std::os::unix::fs::symlink(here, here.join("here")).unwrap();
            fs::hard_link(&model, here.join("hard")).unwrap();
            names.extend(["link", "hard", "here/model.safetensors"].map(|name| here.join(name)));
        }
        for name in names {
            let files = Files::default().reading("--model", &model);
            let files = files.writing("--json", &name, Format::Json);
            let message = refusal(&files);
            assert!(message.contains("is what `--model "), "{message}");
        }
        let files = Files::default().reading("--model", &model);
        assert_eq!(
            files.writing("--json", &here.join("old.json"), Format::Json).check(),
            Ok(())
        );
    }

    #[test]
    fn two_outputs_are_two_files() {
        let folder = folder();
        let here = folder.path();
        let both = |one: &str, other: &str| {
            let files = Files::default().writing("--out", &here.join(one), Format::Safetensors);
            files.writing("--json", &here.join(other), Format::Json)
        };
        assert!(refusal(&both("new.x", "new.x")).contains("is written by `--out "));
        assert!(refusal(&both("new.x", "NEW.x")).contains("one would replace the other"));
        assert!(refusal(&both("data/../new.x", "./new.x")).contains("Give another path"));
        assert_eq!(both("new.x", "new.json").check(), Ok(()));
        let run = |json: &str| {
            let files = Files::default().writing_folder("--out", &here.join("run"), RUN);
            files.writing("--json", &here.join(json), Format::Json)
        };
        for json in ["run", "run/results.json", "run/work/x.json", "run/models/x.json"] {
            assert!(refusal(&run(json)).contains("is written by `--out "), "{json}");
        }
        assert_eq!(run("run/mine.json").check(), Ok(()));
        #[cfg(unix)]
        {
            let null = Path::new("/dev/null");
            let files = Files::default().writing("--out", null, Format::Png);
            assert_eq!(files.writing("--json", null, Format::Json).check(), Ok(()));
        }
    }

    #[test]
    fn nothing_is_written_among_the_images_nor_around_them() {
        let folder = folder();
        let here = folder.path();
        let data = here.join("data");
        let files = || Files::default().reading_data("--dataset", "folder:data", &data);
        for name in ["data/sheet.png", "data/cats/sheet.png", "data/new/deep/sheet.png"] {
            let message = refusal(&files().writing("--out", &here.join(name), Format::Png));
            assert!(message.contains("would become part of the data"), "{message}");
        }
        for (name, part) in [
            ("data/run", "lies within"),
            ("data", "is what"),
            ("", "holds `--dataset "),
        ] {
            let message = refusal(&files().writing_folder("--out", &here.join(name), RUN));
            assert!(message.contains(part), "{message}");
        }
        // Beside it; and a name that only begins like it.
        assert_eq!(
            files().writing("--out", &here.join("sheet.png"), Format::Png).check(),
            Ok(())
        );
        assert_eq!(
            files().writing_folder("--out", &here.join("data-run"), RUN).check(),
            Ok(())
        );
    }

    #[test]
    fn a_run_does_not_replace_what_it_reads() {
        let folder = folder();
        let here = folder.path();
        fs::create_dir_all(here.join("run/models")).unwrap();
        fs::copy(here.join("model.safetensors"), here.join("run/models/a.safetensors")).unwrap();
        let run = |model: &str| {
            let files = Files::default().reading("--model", &here.join(model));
            files.writing_folder("--out", &here.join("run"), RUN)
        };
        assert!(refusal(&run("run/models/a.safetensors")).contains("whose `models` this command writes"));
        assert_eq!(run("model.safetensors").check(), Ok(()));
        // A plan may lie in the sweep's own folder.
        let files = Files::default().reading("PLAN.toml", &here.join("run/plan.toml"));
        assert_eq!(files.writing_folder("--out", &here.join("run"), SWEEP).check(), Ok(()));
    }

    #[test]
    fn a_file_of_another_kind_is_not_replaced() {
        let folder = folder();
        let here = folder.path();
        fs::write(here.join("notes"), "mine").unwrap();
        fs::write(here.join("empty"), "").unwrap();
        for format in [
            Format::Json,
            Format::Npz,
            Format::Onnx,
            Format::Png,
            Format::PyTorch,
            Format::Safetensors,
        ] {
            let writing = |name: &str| Files::default().writing("--out", &here.join(name), format);
            let message = refusal(&writing("notes"));
            assert!(
                message.contains("is there and is no ") && message.contains("or remove the file"),
                "{message}"
            );
            assert_eq!(writing("empty").check(), Ok(()));
            assert_eq!(writing("new").check(), Ok(()));
        }
        for (name, format) in [("model.safetensors", Format::Json), ("old.json", Format::Safetensors)] {
            refusal(&Files::default().writing("--out", &here.join(name), format));
        }
        let safetensors = Files::default().writing("--out", &here.join("model.safetensors"), Format::Safetensors);
        assert_eq!(safetensors.check(), Ok(()));
    }
}
