//! The card of a model: facts that its file holds besides the network, by name.
//!
//! ```
//! use doubleback::nn::{ModelCard, card};
//!
//! let mut of_model = ModelCard::new();
//! card::set_classes(&mut of_model, &["cat".into(), "dog".into()]);
//! assert_eq!(of_model[card::CLASSES], r#"["cat","dog"]"#);
//! assert_eq!(card::classes(&of_model).unwrap(), ["cat", "dog"]);
//! ```

use std::collections::{BTreeMap, HashSet};

/// Facts stored with a model: defense, data set, classes, seed, options, checksums.
pub type ModelCard = BTreeMap<String, String>;

/// The names of the classes in the order of the logits: a JSON array.
pub const CLASSES: &str = "classes";

/// Name of the data set that the model was trained on.
pub const DATASET: &str = "dataset";

/// What was done to the images beyond scaling, if anything was.
pub const PREPARATION: &str = "preparation";

/// Before the name of a file that the data were read from: its SHA-256.
pub const SHA256: &str = "sha256:";

/// Notes the names of the classes, in the order of the labels.
pub fn set_classes(card: &mut ModelCard, names: &[String]) {
    card.insert(CLASSES.into(), serde_json::Value::from(names.to_vec()).to_string());
}

/// The names of the classes in the order of the logits; nothing if the card does not say them, as those of old files.
pub fn classes(card: &ModelCard) -> Option<Vec<String>> {
    serde_json::from_str(card.get(CLASSES)?).ok()
}

/// Checks that the classes, if the card says them, are so many names that differ. Says in words what is wrong.
pub(super) fn check_classes(card: &ModelCard, count: usize) -> Result<(), String> {
    let Some(written) = card.get(CLASSES) else {
        return Ok(());
    };
    let names: Vec<String> =
        serde_json::from_str(written).map_err(|e| format!("`{CLASSES}` is not a list of names ({e})"))?;
    if names.len() != count {
        return Err(format!(
            "`{CLASSES}` names {} classes, its network has {count}",
            names.len()
        ));
    }
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => Err(format!("`{CLASSES}` has `{name}` twice")),
        None => Ok(()),
    }
}
