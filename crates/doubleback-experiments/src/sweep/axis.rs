//! Values of the penalty weight: a number, a list, or so many on a log scale.

use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: f64,
    to: f64,
    count: usize,
}

impl<'de> Deserialize<'de> for Axis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AxisVisitor)
    }
}

struct AxisVisitor;

impl<'de> Visitor<'de> for AxisVisitor {
    type Value = Axis;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a list of numbers, or { from = …, to = …, count = … }")
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Axis, E> {
        checked(vec![value]).map(Axis).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Axis, E> {
        self.visit_f64(value as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Axis, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element::<f64>()? {
            list.push(value);
        }
        checked(list).map(Axis).map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Axis, A::Error> {
        let range = Range::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        log_spaced(&range).and_then(checked).map(Axis).map_err(A::Error::custom)
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

    #[derive(Deserialize)]
    struct Holder {
        lambda: Axis,
    }

    fn axis(text: &str) -> Result<Vec<f64>, String> {
        toml::from_str::<Holder>(&format!("lambda = {text}"))
            .map(|h| h.lambda.0)
            .map_err(|e| e.message().to_owned())
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
            ("{ from = 1, to = 10 }", "missing field `count`"),
            ("{ from = 1, to = 10, steps = 3 }", "unknown field `steps`"),
            ("\"many\"", "expected a number, a list"),
        ] {
            let message = axis(text).unwrap_err();
            assert!(message.contains(problem), "{text}: {message}");
        }
    }
}
