//! Labels, and the classes that they are of.

use std::collections::BTreeSet;

use super::names::{Arrays, Pair};
use crate::error::{DataError, NpzProblem};
use crate::formats::npz::Npz;
use crate::split::check_labels;
use crate::words::{count, grouped};

/// Labels of one part.
#[derive(Debug)]
pub(super) struct Labels {
    /// Name of the array.
    pub array: String,
    /// One an image.
    pub values: Vec<i64>,
}

impl Labels {
    pub fn read(npz: &mut Npz, pair: &Pair) -> Result<Self, NpzProblem> {
        let array = pair.labels.clone();
        let (shape, values) = npz.read(&array, |npy| {
            let shape = npy.header.shape.clone();
            // What cannot be labels need not be read.
            let values = if problem(&shape).is_none() {
                npy.whole_numbers()?
            } else {
                Vec::new()
            };
            Ok((shape, values))
        })?;
        match problem(&shape) {
            Some(why) => Err(NpzProblem::Shape { array, shape, why }),
            None => Ok(Self { array, values }),
        }
    }

    /// Labels that were checked to be classes.
    pub fn as_classes(&self) -> Vec<u32> {
        self.values.iter().map(|&label| label as u32).collect()
    }
}

/// What is wrong with labels of this shape.
fn problem(shape: &[usize]) -> Option<String> {
    if shape.contains(&0) {
        return Some("there is nothing in it. Leave it out, and its images".to_owned());
    }
    match shape {
        [_] | [_, 1] | [1, _] => None,
        [_, _] => Some(
            "expected one label for each image. Rows with a 1 at the class (one-hot) become labels by `y.argmax(axis=1)`".to_owned(),
        ),
        _ => Some("expected one label for each image, a whole number".to_owned()),
    }
}

/// Names of the classes: those in `classes`, or the numbers that labels are, which must then begin at 0 and have no gaps.
pub(super) fn classes(
    file: &str,
    npz: &mut Npz,
    arrays: &Arrays,
    labels: &[&Labels],
) -> Result<Vec<String>, DataError> {
    let refuse = |problem| DataError::Npz {
        file: file.to_owned(),
        problem: Box::new(problem),
    };
    let of = |labels: &Labels| format!("{file}, array `{}`", labels.array);
    let classes = match &arrays.classes {
        Some(array) => names(npz, array).map_err(refuse)?,
        None => {
            let most = labels
                .iter()
                .flat_map(|labels| &labels.values)
                .max()
                .copied()
                .unwrap_or_default();
            let most = usize::try_from(most).unwrap_or_default();
            for labels in labels {
                // Whatever else: labels are not negative.
                check_labels(&labels.values, most.saturating_add(1), || of(labels))?;
            }
            numbered(labels).map_err(|text| refuse(NpzProblem::Classes(text)))?
        }
    };
    if classes.len() < 2 {
        let text = "it has a single class, from which nothing can be told apart. Add images of another";
        return Err(refuse(NpzProblem::Classes(text.to_owned())));
    }
    for labels in labels {
        check_labels(&labels.values, classes.len(), || of(labels))?;
    }
    Ok(classes)
}

fn names(npz: &mut Npz, array: &str) -> Result<Vec<String>, NpzProblem> {
    let (shape, names) = npz.read(array, |npy| Ok((npy.header.shape.clone(), npy.texts()?)))?;
    let array = array.to_owned();
    if shape.len() != 1 {
        let why = "expected the name of each class, in the order of the labels".to_owned();
        return Err(NpzProblem::Shape { array, shape, why });
    }
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| name.is_empty() || !seen.insert(name.as_str())) {
        Some(twice) => Err(NpzProblem::Classes(format!(
            "array `{array}`: the name `{twice}` is {}. Give each class a name of its own",
            if twice.is_empty() { "empty" } else { "there twice" }
        ))),
        None => Ok(names),
    }
}

/// The numbers of the classes as names.
fn numbered(labels: &[&Labels]) -> Result<Vec<String>, String> {
    let distinct: BTreeSet<i64> = labels.iter().flat_map(|labels| &labels.values).copied().collect();
    let gap = distinct
        .iter()
        .zip(0..)
        .find(|(label, number)| *label != number)
        .map(|(_, number)| number);
    match (gap, distinct.last()) {
        (Some(gap), Some(&last)) => Err(format!(
            "its labels are {} from {} to {}, and no image has label {gap}. Number the classes from 0 without gaps \
             (`classes, y = numpy.unique(y, return_inverse=True)`), or save the names of all of them as an array `classes`",
            count(distinct.len(), "number"),
            distinct.first().copied().unwrap_or_default(),
            grouped(usize::try_from(last).unwrap_or(usize::MAX)),
        )),
        _ => Ok(distinct.iter().map(i64::to_string).collect()),
    }
}
