//! Perturbation sizes as people write them.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

use crate::{Error, Result};

/// Reads a perturbation size, or another number in the units of the data: decimal, or a fraction such as `8/255`.
///
/// ```
/// use doubleback::attack::parse_eps;
/// assert_eq!(parse_eps("0.1")?, 0.1);
/// assert_eq!(parse_eps(" 8/255 ")?, 8.0 / 255.0);
/// assert!(parse_eps("8/0").is_err());
/// # Ok::<(), doubleback::Error>(())
/// ```
///
/// # Errors
/// When it is neither. Which numbers are right depends on the data: see [`check_eps`](super::check_eps).
pub fn parse_eps(text: &str) -> Result<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let value = match text.split_once('/') {
        None => number(text),
        Some((over, under)) => number(over)
            .zip(number(under))
            .map(|(over, under)| over / under)
            .filter(|value| value.is_finite()),
    };
    value.ok_or_else(|| Error::value("eps", "a number such as 0.1 or 8/255", text.trim()))
}

/// As it is written in a plan: a number, or text such as `"8/255"`.
struct Written(f64);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText)
    }
}

struct NumberOrText;

impl Visitor<'_> for NumberOrText {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number such as 0.1, or text such as \"8/255\"")
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> std::result::Result<Written, E> {
        Ok(Written(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> std::result::Result<Written, E> {
        Ok(Written(number as f64))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> std::result::Result<Written, E> {
        Ok(Written(number as f64))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Written, E> {
        parse_eps(text).map(Written).map_err(E::custom)
    }
}

/// Deserializes a perturbation size that is a number, or text as [`parse_eps`] reads it; for serde's `deserialize_with`.
///
/// # Errors
/// When it is neither.
pub fn deserialize_eps<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<f64, D::Error> {
    Ok(Written::deserialize(deserializer)?.0)
}

/// Deserializes a list of what [`deserialize_eps`] does.
///
/// # Errors
/// As that.
pub fn deserialize_eps_list<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<f64>, D::Error> {
    let written = Vec::<Written>::deserialize(deserializer)?;
    Ok(written.into_iter().map(|written| written.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_fractions_are_read() {
        let read = ["0.25", " 8/255", "2 / 8", "-1/2", "1e-3"].map(|text| parse_eps(text).unwrap());
        assert_eq!(read, [0.25, 8.0 / 255.0, 0.25, -0.5, 1e-3]);
        for text in ["", "/", "8/", "/255", "1/0", "0/0", "8/255/2", "8%", "x", "1/x"] {
            let message = parse_eps(text).unwrap_err().to_string();
            assert_eq!(message, format!("eps: {text} is not a number such as 0.1 or 8/255"));
        }
    }

    #[test]
    fn plans_have_numbers_or_text() {
        #[derive(Deserialize)]
        struct Plan {
            #[serde(deserialize_with = "deserialize_eps")]
            one: f64,
            #[serde(deserialize_with = "deserialize_eps_list")]
            list: Vec<f64>,
        }
        let plan: Plan = serde_json::from_str(r#"{"one": "8/255", "list": [1, 0.5, "1/4"]}"#).unwrap();
        assert_eq!((plan.one, plan.list), (8.0 / 255.0, vec![1.0, 0.5, 0.25]));
        let bad = serde_json::from_str::<Plan>(r#"{"one": "8/x", "list": []}"#)
            .err()
            .unwrap();
        assert!(
            bad.to_string().contains("8/x is not a number such as 0.1 or 8/255"),
            "{bad}"
        );
        let bad = serde_json::from_str::<Plan>(r#"{"one": true, "list": []}"#)
            .err()
            .unwrap();
        assert!(
            bad.to_string().contains("expected a number such as 0.1, or text"),
            "{bad}"
        );
    }
}
