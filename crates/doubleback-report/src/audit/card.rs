//! A model card as hubs of models read it: Markdown, with the results as metadata in front.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use doubleback::attack::Norm;
use doubleback::audit::Audit;
use serde_json::{Value, json};

use crate::Error;
use crate::format::{interval, percent};
use crate::page::Folder;

/// Writes a model card into a folder: `README.md` with its metadata (`model-index`), the results as `audit.json`, and under `robustbench/` the entry that
/// RobustBench's list of models would have. Returns the paths, the card first. What an audit does not know (authors, links, license) is left to be filled in.
///
/// # Errors
/// When a folder cannot be made or written to, or the disk is full.
pub fn write_card(audit: &Audit, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
    let folder = folder.as_ref();
    let mut top = Folder::new(folder)?;
    top.file("README.md".to_owned(), card(audit).as_bytes())?;
    top.file("audit.json".to_owned(), &json(audit))?;
    let dataset = plain(&audit.setup.dataset);
    let norm = match audit.setup.norm {
        Norm::Linf => "Linf",
        Norm::L2 => "L2",
    };
    let mut list = Folder::new(&folder.join("robustbench").join(dataset).join(norm))?;
    list.file(format!("{}.json", plain(&name(audit))), &json(&robustbench(audit)))?;
    top.paths.append(&mut list.paths);
    Ok(top.paths)
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    // Values that are made of numbers and words alone can always be written.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// The model's file without folder and ending.
fn name(audit: &Audit) -> String {
    let stem = Path::new(&audit.setup.model).file_stem();
    stem.map_or_else(|| audit.setup.model.clone(), |stem| stem.to_string_lossy().into_owned())
}

/// A name that can be a file's.
fn plain(name: &str) -> String {
    let keep = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    name.chars().map(keep).collect()
}

fn eps(audit: &Audit) -> String {
    let setup = &audit.setup;
    setup.eps_given.clone().unwrap_or_else(|| setup.eps.to_string())
}

/// Whether it is the ensemble that papers and lists compare by, on all its images.
fn is_standard(audit: &Audit) -> bool {
    audit.setup.settings.ensemble == "standard" && audit.partial.is_none() && audit.setup.shard.of == 1
}

/// An entry of RobustBench's `model_info`, with percentages in words as its entries have them.
fn robustbench(audit: &Audit) -> Value {
    let percent = |share: f64| format!("{:.2}", 100.0 * share);
    let robust = audit.robust_accuracy.filter(|_| is_standard(audit)).map(percent);
    json!({
        "link": "",
        "name": name(audit),
        "authors": "",
        "additional_data": false,
        "number_forward_passes": 1,
        "dataset": audit.setup.dataset,
        "venue": "",
        "architecture": "",
        "eps": eps(audit),
        "clean_acc": percent(audit.clean_accuracy),
        "reported": robust,
        "autoattack_acc": robust,
        "unreliable": !audit.flags.is_empty(),
    })
}

fn card(audit: &Audit) -> String {
    let setup = &audit.setup;
    let mut text = front_matter(audit);
    let _ = write!(text, "\n# {}\n\n", name(audit));
    let images = audit.images.len();
    let (clean, eps) = (percent(audit.clean_accuracy), eps(audit));
    let _ = match (audit.robust_accuracy, audit.low.zip(audit.high), &audit.partial) {
        (Some(robust), Some((low, high)), _) => writeln!(
            text,
            "Robust accuracy on {images} test images of {}: **{}** (95 % interval {}) within eps {eps} ({}); clean accuracy {clean}.",
            setup.dataset,
            percent(robust),
            interval(low, high),
            setup.norm.sign()
        ),
        (_, _, Some(partial)) => writeln!(
            text,
            "A partial audit: robust accuracy on {images} test images of {} is **at most {}** within eps {eps} ({}); clean accuracy {clean}. {}.",
            setup.dataset,
            percent(partial.at_most),
            setup.norm.sign(),
            partial.detail
        ),
        _ => writeln!(text, "No images were attacked."),
    };
    text += "\n## What to trust\n\n";
    if audit.flags.is_empty() {
        text += "Nothing that was probed gives reason to doubt these numbers.\n";
    }
    for flag in &audit.flags {
        let _ = writeln!(text, "- **{}**: {}.", flag.name, flag.detail);
    }
    for note in &setup.notes {
        let _ = writeln!(text, "- {note}.");
    }
    text += "\n## Attacks\n\n| attack | tried on | broke | standing | settings |\n|---|---:|---:|---:|---|\n";
    for ((attack, did), planned) in audit.attacks.iter().zip(&setup.settings.attacks) {
        let _ = writeln!(
            text,
            "| `{attack}` | {} | {} | {} | {} |",
            did.tried,
            did.broken,
            percent(did.cumulative),
            planned.in_words
        );
    }
    let _ = write!(
        text,
        "\nMade by doubleback {} with seed {} on {}. SHA-256 of the model: `{}`. All results, image by image, are in `audit.json`.\n",
        setup.settings.version,
        setup.settings.seed,
        setup.settings.device,
        setup.checksums.get("model").map_or("unknown", String::as_str)
    );
    text
}

/// YAML, whose words are in double quotes as JSON's, which YAML takes.
fn front_matter(audit: &Audit) -> String {
    let setup = &audit.setup;
    let quoted = |text: &str| Value::from(text).to_string();
    let mut metrics = vec![("accuracy", "Clean accuracy".to_owned(), audit.clean_accuracy)];
    if let Some(robust) = audit.robust_accuracy {
        let title = format!(
            "Robust accuracy ({} ensemble, {}, eps {})",
            setup.settings.ensemble,
            setup.norm.name(),
            eps(audit)
        );
        metrics.push(("accuracy", title, robust));
    }
    let mut text =
        String::from("---\npipeline_tag: image-classification\ntags:\n- adversarial-robustness\nmodel-index:\n");
    let _ = writeln!(text, "- name: {}\n  results:", quoted(&name(audit)));
    let _ = writeln!(
        text,
        "  - task:\n      type: image-classification\n    dataset:\n      name: {0}\n      type: {0}\n      split: test\n    metrics:",
        quoted(&setup.dataset)
    );
    for (kind, title, value) in metrics {
        let _ = writeln!(
            text,
            "    - type: {kind}\n      name: {}\n      value: {value}",
            quoted(&title)
        );
    }
    text + "---\n"
}
