//! Adversarial examples as 8-bit pictures, for eyes and other programs.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::eight_bit::EightBit;
use super::white_box::WhiteBox;
use crate::attack::{Example, Examples};
use crate::data::{ImageShape, png};
use crate::write::write_atomically;
use crate::{Error, Result};

/// What the pictures in a folder are, as `manifest.json` in it.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    model: &'a str,
    dataset: &'a str,
    attack: &'a str,
    classes: &'a [String],
    images: Vec<Attacked<'a>>,
}

/// One attacked image.
#[derive(Debug, Serialize)]
struct Attacked<'a> {
    index: usize,
    label: usize,
    class: &'a str,
    original: String,
    examples: Vec<Perturbed<'a>>,
}

/// What became of it within one epsilon.
#[derive(Debug, Serialize)]
struct Perturbed<'a> {
    eps: f64,
    example: String,
    perturbation: String,
    /// Largest change of a value, in steps of the picture: what is black or white in the picture of the perturbation.
    largest_change: u8,
    prediction: usize,
    predicted_class: &'a str,
    success: bool,
    prediction_8bit: Option<usize>,
}

/// Writes the images that were attacked, the examples (one set an epsilon, in the order of the results) and what was changed as PNG files into a
/// folder that is empty or not there: `originals/CLASS/INDEX-CLASS.png`, `examples-eps0.1/…`, `perturbations-eps0.1/…`, and `manifest.json`, which
/// says of each what the model takes it for. In the picture of a perturbation gray is no change, black and white are the largest change of
/// the image.
///
/// They are put together in `draft`, an empty folder on the same disk, so that the folder has all of them or none.
///
/// # Errors
/// When files cannot be written, or images have neither 1 nor 3 channels.
pub fn save_pictures(
    folder: &Path,
    draft: &Path,
    results: &WhiteBox,
    examples: &[Examples],
    eight_bit: EightBit,
) -> Result<()> {
    let folders = folder_names(&results.classes);
    let mut writer = Writer {
        draft,
        dataset: &results.dataset,
        made: BTreeSet::new(),
    };
    let name = |class: usize| results.classes.get(class).map_or("", String::as_str);
    let mut entries: BTreeMap<usize, Attacked<'_>> = BTreeMap::new();
    for (row, examples) in results.results.iter().zip(examples) {
        let shape = examples.shape();
        for example in examples.iter() {
            let Example { index, label, .. } = example;
            let class = folders.get(label).map_or("", String::as_str);
            let file = |kind: &str| format!("{kind}/{class}/{index:05}-{class}.png");
            let original = eight_bit.bytes(example.original);
            let entry = match entries.entry(index) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(place) => {
                    let path = file("originals");
                    writer.write(&path, &original, shape)?;
                    place.insert(Attacked {
                        index,
                        label,
                        class: name(label),
                        original: path,
                        examples: Vec::new(),
                    })
                }
            };
            let perturbed = eight_bit.bytes(example.pixels);
            let (change, largest_change) = perturbation(&original, &perturbed);
            let size = row.eps;
            let (path, change_path) = (
                file(&format!("examples-eps{size}")),
                file(&format!("perturbations-eps{size}")),
            );
            writer.write(&path, &perturbed, shape)?;
            writer.write(&change_path, &change, shape)?;
            entry.examples.push(Perturbed {
                eps: size,
                example: path,
                perturbation: change_path,
                largest_change,
                prediction: example.prediction,
                predicted_class: name(example.prediction),
                success: example.success,
                prediction_8bit: example.prediction_8bit,
            });
        }
    }
    let manifest = Manifest {
        model: &results.model,
        dataset: &results.dataset,
        attack: &results.attack,
        classes: &results.classes,
        images: entries.into_values().collect(),
    };
    let json = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::internal("describing pictures as JSON", e))?;
    write_atomically(&draft.join("manifest.json"), &json)?;
    // An empty folder gives way.
    let _ = fs::remove_dir(folder);
    fs::rename(draft, folder).map_err(Error::io(folder, "putting the pictures in their place"))
}

struct Writer<'a> {
    draft: &'a Path,
    dataset: &'a str,
    made: BTreeSet<String>,
}

impl Writer<'_> {
    fn write(&mut self, path: &str, bytes: &[u8], shape: ImageShape) -> Result<()> {
        if let Some((folder, _)) = path.rsplit_once('/')
            && self.made.insert(folder.to_owned())
        {
            let folder = self.draft.join(folder);
            fs::create_dir_all(&folder).map_err(Error::io(&folder, "making the folder"))?;
        }
        let file = self.draft.join(path);
        fs::write(&file, png(self.dataset, bytes, shape)?).map_err(Error::io(&file, "writing"))
    }
}

/// What was changed, gray for nothing, and black or white for the largest change; and this.
fn perturbation(original: &[u8], perturbed: &[u8]) -> (Vec<u8>, u8) {
    let pairs = || original.iter().zip(perturbed);
    let largest = pairs().map(|(a, b)| a.abs_diff(*b)).max().unwrap_or_default();
    let scale = 127.0 / f32::from(largest.max(1));
    let change = pairs().map(|(&a, &b)| (128.0 + (f32::from(b) - f32::from(a)) * scale).round() as u8);
    (change.collect(), largest)
}

/// A name for the folder of each class: its own, as far as file systems have it, and never that of another.
fn folder_names(classes: &[String]) -> Vec<String> {
    const LONGEST: usize = 80;
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(classes.len());
    for (index, class) in classes.iter().enumerate() {
        let plain = |c: char| c.is_alphanumeric() || "-_.+() ".contains(c);
        let name: String = class
            .chars()
            .take(LONGEST)
            .map(|c| if plain(c) { c } else { '_' })
            .collect();
        let mut name = name.trim_matches([' ', '.']).to_owned();
        // Some file systems do not tell upper from lower case.
        while name.is_empty() || !taken.insert(name.to_lowercase()) {
            name = format!("{name}~{index}");
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_folders_of_their_own() {
        let classes = ["cat", "Cat", "a/b", "..", "", "a_b", "7"].map(String::from);
        let expected = ["cat", "Cat~1", "a_b", "~3", "~4", "a_b~5", "7"];
        assert_eq!(folder_names(&classes), expected);
        let long = folder_names(&["x".repeat(300), "x".repeat(300)]);
        assert!(long[0] != long[1] && long[0].len() == 80);
    }

    #[test]
    fn changes_are_shown_around_gray() {
        assert_eq!(perturbation(&[10, 20, 30], &[10, 40, 20]), (vec![128, 255, 65], 20));
        assert_eq!(perturbation(&[10, 20], &[10, 20]), (vec![128, 128], 0));
        assert_eq!(perturbation(&[0, 255], &[255, 0]), (vec![255, 1], 255));
    }
}
