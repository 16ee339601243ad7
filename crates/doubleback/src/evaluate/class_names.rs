//! Whether the classes of a model are those of the data.

use std::collections::HashSet;

use super::file_model::FileModel;
use crate::data::{Dataset, words};
use crate::nn::card;
use crate::{Error, Result};

/// What a model's file says of its classes.
pub(super) enum Names {
    /// Nothing, as old files do.
    Unknown,
    /// The names of the data set's classes, in the model's order.
    Known(Vec<String>),
}

/// Compares the classes of a model with those of a data set.
///
/// # Errors
/// Says which of them only one has.
pub(super) fn compare(one: &FileModel<'_>, dataset: &Dataset) -> Result<Names> {
    let refuse = |problem: String| {
        let advice = "Give data of the model's classes, or a model that was trained on these";
        Err(Error::file(one.path, format!("{problem}. {advice}")))
    };
    let Some(names) = card::classes(one.card) else {
        let (count, of_data) = (one.model.classes(), dataset.classes.len());
        return match count == of_data {
            true => Ok(Names::Unknown),
            false => refuse(format!(
                "has {} classes, which it does not name; {} has {} ({}){}",
                words::grouped(count),
                dataset.name,
                words::grouped(of_data),
                listed(&dataset.classes),
                if dataset.name.starts_with("folder:") && count > of_data {
                    ". If these are some of the model's, say which with `--class-names FILE`"
                } else {
                    ""
                }
            )),
        };
    };
    let missing = only_in_first(&names, &dataset.classes);
    let surplus = only_in_first(&dataset.classes, &names);
    let of_model = || format!("has the classes {}", listed(&names));
    match (missing.as_slice(), surplus.as_slice()) {
        ([], []) => Ok(Names::Known(names)),
        (missing, []) => refuse(format!("{}; {} lacks {}", of_model(), dataset.name, listed(missing))),
        ([], surplus) => refuse(format!(
            "{}; {} has {} besides",
            of_model(),
            dataset.name,
            listed(surplus)
        )),
        (missing, surplus) => refuse(format!(
            "{}; {} lacks {} and has {} instead",
            of_model(),
            dataset.name,
            listed(missing),
            listed(surplus)
        )),
    }
}

fn only_in_first<'a>(first: &'a [String], second: &[String]) -> Vec<&'a String> {
    let second: HashSet<&String> = second.iter().collect();
    first.iter().filter(|name| !second.contains(name)).collect()
}

/// Names in backticks, the first of many.
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    words::first_few(names.iter().map(|name| format!("`{}`", name.as_ref())))
}
