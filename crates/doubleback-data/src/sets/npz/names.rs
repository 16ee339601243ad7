//! Which arrays of a file are which.

use crate::error::NpzProblem;
use crate::formats::npz::Npz;

/// Most names of arrays that a message lists.
const MAX_LISTED: usize = 8;

/// Names of images and of their labels, one to one; capitals and small letters are the same.
type Known = [[&'static str; 2]];
const WHOLE: &Known = &[["x", "y"]];
const TRAIN: &Known = &[["x_train", "y_train"], ["train_images", "train_labels"]];
const VALIDATION: &Known = &[
    ["x_val", "y_val"],
    ["x_valid", "y_valid"],
    ["x_validation", "y_validation"],
    ["val_images", "val_labels"],
];
const TEST: &Known = &[["x_test", "y_test"], ["test_images", "test_labels"]];

/// Names of the arrays of a part.
#[derive(Debug)]
pub(super) struct Pair {
    pub images: String,
    pub labels: String,
}

/// Names of the arrays of a file.
#[derive(Debug)]
pub(super) struct Arrays {
    /// Training images, or all.
    pub train: Option<Pair>,
    pub validation: Option<Pair>,
    pub test: Option<Pair>,
    pub classes: Option<String>,
    pub bounds: Option<String>,
    pub layout: Option<String>,
    /// Those that are passed over.
    others: Vec<String>,
}

impl Arrays {
    pub fn find(npz: &Npz) -> Result<Self, NpzProblem> {
        let names: Vec<&str> = npz.names().collect();
        let whole = pair(&names, WHOLE)?;
        let (train, validation, test) = (pair(&names, TRAIN)?, pair(&names, VALIDATION)?, pair(&names, TEST)?);
        if let (Some(whole), Some(part)) = (&whole, train.as_ref().or(validation.as_ref()).or(test.as_ref())) {
            return Err(NpzProblem::Ambiguous {
                whole: whole.images.clone(),
                part: part.images.clone(),
            });
        }
        let mut arrays = Self {
            train: whole.or(train),
            validation,
            test,
            classes: one(&names, "classes")?,
            bounds: one(&names, "bounds")?,
            layout: one(&names, "layout")?,
            others: Vec::new(),
        };
        if arrays.train.is_none() && arrays.test.is_none() {
            return Err(NpzProblem::NoImages {
                found: names.into_iter().take(MAX_LISTED).map(str::to_owned).collect(),
            });
        }
        let pairs = [&arrays.train, &arrays.validation, &arrays.test].into_iter().flatten();
        let mut used: Vec<&String> = pairs.flat_map(|pair| [&pair.images, &pair.labels]).collect();
        used.extend([&arrays.classes, &arrays.bounds, &arrays.layout].into_iter().flatten());
        let others = names.iter().filter(|name| !used.iter().any(|used| used == *name));
        let others = others.map(|&name| name.to_owned()).collect();
        arrays.others = others;
        Ok(arrays)
    }

    /// What is said of arrays that are passed over.
    pub fn note(&self) -> Option<String> {
        let names: Vec<String> = self
            .others
            .iter()
            .take(MAX_LISTED)
            .map(|name| format!("`{name}`"))
            .collect();
        (!names.is_empty()).then(|| format!("arrays that were passed over: {}", names.join(", ")))
    }
}

/// The array of this name, in whichever letters.
fn one(names: &[&str], wanted: &str) -> Result<Option<String>, NpzProblem> {
    let mut found = names.iter().filter(|name| name.eq_ignore_ascii_case(wanted));
    match (found.next(), found.next()) {
        (Some(first), Some(second)) => Err(NpzProblem::Ambiguous {
            whole: (*first).to_owned(),
            part: (*second).to_owned(),
        }),
        (first, _) => Ok(first.map(|&name| name.to_owned())),
    }
}

/// The images and labels of one part.
fn pair(names: &[&str], known: &Known) -> Result<Option<Pair>, NpzProblem> {
    let mut pairs = Vec::new();
    for [images, labels] in known {
        pairs.push(match (one(names, images)?, one(names, labels)?) {
            (Some(images), Some(labels)) => Pair { images, labels },
            (None, None) => continue,
            (Some(_), None) => return Err(missing(labels, "Each image needs a label: save them under this name")),
            (None, Some(_)) => return Err(missing(images, "Labels need images: save them under this name")),
        });
    }
    match <[Pair; 2]>::try_from(pairs) {
        Ok([first, second]) => Err(NpzProblem::Ambiguous {
            whole: first.images,
            part: second.images,
        }),
        Err(mut pairs) => Ok(pairs.pop()),
    }
}

fn missing(array: &str, advice: &'static str) -> NpzProblem {
    NpzProblem::Missing {
        array: array.to_owned(),
        advice,
    }
}
