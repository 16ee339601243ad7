//! `py_src/doubleback/explain.py` has a class for each method of explanation of the library's table, and `metrics.py` one for each metric, with their options
//! and the defaults of these. They are written here: `DOUBLEBACK_UPDATE=1 cargo test --workspace --test explanation_classes` writes them anew.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod classes;

use std::fmt::Write;

use classes::{all, capitalized, check, literal, one_of};
use doubleback::explain::{ExplainOption, ExplainSpec, ValueKind};
use doubleback::faithfulness::{MetricSpec, Need};
use serde_json::{Map, Value};

const METHODS: &str = r#""""Methods of explanation: a class for each of the library's table, with its options and their defaults. ``docs/explain.md`` says what they do.

Written by ``tests/explanation_classes.rs``, not by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ._explain_base import Method, NoisyMethod

"#;

const METRICS: &str = r#""""Metrics of explanations: a class for each of the library's table, with its options and their defaults.

A metric is called with a model, images, the classes that were explained, and what was said of them: ``Deletion(step=28)(model, x, y, explained)``.

Written by ``tests/explanation_classes.rs``, not by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ._metric_base import AttackingMetric, ComparingMetric, Metric, Noise, PerturbingMetric, RepeatingMetric, Squares
from .attacks import PGD, Attack

"#;

/// `IntegratedGradients` of `integrated-gradients`; names that the field writes otherwise are written so.
fn class(name: &str) -> String {
    let word = |word: &str| match word {
        "smoothgrad" => "SmoothGrad".to_owned(),
        "vargrad" => "VarGrad".to_owned(),
        "cam" => "CAM".to_owned(),
        "cam++" => "CAMPlusPlus".to_owned(),
        "lrp" | "rise" | "itgsm" | "road" => word.to_uppercase(),
        other => capitalized(other),
    };
    name.split('-').map(word).collect()
}

fn begun(name: &str, base: &str, about: &str) -> String {
    format!(
        "\n\n@dataclass(frozen=True, kw_only=True)\nclass {}({base}):\n    \"\"\"{about}\"\"\"\n\n",
        class(name)
    )
}

fn field(name: &str, kind: &str, default: &str, about: &str) -> String {
    format!("    {name}: {kind} = {default}\n    \"\"\"{about}.\"\"\"\n")
}

fn optional(kind: String, default: &Value) -> String {
    match default {
        Value::Null => format!("{kind} | None"),
        _ => kind,
    }
}

// ---- methods

fn kind_of(option: &ExplainOption) -> String {
    match option.kind {
        ValueKind::Flag => "bool".to_owned(),
        ValueKind::Count | ValueKind::Seed => "int".to_owned(),
        ValueKind::Positive | ValueKind::NotNegative | ValueKind::Share => "float".to_owned(),
        ValueKind::Rule | ValueKind::Baseline | ValueKind::Composite | ValueKind::Upsampling => {
            one_of(&option.kind.names())
        }
        ValueKind::Method => "str | type[Method] | Method".to_owned(),
        ValueKind::Stage => "str".to_owned(),
    }
}

/// Whether an option says how a background is drawn from a data set: a call in Python is given the images themselves.
fn draws_background(option: &str, options: &Map<String, Value>) -> bool {
    let has = |name: &str| options.contains_key(name);
    let draws = has("draws") || has("masks");
    option == "background_images" || (option == "seed" && has("background_images") && !draws)
}

fn method(spec: &ExplainSpec) -> String {
    let (name, options) = (spec.name(), spec.options().unwrap());
    let base = if options.contains_key("of") {
        "NoisyMethod"
    } else {
        "Method"
    };
    let words = spec.in_words().replace("100 background images", "`background`");
    let about = match options.is_empty() {
        true => format!("`{name}`: {words}."),
        false => format!("`{name}`. With these defaults: {words}."),
    };
    let mut text = begun(name, base, &about);
    for option in ExplainOption::all() {
        let Some(default) = options.get(&option.name()) else {
            continue;
        };
        if draws_background(&option.name(), &options) {
            continue;
        }
        let words = option.default_in_words().filter(|_| default.is_null());
        let words = words.map(|words| format!("; None: {words}")).unwrap_or_default();
        let about = format!("{}{words}", capitalized(option.about()).replace("--", ""));
        text += &field(
            &option.name(),
            &optional(kind_of(option), default),
            &literal(default),
            &about,
        );
    }
    writeln!(text, "    name = \"{name}\"").unwrap();
    text
}

// ---- metrics

/// What a metric is.
const MEASURES: [(&str, &str); 14] = [
    (
        "deletion",
        "the area under the model's answer while the most important pixels give way to a filling (Petsiuk et al. 2018)",
    ),
    (
        "insertion",
        "the area under the model's answer while the most important pixels take the place of a filling (Petsiuk et al. 2018)",
    ),
    (
        "pixel-flipping",
        "the area under the model's answer while the most important pixels are turned to their opposite (Bach et al. 2015)",
    ),
    (
        "road",
        "whether the class is predicted while the most important pixels are made up from their neighbors (Rong et al. 2022)",
    ),
    (
        "infidelity",
        "the mean squared error of what the map says of a perturbation (Yeh et al. 2019)",
    ),
    (
        "completeness",
        "by how much the sum of the map misses the change of the logit from a baseline",
    ),
    (
        "max-sensitivity",
        "the greatest change of the map when the image hardly changes (Yeh et al. 2019)",
    ),
    (
        "stability",
        "rank correlation of the map with that of the adversarial example",
    ),
    (
        "sparseness",
        "the Gini index of the sizes of the map's values (Chalasani et al. 2020)",
    ),
    (
        "complexity",
        "the entropy of the shares of the map's values (Bhatt et al. 2020)",
    ),
    ("smoothness", "the total variation of the map over its size"),
    (
        "randomization",
        "rank correlation of the map with those of networks with new weights (Adebayo et al. 2018)",
    ),
    (
        "rank-agreement",
        "rank correlation of the map with those of other methods",
    ),
    (
        "top-agreement",
        "the share of the most important pixels that the map has in common with those of other methods (Krishna et al. 2022)",
    ),
];

