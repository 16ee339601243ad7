//! The one table of metrics: names, directions, units, options with their defaults, and the metric itself.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::agreement::{RankAgreement, TopAgreement};
use super::fidelity::{Completeness, Infidelity};
use super::metric::{Direction, Metric};
use super::removal::{Deletion, Insertion, PixelFlipping, Road};
use super::sanity::Randomization;
use super::shape::{Complexity, Smoothness, Sparseness};
use super::stability::{MaxSensitivity, Stability};
use crate::{Error, Result};

/// A metric by name, with its options. Its fields are the options; [`MetricSpec::all`] has the defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "metric", rename_all = "kebab-case")]
pub enum MetricSpec {
    /// The answer while the most important pixels go.
    Deletion(Deletion),
    /// The answer while the most important pixels come.
    Insertion(Insertion),
    /// The answer while the most important pixels are turned to their opposite.
    PixelFlipping(PixelFlipping),
    /// Whether the class is predicted while the most important pixels are made up from their neighbors.
    Road(Road),
    /// What the map says of changes, and what the model.
    Infidelity(Infidelity),
    /// The map's sum, and the change from a baseline.
    Completeness(Completeness),
    /// The greatest change of the map under noise.
    MaxSensitivity(MaxSensitivity),
    /// The map of the image and of its adversarial example.
    Stability(Stability),
    /// Gini index.
    Sparseness(Sparseness),
    /// Entropy.
    Complexity(Complexity),
    /// Total variation.
    Smoothness(Smoothness),
    /// The map, and what it is with new weights.
    Randomization(Randomization),
    /// Rank correlation with the maps of other methods.
    RankAgreement(RankAgreement),
    /// The most important pixels in common with the maps of other methods.
    TopAgreement(TopAgreement),
}

impl MetricSpec {
    /// Every metric with its default options, by the question it asks.
    pub fn all() -> [MetricSpec; 14] {
        [
            MetricSpec::Deletion(Deletion::default()),
            MetricSpec::Insertion(Insertion::default()),
            MetricSpec::PixelFlipping(PixelFlipping::default()),
            MetricSpec::Road(Road::default()),
            MetricSpec::Infidelity(Infidelity::default()),
            MetricSpec::Completeness(Completeness::default()),
            MetricSpec::MaxSensitivity(MaxSensitivity::default()),
            MetricSpec::Stability(Stability::default()),
            MetricSpec::Sparseness(Sparseness {}),
            MetricSpec::Complexity(Complexity {}),
            MetricSpec::Smoothness(Smoothness {}),
            MetricSpec::Randomization(Randomization::default()),
            MetricSpec::RankAgreement(RankAgreement::default()),
            MetricSpec::TopAgreement(TopAgreement::default()),
        ]
    }

