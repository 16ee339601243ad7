//! Names of the classes: those in the files, those of `--class-names`, or the numbers that labels are.

use std::path::Path;

use crate::error::ParquetProblem;
use crate::formats::class_names::{ClassNames, told_apart};
use crate::limits::MAX_CLASSES;
use crate::words::grouped;

/// The classes, and which label of the files is which of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Classes {
    /// Their names.
    pub names: Vec<String>,
    /// For each label of the files its class, if that is not the label itself.
    places: Option<Vec<u32>>,
}

impl Classes {
    /// Those with these names in the files, among those of a file of names.
    pub fn named(names: Vec<String>, given: Option<(&Path, &ClassNames)>) -> Result<Self, ParquetProblem> {
        if names.len() > MAX_CLASSES {
            return Err(ParquetProblem::Classes(format!(
                "it has {} classes, but a data set has at most {}. Leave some out",
                grouped(names.len()),
                grouped(MAX_CLASSES)
            )));
        }
        let Some((file, given)) = given else {
            let names = told_apart(names);
            return Ok(Self { names, places: None });
        };
        let mut places = Vec::with_capacity(names.len());
        for name in &names {
            match given.label(name) {
                Some(label) => places.push(label as u32),
                None => {
                    return Err(ParquetProblem::Classes(format!(
                        "its class `{name}` is none of the classes of {}. Correct `--class-names`",
                        crate::words::shown(file)
                    )));
                }
            }
        }
        let mut sorted = places.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ParquetProblem::Classes(format!(
                "two of its classes are `{}` of {}. Correct `--class-names`",
                given.names()[twice[0] as usize],
                crate::words::shown(file)
            )));
        }
        Ok(Self {
            names: given.names().to_vec(),
            places: Some(places),
        })
    }

    /// Those of a file of names: labels are places in it.
    pub fn given(names: &ClassNames) -> Self {
        Self {
            names: names.names().to_vec(),
            places: None,
        }
    }

    /// The numbers from 0 that these labels are, without gaps.
    pub fn numbered(labels: &[u32]) -> Result<Self, ParquetProblem> {
        let classes = labels.iter().max().map_or(0, |&most| most as usize + 1);
        let mut has_images = vec![false; classes];
        for &label in labels {
            has_images[label as usize] = true;
        }
        if let Some(gap) = has_images.iter().position(|has| !has) {
            return Err(ParquetProblem::Classes(format!(
                "its labels go to {}, and no image has label {gap}; it has no names of classes. Number the classes from 0 without gaps, write their names \
                 with `ClassLabel(names=[…])` of `datasets`, or give them with `--class-names`",
                grouped(classes - 1)
            )));
        }
        Ok(Self {
            names: (0..classes).map(|label| label.to_string()).collect(),
            places: None,
        })
    }

    /// The class of a label of the files.
    pub fn class(&self, label: u32) -> u32 {
        self.places.as_ref().map_or(label, |places| places[label as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_places_in_a_file_of_names() {
        let given = ClassNames::parse("ant\nbee\ncat").unwrap();
        let file = Path::new("names.txt");
        let named = |names: &[&str]| {
            Classes::named(
                names.iter().map(|&name| name.to_owned()).collect(),
                Some((file, &given)),
            )
        };
        let classes = named(&["cat", "ant"]).unwrap();
        assert_eq!((classes.names.len(), classes.class(0), classes.class(1)), (3, 2, 0));
        assert!(
            named(&["dog"])
                .unwrap_err()
                .to_string()
                .contains("`dog` is none of the classes of names.txt")
        );
        assert!(
            named(&["cat", "2"])
                .unwrap_err()
                .to_string()
                .contains("two of its classes are `cat`")
        );
    }

    #[test]
    fn numbers_have_no_gaps() {
        assert_eq!(Classes::numbered(&[1, 0, 2]).unwrap().names, ["0", "1", "2"]);
        assert!(
            Classes::numbered(&[0, 2])
                .unwrap_err()
                .to_string()
                .contains("no image has label 1")
        );
    }
}
