//! Writes the folder of a new study, whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path};

use doubleback_data::sha256;

use super::default_texts::Texts;
use super::manifest::Manifest;
use crate::{Error, Result};

/// How the names of folders begin in which a study is put together.
const PREFIX: &str = ".doubleback-study-";
/// What is done to an existing study: nothing.
const ADVICE: &str = "A study is never replaced: give another name, or move it away";

/// All that a new study's folder holds.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// Becomes `study.json`.
    pub manifest: &'a Manifest,
    /// By name in `images/`: the PNG files of all candidates and practice images, and no others.
    pub images: &'a BTreeMap<String, Vec<u8>>,
    /// Become `texts/`.
    pub texts: &'a Texts,
    /// Other files for the researcher, by path in the folder, such as `stimuli.png`.
    pub others: &'a [(String, Vec<u8>)],
}

/// Refuses a place where a study cannot be made: an error before minutes of work. An empty folder is as good as none.
///
/// # Errors
/// When something is there, or no folder is in which it could be made.
pub fn check_free(folder: &Path) -> Result<()> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(taken(folder)),
        },
        Err(cause) if cause.kind() == ErrorKind::NotADirectory => Err(taken(folder)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => match fs::metadata(parent(folder)) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(file(
                parent(folder),
                "is no folder to make a study in",
                ErrorKind::NotADirectory.into(),
            )),
            Err(cause) => Err(file(parent(folder), "cannot make a study in this folder", cause)),
        },
        Err(cause) => Err(file(folder, "cannot look at it", cause)),
    }
}

/// Writes a study: in a temporary folder beside it, which then gets its name. Only its owner may read it, since `study.json` has the answers.
///
/// # Errors
/// When something has that name; when the manifest and the images do not belong together; when files cannot be written. Nothing is left then.
pub fn create(folder: &Path, contents: &Contents<'_>) -> Result<()> {
    check_free(folder)?;
    check(folder, contents)?;
    let draft = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(parent(folder))
        .map_err(|cause| file(folder, "cannot be made", cause))?;
    let study = draft.path().join("study");
    let written = write(&study, contents);
    written.map_err(|cause| file(folder, "cannot write its files", cause))?;
    match fs::rename(&study, folder) {
        Ok(()) => {}
        Err(cause) if is_taken(cause.kind()) => return Err(taken(folder)),
        Err(cause) => return Err(file(folder, "cannot be given its name", cause)),
    }
    // That it has its name may be lost with the power; that it is whole may not.
    let _ = sync_folder(parent(folder));
    Ok(())
}

/// Refuses a manifest that speaks of other images than there are.
fn check(folder: &Path, contents: &Contents<'_>) -> Result<()> {
    let refuse = |what: String| {
        Err(Error::Content {
            path: folder.to_owned(),
            what,
        })
    };
    let manifest = contents.manifest;
    let candidates = manifest.candidates.iter().map(|one| (&one.file, &one.sha256));
    let practice = manifest.practice.iter().map(|one| (&one.file, &one.sha256));
    let mut named = 0;
    for (name, checksum) in candidates.chain(practice) {
        named += 1;
        match contents.images.get(name) {
            Some(image) if sha256(std::iter::once(image.as_slice())) == *checksum => {}
            Some(_) => {
                return refuse(format!(
                    "the image `{name}` has another checksum than its manifest says"
                ));
            }
            None => return refuse(format!("the manifest names the image `{name}`, which there is not")),
        }
    }
    if named != contents.images.len() {
        let found = contents.images.len();
        return refuse(format!(
            "the manifest names {named} images, and there are {found} by different names"
        ));
    }
    let others = contents.others.iter().map(|(path, _)| path);
    let inside = |path: &&String| {
        Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
    };
    match others.chain(contents.images.keys()).find(|path| !inside(path)) {
        Some(path) => refuse(format!("`{path}` is no path in the study's folder")),
        None => Ok(()),
    }
}