    /// Name of the metric.
    pub fn name(&self) -> &'static str {
        match self {
            MetricSpec::Deletion(_) => "deletion",
            MetricSpec::Insertion(_) => "insertion",
            MetricSpec::PixelFlipping(_) => "pixel-flipping",
            MetricSpec::Road(_) => "road",
            MetricSpec::Infidelity(_) => "infidelity",
            MetricSpec::Completeness(_) => "completeness",
            MetricSpec::MaxSensitivity(_) => "max-sensitivity",
            MetricSpec::Stability(_) => "stability",
            MetricSpec::Sparseness(_) => "sparseness",
            MetricSpec::Complexity(_) => "complexity",
            MetricSpec::Smoothness(_) => "smoothness",
            MetricSpec::Randomization(_) => "randomization",
            MetricSpec::RankAgreement(_) => "rank-agreement",
            MetricSpec::TopAgreement(_) => "top-agreement",
        }
    }

    /// The question it asks, as a sentence.
    pub fn question(&self) -> &'static str {
        match self {
            MetricSpec::Deletion(_) | MetricSpec::Insertion(_) | MetricSpec::PixelFlipping(_) | MetricSpec::Road(_) => {
                "Does the model miss what the map calls important?"
            }
            MetricSpec::Infidelity(_) | MetricSpec::Completeness(_) => {
                "Does the map say by how much the answer changes?"
            }
            MetricSpec::MaxSensitivity(_) | MetricSpec::Stability(_) => {
                "Does the map stay where the image hardly changes?"
            }
            MetricSpec::Sparseness(_) | MetricSpec::Complexity(_) | MetricSpec::Smoothness(_) => {
                "Can a person read the map?"
            }
            MetricSpec::Randomization(_) => "Does the map depend on what was learned?",
            MetricSpec::RankAgreement(_) | MetricSpec::TopAgreement(_) => "Do methods agree?",
        }
    }

    /// Which values are better. Of the metrics that remove pixels, with the most important ones first; in another order the contrary.
    pub fn direction(&self) -> Direction {
        match self {
            MetricSpec::Insertion(_) | MetricSpec::Stability(_) | MetricSpec::Sparseness(_) => Direction::Higher,
            MetricSpec::RankAgreement(_) | MetricSpec::TopAgreement(_) => Direction::Neither,
            _ => Direction::Lower,
        }
    }

    /// What its values are in, for the default options.
    pub fn units(&self) -> &'static str {
        match self {
            MetricSpec::Deletion(_) | MetricSpec::Insertion(_) | MetricSpec::PixelFlipping(_) => {
                "mean probability, 0 to 1"
            }
            MetricSpec::Road(_) => "share of removals, 0 to 1",
            MetricSpec::Infidelity(_) => "squares of the logit",
            MetricSpec::Completeness(_) => "units of the logit",
            MetricSpec::MaxSensitivity(_) => "lengths of the map",
            MetricSpec::Sparseness(_) => "Gini index, 0 to 1",
            MetricSpec::Complexity(_) => "nats",
            MetricSpec::Smoothness(_) => "total variation over size, 0 to 4",
            MetricSpec::Stability(_) | MetricSpec::Randomization(_) | MetricSpec::RankAgreement(_) => {
                "rank correlation, -1 to 1"
            }
            MetricSpec::TopAgreement(_) => "share in common, 0 to 1",
        }
    }

    /// The metric itself.
    pub fn metric(&self) -> &dyn Metric {
        match self {
            MetricSpec::Deletion(metric) => metric,
            MetricSpec::Insertion(metric) => metric,
            MetricSpec::PixelFlipping(metric) => metric,
            MetricSpec::Road(metric) => metric,
            MetricSpec::Infidelity(metric) => metric,
            MetricSpec::Completeness(metric) => metric,
            MetricSpec::MaxSensitivity(metric) => metric,
            MetricSpec::Stability(metric) => metric,
            MetricSpec::Sparseness(metric) => metric,
            MetricSpec::Complexity(metric) => metric,
            MetricSpec::Smoothness(metric) => metric,
            MetricSpec::Randomization(metric) => metric,
            MetricSpec::RankAgreement(metric) => metric,
            MetricSpec::TopAgreement(metric) => metric,
        }
    }

    /// Names of all metrics.
    pub fn names() -> Vec<&'static str> {
        Self::all().iter().map(MetricSpec::name).collect()
    }

    /// The metric of a name, with its default options.
    ///
    /// # Errors
    /// When there is none of this name; the message suggests the nearest.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::all().into_iter().find(|spec| spec.name() == name);
        found.ok_or_else(|| Error::unknown("metric", name, Self::names()))
    }

    /// The metric of a name, with these options and the defaults of others.
    ///
    /// ```
    /// use doubleback::faithfulness::MetricSpec;
    ///
    /// let given = serde_json::json!({"step": 28, "fill": "mean"});
    /// let spec = MetricSpec::with_options("deletion", given.as_object().unwrap())?;
    /// assert_eq!(spec.options()?["step"], 28);
    /// let error = MetricSpec::with_options("deletion", serde_json::json!({"stp": 28}).as_object().unwrap()).unwrap_err();
    /// assert!(error.to_string().contains("`step`"), "{error}");
    /// # Ok::<(), doubleback::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such metric, it does not have one of the options, or a value is of another kind. Ranges are checked by the metric.
    pub fn with_options(name: &str, given: &Map<String, Value>) -> Result<Self> {
        let mut options = Self::named(name)?.options()?;
        for (option, value) in given {
            if !options.contains_key(option) {
                let known: Vec<&str> = options.keys().map(String::as_str).collect();
                return Err(Error::unknown("option of the metric", option, known));
            }
            options.insert(option.clone(), value.clone());
        }
        options.insert("metric".to_owned(), name.into());
        serde_json::from_value(Value::Object(options))
            .map_err(|problem| Error::value("options of the metric", "of the right kind", problem))
    }

    /// Its options by name, as in JSON.
    ///
    /// # Errors
    /// Never, as far as we know: options are plain values.
    pub fn options(&self) -> Result<Map<String, Value>> {
        let options = serde_json::to_value(self).ok().and_then(|value| match value {
            Value::Object(options) => Some(options),
            _ => None,
        });
        let mut options = options.ok_or_else(|| Error::value("options of the metric", "plain values", self.name()))?;
        options.remove("metric");
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_had_by_its_name_and_by_what_it_is_written_as() {
        for spec in MetricSpec::all() {
            assert_eq!(MetricSpec::named(spec.name()).unwrap(), spec);
            assert_eq!(
                MetricSpec::with_options(spec.name(), &spec.options().unwrap()).unwrap(),
                spec
            );
            assert!(!spec.question().is_empty() && !spec.units().is_empty());
        }
        let error = MetricSpec::named("deletoin").unwrap_err().to_string();
        assert!(error.contains("deletion"), "{error}");
        let wrong = serde_json::json!({"step": "many"});
        let error = MetricSpec::with_options("deletion", wrong.as_object().unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains("options of the metric"), "{error}");
    }
}
