//! A file of class names in the order of a model's logits, such as the 1,000 of ImageNet: what makes the labels of a folder the model's.
//!
//! Four forms are read: one name a line; `n01440764 tench` a line, a folder's name and the class's (Kaggle's `LOC_synset_mapping.txt` is one; with a tab
//! between them, folders may be called anything); a JSON list of names; and Keras' `imagenet_class_index.json`, `{"0": ["n01440764", "tench"], …}`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use crate::class_name::class_index;
use crate::error::DataError;
use crate::limits::MAX_CLASSES;
use crate::words::grouped;

/// Most bytes of such a file.
const MAX_BYTES: u64 = 1 << 24;

/// Names of classes by label, and the folders that hold their images.
///
/// ```
/// use doubleback_data::ClassNames;
/// let names = ClassNames::parse("n01440764 tench\nn01443537 goldfish\n")?;
/// assert_eq!(names.names(), ["tench", "goldfish"]);
/// assert_eq!([names.label("n01443537"), names.label("goldfish"), names.label("shark")], [Some(1), Some(1), None]);
/// assert_eq!(ClassNames::parse(r#"["cat", "dog"]"#)?.label("dog"), Some(1));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassNames {
    names: Vec<String>,
    folders: HashMap<String, usize>,
}

impl ClassNames {
    /// Reads a file.
    ///
    /// # Errors
    /// [`DataError`] if it cannot be read, or is none of these.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let failed = |cause| DataError::Io {
            path: path.to_owned(),
            cause,
        };
        let refuse = |problem| DataError::ClassNames {
            path: path.to_owned(),
            problem,
        };
        let found = fs::metadata(path).map_err(failed)?;
        if found.is_dir() {
            return Err(refuse("it is a folder".to_owned()));
        }
        if found.len() > MAX_BYTES {
            return Err(refuse(format!("it has more than {MAX_BYTES} bytes")));
        }
        let bytes = fs::read(path).map_err(failed)?;
        let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8 text".to_owned()))?;
        Self::parse(&text).map_err(refuse)
    }

    /// The names in the text of a file.
    ///
    /// # Errors
    /// A few words on what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let (names, folders) = match text.as_bytes().first() {
            Some(b'[') => (
                serde_json::from_str(text).map_err(|e| format!("it is no JSON list of names ({e})"))?,
                None,
            ),
            Some(b'{') => of_dictionary(text)?,
            _ => of_lines(text)?,
        };
        if names.is_empty() {
            return Err("it has no names".to_owned());
        }
        if names.len() > MAX_CLASSES {
            return Err(format!(
                "it has {} names, more than {}",
                grouped(names.len()),
                grouped(MAX_CLASSES)
            ));
        }
        if let Some(line) = names.iter().position(|name| name.trim().is_empty()) {
            return Err(format!("name {} (counted from 0) is empty", grouped(line)));
        }
        let mut by_folder = HashMap::new();
        for (label, folder) in folders.into_iter().flatten().enumerate() {
            if by_folder.insert(folder.clone(), label).is_some() {
                return Err(format!("it has the folder `{folder}` twice"));
            }
        }
        Ok(Self {
            names: told_apart(names),
            folders: by_folder,
        })
    }

    /// The names by label. Of several classes of one name (ImageNet has two cranes), each has its label in parentheses behind it.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The label of the class whose images are in a folder of this name: as the file says, or by the class's name, or its number.
    pub fn label(&self, folder: &str) -> Option<usize> {
        let given = self.folders.get(folder).copied();
        given.or_else(|| class_index(&self.names, folder).ok())
    }
}

/// Names by label, and if the file has them, folders by label.
type Found = (Vec<String>, Option<Vec<String>>);

