//! Classes as people name them.

use crate::unknown_name::{UnknownName, nearest};

/// Names of classes that a message lists at most.
const LISTED: usize = 12;

/// The label of a class that a user names: by its exact name or, if no class is called so, by its label.
///
/// A folder of classes 0 to 11 may have `10` at label 2: the name is what counts. Say which class was found where that can surprise.
///
/// ```
/// use doubleback_data::class_index;
/// let classes = ["cat", "dog", "2", "1"].map(str::to_owned);
/// assert_eq!(class_index(&classes, "dog")?, 1);
/// assert_eq!(class_index(&classes, "0")?, 0);
/// assert_eq!(class_index(&classes, "1")?, 3, "the name comes first");
/// assert_eq!(
///     class_index(&classes, "dogs").unwrap_err().to_string(),
///     "unknown class `dogs`. Did you mean `dog`? Known: cat, dog, 2, 1, or their labels, 0 to 3"
/// );
/// # Ok::<(), doubleback_data::UnknownName>(())
/// ```
///
/// # Errors
/// [`UnknownName`] if no class has this name or label; it suggests the nearest name.
pub fn class_index(classes: &[String], wanted: &str) -> Result<usize, UnknownName> {
    let by_name = classes.iter().position(|class| class == wanted);
    let by_label = || wanted.parse().ok().filter(|&label| label < classes.len());
    by_name.or_else(by_label).ok_or_else(|| unknown(classes, wanted))
}

fn unknown(classes: &[String], wanted: &str) -> UnknownName {
    let listed: Vec<&str> = classes.iter().take(LISTED).map(String::as_str).collect();
    let rest = match classes.len().saturating_sub(LISTED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let labels = match classes.len().checked_sub(1) {
        None => String::new(),
        Some(last) => format!(", or their labels, 0 to {last}"),
    };
    // A number is not a misspelt name: `12` is no nearer to `1` than to `2`.
    let number = wanted.parse::<f64>().is_ok();
    let nearest = if number {
        None
    } else {
        nearest(wanted, classes.iter().map(String::as_str))
    };
    UnknownName {
        what: "class",
        found: wanted.to_owned(),
        hint: nearest.map_or_else(String::new, |name| format!(" Did you mean `{name}`?")),
        known: format!("{}{rest}{labels}", listed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_name_comes_before_the_label_of_another_class() {
        let sorted_as_text = classes(&["0", "1", "10", "11", "2"]);
        let found = ["2", "10", "4", "3"].map(|wanted| class_index(&sorted_as_text, wanted));
        assert_eq!(found, [Ok(4), Ok(2), Ok(4), Ok(3)]);
        assert_eq!(class_index(&classes(&["a", "b"]), "1"), Ok(1));
    }

    #[test]
    fn unknown_classes_are_told_with_the_nearest() {
        let animals = classes(&["n01440764", "goldfish", "hammerhead"]);
        let message = |wanted: &str| class_index(&animals, wanted).unwrap_err().to_string();
        assert!(
            message("Goldfisch").contains("Did you mean `goldfish`?"),
            "{}",
            message("Goldfisch")
        );
        for wanted in ["3", "-1", "", "1.0"] {
            assert!(message(wanted).starts_with(&format!("unknown class `{wanted}`. Known: n01440764, ")));
        }
        let many: Vec<String> = (0..21_841).map(|label| format!("n{label:08}")).collect();
        let message = class_index(&many, "21841").unwrap_err().to_string();
        assert!(
            message.ends_with("and 21829 more, or their labels, 0 to 21840"),
            "{message}"
        );
        assert!(message.len() < 300, "{message}");
        assert_eq!(
            class_index(&[], "0").unwrap_err().to_string(),
            "unknown class `0`. Known: "
        );
    }
}