/// What an option of metrics is, in the order in which they are listed.
const ABOUT: [(&str, &str); 18] = [
    ("step", "Pixels that change from one point of the curve to the next"),
    (
        "fill",
        "What stands where there is nothing of the image: the lower bound of the data, the mean of each channel of the image, or the image blurred",
    ),
    (
        "baseline",
        "From where the logit changes to that of the image, as a filling; None: the gap that the method counted against its own baseline",
    ),
    ("blur", "Standard deviation in pixels by which blur blurs"),
    ("shares", "Shares of the pixels that are removed, ascending"),
    (
        "noise",
        "Standard deviation of the noise on removed pixels, as a share of the range of the data",
    ),
    ("perturbation", "What is changed"),
    (
        "scaled",
        "Multiply the map by the number that makes the infidelity least, so that maps that differ in scale alone are equal",
    ),
    (
        "order",
        "Which pixels come first: those that speak most for the class, least for it, or are nearest to zero",
    ),
    (
        "answer",
        "What is read off the model for the class: its probability, its logit, or 1 if it is predicted and else 0",
    ),
    ("radius", "Greatest change of a value, in the units of the data"),
    ("samples", "Images nearby"),
    ("relative", "Divide by the length of the map"),
    ("attack", "What moves the image away from the class"),
    (
        "reach",
        "Which layers are drawn anew, from the logits down: each with all above it, each alone, or all at once",
    ),
    ("share", "Share of the pixels that count as the most important"),
    ("absolute", "Take the sizes of the map's values instead of these"),
    ("seed", "Seed of what is drawn"),
];

/// The names that an option takes: the error says them, where another is given.
fn names(metric: &str, option: &str) -> Vec<String> {
    let with = |name: &str| MetricSpec::with_options(metric, &Map::from_iter([(option.to_owned(), name.into())]));
    let refused = with("?").unwrap_err().to_string();
    let (_, expected) = refused.split_once("expected").unwrap();
    let names: Vec<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(
        !names.is_empty() && names.iter().all(|name| with(name).is_ok()),
        "{refused}"
    );
    names
}

/// Type and default of an option of a metric.
fn typed(metric: &str, option: &str, options: &Map<String, Value>) -> (String, String) {
    let default = &options[option];
    let kind = match (option, default) {
        // An attack here has its eps.
        ("attack", _) => {
            assert_eq!(default["attack"], "pgd");
            return ("Attack".to_owned(), format!("PGD(eps={})", literal(&options["eps"])));
        }
        ("perturbation", _) => {
            assert!(default.get("squares").is_some());
            return ("Squares | Noise".to_owned(), "Squares()".to_owned());
        }
        (_, Value::Bool(_)) => "bool".to_owned(),
        (_, Value::Number(number)) if number.is_f64() => "float".to_owned(),
        (_, Value::Number(_)) => "int".to_owned(),
        (_, Value::Array(_)) => "tuple[float, ...]".to_owned(),
        _ => one_of(&names(metric, option)),
    };
    (optional(kind, default), literal(default))
}

fn base(spec: &MetricSpec, options: &Map<String, Value>) -> &'static str {
    match spec.needs() {
        _ if options.contains_key("attack") => "AttackingMetric",
        _ if options.contains_key("perturbation") => "PerturbingMetric",
        needs if needs.contains(&Need::Method) => "RepeatingMetric",
        needs if needs.contains(&Need::OtherMaps) => "ComparingMetric",
        _ => "Metric",
    }
}

fn metric(spec: &MetricSpec) -> String {
    let (name, options) = (spec.name(), spec.options().unwrap());
    let (_, words) = MEASURES.iter().find(|(of, _)| *of == name).unwrap();
    let about = format!("`{name}`: {words}. {}", spec.question());
    let mut text = begun(name, base(spec, &options), &about);
    let mut left: Vec<&String> = options.keys().filter(|option| *option != "eps").collect();
    for (option, about) in ABOUT.into_iter().filter(|(option, _)| options.contains_key(*option)) {
        let (kind, default) = typed(name, option, &options);
        text += &field(option, &kind, &default, about);
        left.retain(|known| *known != option);
    }
    assert!(left.is_empty(), "{name}: {left:?}: what are they?");
    writeln!(text, "    name = \"{name}\"").unwrap();
    text
}

#[test]
fn each_method_is_a_class() {
    let specs = ExplainSpec::all();
    let mut names: Vec<String> = specs.iter().map(|spec| class(spec.name())).collect();
    names.push("Method".to_owned());
    let classes: Vec<String> = specs.iter().map(method).collect();
    let wanted = format!("{METHODS}{}{}", all(names), classes.concat());
    check("explain.py", &wanted, "explanation_classes");
}

#[test]
fn each_metric_is_a_class() {
    let specs = MetricSpec::all();
    let mut names: Vec<String> = specs.iter().map(|spec| class(spec.name())).collect();
    names.extend(["ComparingMetric", "Metric", "Noise", "RepeatingMetric", "Squares"].map(str::to_owned));
    let classes: Vec<String> = specs.iter().map(metric).collect();
    let wanted = format!("{METRICS}{}{}", all(names), classes.concat());
    check("metrics.py", &wanted, "explanation_classes");
}