fn of_dictionary(text: &str) -> Result<Found, String> {
    let entries: BTreeMap<String, (String, String)> = serde_json::from_str(text)
        .map_err(|e| format!("it is no JSON of the form {{\"0\": [\"n01440764\", \"tench\"], …}} ({e})"))?;
    let mut by_label: BTreeMap<usize, (String, String)> = BTreeMap::new();
    for (label, entry) in entries {
        let label = label.parse().map_err(|_| format!("`{label}` is no label"))?;
        by_label.insert(label, entry);
    }
    match by_label.keys().zip(0..).find(|(label, place)| *label != place) {
        Some((_, place)) => Err(format!("it has no label {place}")),
        None => {
            let (folders, names) = by_label.into_values().unzip();
            Ok((names, Some(folders)))
        }
    }
}

fn of_lines(text: &str) -> Result<Found, String> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let pairs = |part: fn(&str) -> Option<(&str, &str)>| -> Option<Found> {
        let pairs: Vec<(&str, &str)> = lines.iter().copied().map(part).collect::<Option<_>>()?;
        let (folders, names) = pairs
            .into_iter()
            .map(|(folder, name)| (folder.trim().to_owned(), name.trim().to_owned()))
            .unzip();
        Some((names, Some(folders)))
    };
    let of_tabs = pairs(|line| line.split_once('\t'));
    let found = of_tabs.or_else(|| pairs(|line| line.split_once(' ').filter(|(folder, _)| is_synset(folder))));
    Ok(found.unwrap_or_else(|| (lines.iter().map(|line| line.trim().to_owned()).collect(), None)))
}

/// Whether a word is a number of WordNet, as ImageNet's folders are called: `n01440764`.
fn is_synset(word: &str) -> bool {
    word.strip_prefix('n')
        .is_some_and(|digits| digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The same names, of which those that are there several times have their label in parentheses behind them.
pub(crate) fn told_apart(names: Vec<String>) -> Vec<String> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for name in &names {
        *times.entry(name).or_default() += 1;
    }
    let alone = |name: &String| times.get(name.as_str()) == Some(&1);
    names
        .iter()
        .enumerate()
        .map(|(label, name)| {
            if alone(name) {
                name.clone()
            } else {
                format!("{name} ({label})")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_gives_names_in_the_order_of_labels() {
        let spaced = ClassNames::parse("great white shark\r\ncat\r\n").unwrap();
        assert_eq!(spaced.names(), ["great white shark", "cat"]);
        let tabs = ClassNames::parse("01\tgreat white shark\n02\tcat").unwrap();
        assert_eq!(
            (tabs.names()[0].as_str(), tabs.label("02")),
            ("great white shark", Some(1))
        );
        let kaggle =
            ClassNames::parse("n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\n").unwrap();
        assert_eq!(kaggle.names()[0], "tench, Tinca tinca");
        let keras =
            ClassNames::parse(r#"{"1": ["n01443537", "goldfish"], "0": ["n01440764", "tench"], "2": ["n1", "x"]}"#);
        assert_eq!(keras.unwrap().label("n01440764"), Some(0));
        // Ten and more come as text in another order.
        let many: Vec<String> = (0..12)
            .map(|label| format!(r#""{label}": ["f{label}", "c{label}"]"#))
            .collect();
        let many = ClassNames::parse(&format!("{{{}}}", many.join(","))).unwrap();
        assert_eq!(
            (many.names()[10].as_str(), many.label("f2"), many.label("11")),
            ("c10", Some(2), Some(11))
        );
    }

    #[test]
    fn classes_of_one_name_are_told_apart() {
        let names = ClassNames::parse("n02012849 crane\nn02013706 limpkin\nn03126707 crane").unwrap();
        assert_eq!(names.names(), ["crane (0)", "limpkin", "crane (2)"]);
        assert_eq!([names.label("n03126707"), names.label("crane")], [Some(2), None]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, expected) in [
            ("", "has no names"),
            ("[]", "has no names"),
            ("a\n\nb", "name 1 (counted from 0) is empty"),
            ("[1, 2]", "no JSON list of names"),
            (r#"{"0": ["a", "b"], "2": ["c", "d"]}"#, "has no label 1"),
            ("x\ta\nx\tb", "the folder `x` twice"),
        ] {
            let error = ClassNames::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
