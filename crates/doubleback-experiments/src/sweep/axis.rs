//! Values of the penalty weight: a number, a list, or so many on a log scale.

use super::settings_file::Value;

/// Penalty weights as a plan writes them: `10`, `[1, 3, 10]`, or `{ from = 1e2, to = 1e5, count = 13 }`, which is evenly spaced on a log
/// scale, both ends included, and rounded to six significant digits so that every machine gets the same numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis(pub Vec<f64>);

/// Weights, and in whose units.
#[derive(Clone, Debug, PartialEq)]
pub enum Lambdas {
    /// Of the penalty of each example.
    PerExample(Vec<f64>),
    /// The authors': 2 × batch × the one per example.
    Paper(Vec<f64>),
}

struct Range {
    from: f64,
    to: f64,
    count: usize,
}

/// What an axis can be, for messages.
const EXPECTED: &str =
    "a weight, such as 10, a list of weights, such as [1, 10], or { from = 100, to = 1e5, count = 13 }";

impl Axis {
    /// The weights of a setting.
    pub(super) fn read(value: &Value<'_>) -> Result<Self, String> {
        let values = if let Some(list) = value.list() {
            let number = |one: &Value<'_>| one.number().map_or_else(|| one.is_not("a weight, such as 10"), Ok);
            list.iter().map(number).collect::<Result<_, String>>()?
        } else if let Some(table) = value.table(&["from", "to", "count"]) {
            let table = table?;
            let (Some(from), Some(to), Some(count)) = (table.get("from"), table.get("to"), table.get("count")) else {
                return value
                    .refuse("a range has `from`, `to` and `count`, such as { from = 100, to = 1e5, count = 13 }");
            };
            let end = |one: Value<'_>| one.number().map_or_else(|| one.is_not("a number, such as 100"), Ok);
            let range = Range {
                from: end(from)?,
                to: end(to)?,
                count: count.count(0, "a whole number, such as 13")?,
            };
            log_spaced(&range).or_else(|problem| value.refuse(&problem))?
        } else {
            vec![value.number().map_or_else(|| value.is_not(EXPECTED), Ok)?]
        };
        checked(values).map(Axis).or_else(|problem| value.refuse(&problem))
    }
}

fn log_spaced(range: &Range) -> Result<Vec<f64>, String> {
    let &Range { from, to, count } = range;
    if !(from > 0.0 && to > from && to.is_finite()) {
        return Err(format!(
            "from {from} to {to} is no log scale. Give 0 < from < to, or a list"
        ));
    }
    if !(2..=1000).contains(&count) {
        return Err(format!(
            "count: {count} is not between 2 and 1000. Give the number of weights"
        ));
    }
    let ratio = (to / from).ln() / (count - 1) as f64;
    Ok((0..count)
        .map(|i| six_digits(from * (ratio * i as f64).exp()))
        .collect())
}

/// Rounds to six significant digits. Transcendental functions differ between machines in the last bits, and names and results should not.
pub(super) fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn checked(values: Vec<f64>) -> Result<Vec<f64>, String> {
    if values.is_empty() {
        return Err("an empty list of weights. Give at least one".into());
    }
    for (place, &value) in values.iter().enumerate() {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(format!("the weight {value} is not zero or a positive number"));
        }
        if values[..place].contains(&value) {
            return Err(format!("the weight {value} is given twice. Give it once"));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::settings_file::SettingsFile;

    fn axis(text: &str) -> Result<Vec<f64>, String> {
        let text = format!("lambda = {text}");
        let file = SettingsFile::parse(&text)?;
        let root = file.root(&["lambda"])?;
        Axis::read(&root.get("lambda").unwrap()).map(|axis| axis.0)
    }

    #[test]
    fn a_log_scale_has_the_papers_values() {
        let values = axis("{ from = 1e2, to = 1e5, count = 13 }").unwrap();
        assert_eq!(values.len(), 13);
        // Those that the authors chose.
        for chosen in [562.341, 10_000.0, 56_234.1] {
            assert!(values.contains(&chosen), "{values:?}");
        }
        assert_eq!((values[0], values[12]), (100.0, 100_000.0));
    }

    #[test]
    fn numbers_and_lists_are_taken_as_they_are() {
        assert_eq!(axis("10").unwrap(), [10.0]);
        assert_eq!(axis("[0.5, 3]").unwrap(), [0.5, 3.0]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, problem) in [
            ("[]", "an empty list"),
            ("[1, 1.0]", "given twice"),
            ("-1", "not zero or a positive"),
            ("nan", "not zero or a positive"),
            ("{ from = 0, to = 1, count = 3 }", "no log scale"),
            ("{ from = 1, to = 10, count = 1 }", "not between 2 and 1000"),
            ("{ from = 1, to = 10 }", "a range has `from`, `to` and `count`"),
            ("{ from = 1, to = 10, steps = 3 }", "unknown setting `steps`"),
            (
                "{ from = 1, to = \"x\", count = 3 }",
                "line 1: to: \"x\" is not a number",
            ),
            ("[1, \"x\"]", "line 1: lambda: \"x\" is not a weight, such as 10"),
            (
                "\"many\"",
                "line 1: lambda: \"many\" is not a weight, such as 10, a list of weights",
            ),
        ] {
            let message = axis(text).unwrap_err();
            assert!(message.contains(problem), "{text}: {message}");
        }
    }
}
