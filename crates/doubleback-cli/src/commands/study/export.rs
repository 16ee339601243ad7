use std::path::Path;

use doubleback::data::atomic_file;
use doubleback_study::folder::{Manifest, read_manifest};
use doubleback_study::store::{self, Export};

use super::answers;
use crate::args::StudyExportArgs;
use crate::exit::{Failure, Result};
use crate::output::{self, JsonTarget};

/// Writes a study's answers.
pub fn run(args: &StudyExportArgs) -> Result<()> {
    output::check_json(args.json.as_ref())?;
    if let Some(path) = &args.csv {
        output::check_file(path)?;
    }
    let manifest = read_manifest(&args.study)?;
    let export = store::export(&args.study)?;
    match (&args.csv, &args.json) {
        (None, None) => output::print(&csv(&export, &manifest)?),
        (csv_file, json_target) => {
            if let Some(path) = csv_file {
                write(path, &csv(&export, &manifest)?)?;
            }
            match json_target {
                Some(JsonTarget::Stdout) => output::print(&json(&export, &manifest)?),
                Some(JsonTarget::File(path)) => {
                    write(path, &json(&export, &manifest)?)?;
                    told(&export)
                }
                None => told(&export),
            }
        }
    }
}

fn csv(export: &Export, manifest: &Manifest) -> Result<String> {
    let mut bytes = Vec::new();
    export.write_csv(manifest, &mut bytes)?;
    text(bytes)
}

fn json(export: &Export, manifest: &Manifest) -> Result<String> {
    let mut bytes = Vec::new();
    export.write_json(manifest, &mut bytes)?;
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| Failure::Ours(format!("an export that is no text: {error}")))
}

fn write(path: &Path, content: &str) -> Result<()> {
    atomic_file::replace(path, content.as_bytes()).map_err(|cause| Failure::io(path.display(), "cannot write", &cause))
}

fn told(export: &Export) -> Result<()> {
    let text = answers(export.responses.len(), export.participants.len());
    output::print(&format!("{text}\n"))
}