fn write(study: &Path, contents: &Contents<'_>) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(study)?;
    for name in ["images", "texts"] {
        fs::create_dir(study.join(name))?;
    }
    for (name, image) in contents.images {
        put(&study.join("images").join(name), image)?;
    }
    for (name, text) in contents.texts.files() {
        put(&study.join("texts").join(name), text.as_bytes())?;
    }
    for (path, bytes) in contents.others {
        let path = study.join(path);
        fs::create_dir_all(parent(&path))?;
        put(&path, bytes)?;
    }
    let mut manifest = serde_json::to_vec_pretty(contents.manifest)?;
    manifest.push(b'\n');
    put(&study.join("study.json"), &manifest)?;
    sync_folder(study)
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Folders are files that can be synchronized on Unix alone.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn is_taken(kind: ErrorKind) -> bool {
    let kinds = [
        ErrorKind::DirectoryNotEmpty,
        ErrorKind::AlreadyExists,
        ErrorKind::NotADirectory,
    ];
    kinds.contains(&kind)
}

fn taken(folder: &Path) -> Error {
    let found = match (folder.join("study.json").exists(), folder.is_dir()) {
        (true, _) => "holds a study",
        (false, true) => "is a folder with other things in it",
        (false, false) => "is a file",
    };
    Error::Content {
        path: folder.to_owned(),
        what: format!("{found}. {ADVICE}"),
    }
}

fn file(path: &Path, action: &'static str, cause: io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        action,
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::{Attack, Data, Practice, Protocol};

    fn manifest(image: &[u8]) -> Manifest {
        Manifest {
            format: Manifest::FORMAT,
            title: "What do you see?".to_owned(),
            version: "0".to_owned(),
            data: Data {
                dataset: "tiny".to_owned(),
                checksum: String::new(),
                shape: [1, 1, 1],
            },
            classes: vec!["a".to_owned(), "b".to_owned()],
            seed: 1,
            models: Vec::new(),
            attack: Attack {
                name: "jsma".to_owned(),
                options: serde_json::json!({}),
                eps: vec![0.1],
            },
            protocol: Protocol {
                per_class: 5,
                candidates: 5,
                short: Vec::new(),
            },
            candidates: Vec::new(),
            practice: vec![Practice {
                file: "x.png".to_owned(),
                sha256: sha256(std::iter::once(image)),
                index: 0,
                label: 1,
            }],
            confusion: Vec::new(),
        }
    }

    /// Creates it with one image.
    fn create_at(folder: &Path, manifest: &Manifest, name: &str, others: &[(String, Vec<u8>)]) -> Result<()> {
        let contents = Contents {
            manifest,
            images: &BTreeMap::from([(name.to_owned(), b"image".to_vec())]),
            texts: &Texts::default(),
            others,
        };
        create(folder, &contents)
    }

    #[test]
    fn a_study_is_written_whole_and_never_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let (folder, manifest) = (parent.path().join("study"), manifest(b"image"));
        let others = [("models/a.safetensors".to_owned(), b"model".to_vec())];
        create_at(&folder, &manifest, "x.png", &others).unwrap();
        let written = fs::read(folder.join("study.json")).unwrap();
        assert_eq!(serde_json::from_slice::<Manifest>(&written).unwrap(), manifest);
        assert_eq!(fs::read(folder.join("images/x.png")).unwrap(), b"image");
        assert_eq!(fs::read(folder.join("models/a.safetensors")).unwrap(), b"model");
        assert_eq!(fs::read_dir(folder.join("texts")).unwrap().count(), 4);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o77, 0);
        }

        let again = create_at(&folder, &manifest, "x.png", &[]).unwrap_err().to_string();
        assert!(
            again.ends_with("holds a study. A study is never replaced: give another name, or move it away"),
            "{again}"
        );
        assert_eq!(fs::read(folder.join("study.json")).unwrap(), written);
        assert_eq!(
            fs::read_dir(parent.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn an_empty_folder_is_as_good_as_none_and_a_file_or_a_full_one_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let [empty, full, file] = ["empty", "full", "file"].map(|name| parent.path().join(name));
        fs::create_dir(&empty).unwrap();
        fs::create_dir(&full).unwrap();
        fs::write(full.join("notes"), b"").unwrap();
        fs::write(&file, b"").unwrap();
        let message = |at: &Path| {
            create_at(at, &manifest(b"image"), "x.png", &[])
                .unwrap_err()
                .to_string()
        };
        assert!(message(&full).contains("is a folder with other things in it. A study"));
        assert!(message(&file).contains("is a file. A study"));
        assert!(message(&parent.path().join("absent/study")).contains("absent: cannot make a study in this folder"));
        create_at(&empty, &manifest(b"image"), "x.png", &[]).unwrap();
        assert!(empty.join("study.json").exists());
    }

    #[test]
    fn what_does_not_belong_together_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("study");
        let message = |of: &[u8], name: &str, others: &[(String, Vec<u8>)]| {
            create_at(&folder, &manifest(of), name, others).unwrap_err().to_string()
        };
        assert!(message(b"another", "x.png", &[]).contains("has another checksum"));
        assert!(message(b"image", "y.png", &[]).contains("names the image `x.png`, which there is not"));
        let outside = [("../x".to_owned(), Vec::new())];
        assert!(message(b"image", "x.png", &outside).contains("`../x` is no path in the study's folder"));
        // A write that fails half-way.
        let twice = [("x".to_owned(), Vec::new()), ("x".to_owned(), Vec::new())];
        assert!(message(b"image", "x.png", &twice).contains("cannot write its files"));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
