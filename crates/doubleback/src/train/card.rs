//! What is stored with a model about its training.

use super::defense::Defense;
use super::identity::in_words;
use super::options::TrainOptions;
use super::starting_point::StartingPoint;
use crate::data::Dataset;
use crate::nn::ModelCard;
use crate::nn::card::{CLASSES, DATASET, PREPARATION, SHA256, set_classes};

/// Files do not have these if an earlier version wrote them.
const NEW: [&str; 4] = [CLASSES, "training_images", "validation_images", "test_images"];
/// What the training began with, and its checksum.
const FROM: &str = "from";
const FROM_CHECKSUM: &str = "from_sha256";
/// A longer value is cut in messages.
const LONGEST: usize = 60;

/// The facts of a training: its settings, its data, its classes and the program.
pub(super) fn of(
    defense: Defense,
    options: &TrainOptions,
    start: Option<&StartingPoint>,
    dataset: &Dataset,
) -> ModelCard {
    let o = options;
    let mut card = ModelCard::from([
        (DATASET.into(), dataset.name.clone()),
        ("training_images".into(), dataset.train.len().to_string()),
        ("validation_images".into(), dataset.validation.len().to_string()),
        ("test_images".into(), dataset.test.len().to_string()),
        ("steps".into(), o.steps.to_string()),
        ("batch".into(), o.batch.to_string()),
        ("learning_rate".into(), o.adam.learning_rate.to_string()),
        ("seed".into(), o.seed.to_string()),
        ("doubleback".into(), env!("CARGO_PKG_VERSION").into()),
        ("instruction_set".into(), doubleback_ops::kernels::isa().name().into()),
    ]);
    set_classes(&mut card, &dataset.classes);
    defense.describe(&mut card, o.batch);
    if let Some(weights) = &o.class_weights {
        card.insert("class_weights".into(), in_words(weights));
    }
    for (name, value) in o.choices() {
        card.insert(name.replace(['-', ' '], "_"), value);
    }
    if let Some(start) = start {
        card.extend(start.facts().clone());
        card.insert(FROM.into(), start.name().to_owned());
        card.insert(FROM_CHECKSUM.into(), start.checksum().to_owned());
    }
    if !dataset.preparation.is_none() {
        card.insert(PREPARATION.into(), dataset.preparation.to_string());
    }
    for source in &dataset.sources {
        card.insert(format!("{SHA256}{}", source.file), source.sha256.clone());
    }
    if dataset.sources.is_empty() {
        card.insert(format!("{SHA256}all images"), dataset.content_sha256());
    }
    card
}

/// How a model's card differs from the one that a training would give it, in words: such as `lambda is 3, not 10`. The facts named in `except`
/// are passed over, and those that no earlier version wrote where they are absent.
pub fn differences(found: &ModelCard, expected: &ModelCard, except: &[&str]) -> Vec<String> {
    let keys = expected
        .keys()
        .chain(found.keys().filter(|key| !expected.contains_key(*key)));
    keys.filter(|key| !except.contains(&key.as_str()))
        .filter(|key| found.contains_key(*key) || !NEW.contains(&key.as_str()))
        .filter(|key| expected.get(*key) != found.get(*key))
        .map(|key| {
            let of = |card: &ModelCard| {
                card.get(key)
                    .map_or_else(|| "absent".to_owned(), |value| shortened(value))
            };
            let (found, expected) = (of(found), of(expected));
            match found == expected {
                // Long lists that begin alike.
                true => format!("{key} is another"),
                false => format!("{key} is {found}, not {expected}"),
            }
        })
        .collect()
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Bounds, ImageShape, Split};
    use crate::train::DefenseKind;

    fn card(weights: Option<Vec<f64>>) -> ModelCard {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let split = |count: usize| Split::new(vec![0.5; count], vec![0; count], shape).unwrap();
        let classes = ["a \"b\"", "ü,"].map(str::to_owned).into();
        let dataset = Dataset::new("two", classes, shape, Bounds::UNIT, split(3), split(2), split(1)).unwrap();
        let options = TrainOptions {
            class_weights: weights,
            ..TrainOptions::default()
        };
        of(Defense::new(DefenseKind::DoubleBackprop), &options, None, &dataset)
    }

    #[test]
    fn a_card_says_classes_data_and_weights() {
        let card = card(Some(vec![1.0, 2.5]));
        let classes: Vec<String> = serde_json::from_str(&card["classes"]).unwrap();
        assert_eq!(classes, ["a \"b\"", "ü,"]);
        let of = |key: &str| card[key].as_str();
        assert_eq!(
            [
                of("training_images"),
                of("validation_images"),
                of("test_images"),
                of("class_weights"),
                of("seed")
            ],
            ["3", "2", "1", "1,2.5", "0"]
        );
        assert_eq!((of("dataset"), of("doubleback")), ("two", env!("CARGO_PKG_VERSION")));
        assert_eq!(of("sha256:all images").len(), 64);
    }

    #[test]
    fn differences_are_told_but_not_those_of_the_version() {
        let ours = card(None);
        assert!(!ours.contains_key("class_weights"));
        let mut old = ours.clone();
        for key in NEW {
            old.remove(key);
        }
        assert!(differences(&old, &ours, &[]).is_empty());
        old.insert("steps".into(), "7".into());
        assert!(differences(&old, &ours, &["steps"]).is_empty());
        assert_eq!(differences(&old, &ours, &[]), ["steps is 7, not 15050"]);
        let weighted = card(Some(vec![1.0, 2.0]));
        assert_eq!(differences(&weighted, &ours, &[]), ["class_weights is 1,2, not absent"]);
        assert_eq!(differences(&ours, &weighted, &[]), ["class_weights is absent, not 1,2"]);
    }
}
