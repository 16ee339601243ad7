//! The one table of metrics: names, directions, units, options with their defaults, and the metric itself.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::agreement::{RankAgreement, TopAgreement};
use super::answers::Answer;
use super::fidelity::{Completeness, Infidelity};
use super::metric::{Direction, Metric, Need};
use super::removal::{Deletion, Insertion, Order, PixelFlipping, Road};
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

    /// Which values are better. Of the metrics that change pixels it is the contrary where the most important ones do not go first.
    pub fn direction(&self) -> Direction {
        match self {
            MetricSpec::Deletion(Deletion { order, .. })
            | MetricSpec::PixelFlipping(PixelFlipping { order, .. })
            | MetricSpec::Road(Road { order, .. }) => match order {
                Order::MostFirst => Direction::Lower,
                Order::LeastFirst | Order::NearZeroFirst => Direction::Higher,
            },
            MetricSpec::Insertion(Insertion { order, .. }) => match order {
                Order::MostFirst => Direction::Higher,
                Order::LeastFirst | Order::NearZeroFirst => Direction::Lower,
            },
            MetricSpec::Stability(_) | MetricSpec::Sparseness(_) => Direction::Higher,
            MetricSpec::RankAgreement(_) | MetricSpec::TopAgreement(_) => Direction::Neither,
            _ => Direction::Lower,
        }
    }

    /// What its values are in.
    pub fn units(&self) -> &'static str {
        match self {
            MetricSpec::Deletion(Deletion { answer, .. })
            | MetricSpec::Insertion(Insertion { answer, .. })
            | MetricSpec::PixelFlipping(PixelFlipping { answer, .. })
            | MetricSpec::Road(Road { answer, .. }) => match (answer, self) {
                (Answer::Probability, _) => "mean probability, 0 to 1",
                (Answer::Logit, _) => "mean logit",
                (Answer::Predicted, MetricSpec::Road(_)) => "share of removals, 0 to 1",
                (Answer::Predicted, _) => "share of the curve, 0 to 1",
            },
            MetricSpec::Infidelity(Infidelity { answer, .. }) => match answer {
                Answer::Logit => "squares of the logit",
                Answer::Probability => "squares of the probability",
                Answer::Predicted => "squares of the prediction, which is 0 or 1",
            },
            MetricSpec::Completeness(_) => "units of the logit",
            MetricSpec::MaxSensitivity(MaxSensitivity { relative: true, .. }) => "lengths of the map",
            MetricSpec::MaxSensitivity(_) => "units of the map",
            MetricSpec::Sparseness(_) => "Gini index, 0 to 1",
            MetricSpec::Complexity(_) => "nats",
            MetricSpec::Smoothness(_) => "total variation over size, 0 to 4",
            MetricSpec::Stability(_) | MetricSpec::Randomization(_) | MetricSpec::RankAgreement(_) => {
                "rank correlation, -1 to 1"
            }
            MetricSpec::TopAgreement(_) => "share in common, 0 to 1",
        }
    }

    /// What it needs besides images and their maps.
    pub fn needs(&self) -> &'static [Need] {
        match self {
            MetricSpec::MaxSensitivity(_) | MetricSpec::Stability(_) => &[Need::Method],
            MetricSpec::Randomization(_) => &[Need::Method, Need::Network],
            MetricSpec::RankAgreement(_) | MetricSpec::TopAgreement(_) => &[Need::OtherMaps],
            _ => &[],
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
    fn directions_and_units_are_those_of_the_options() {
        let with = |name: &str, option: &str, value: Value| {
            MetricSpec::with_options(name, &Map::from_iter([(option.to_owned(), value)])).unwrap()
        };
        for (name, most, other) in [
            ("deletion", Direction::Lower, Direction::Higher),
            ("insertion", Direction::Higher, Direction::Lower),
            ("pixel-flipping", Direction::Lower, Direction::Higher),
            ("road", Direction::Lower, Direction::Higher),
        ] {
            assert_eq!(MetricSpec::named(name).unwrap().direction(), most);
            for order in ["least-first", "near-zero-first"] {
                assert_eq!(with(name, "order", order.into()).direction(), other, "{name}");
            }
            assert_eq!(with(name, "answer", "logit".into()).units(), "mean logit");
        }
        let units = |name: &str| MetricSpec::named(name).unwrap().units();
        assert_eq!(
            [
                units("deletion"),
                units("road"),
                units("infidelity"),
                units("max-sensitivity")
            ],
            [
                "mean probability, 0 to 1",
                "share of removals, 0 to 1",
                "squares of the logit",
                "lengths of the map"
            ]
        );
        assert_eq!(
            with("deletion", "answer", "predicted".into()).units(),
            "share of the curve, 0 to 1"
        );
        assert_eq!(
            with("infidelity", "answer", "probability".into()).units(),
            "squares of the probability"
        );
        assert_eq!(
            with("max-sensitivity", "relative", false.into()).units(),
            "units of the map"
        );
    }

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
