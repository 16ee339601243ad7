//! What the tensors of a network were called in the file that it came from, and how they stood there: a fact of its card, so that training keeps it.

use std::collections::BTreeMap;

use doubleback::nn::ModelCard;
use doubleback::nn::layers::Size;
use serde::{Deserialize, Serialize};

/// The entry of the card.
pub(crate) const ORIGINAL_NAMES: &str = "original-names";

/// The tensors of a file that a network was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Original {
    /// `onnx` or `pytorch`.
    pub format: String,
    /// By the names of the network's tensors.
    pub tensors: BTreeMap<String, Place>,
}

/// A tensor of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Its name.
    pub name: String,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// Its order.
    #[serde(default, skip_serializing_if = "Layout::is_same")]
    pub layout: Layout,
}

/// In which order the file has the values of a tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layout {
    /// The network's.
    #[default]
    Same,
    /// `[out, in, height, width]` of a kernel.
    Kernel,
    /// `[out, in]`, the inputs being the values of an image of this size by channel, row and column.
    Matrix(Size),
    /// `[in, out]`, the inputs as of a matrix.
    Rows(Size),
    /// By channel, row and column, of an image of this size.
    Image(Size),
    /// The roots: deviations, where the network has variances.
    Deviation,
}

impl Layout {
    fn is_same(&self) -> bool {
        *self == Self::Same
    }
}

impl Original {
    /// As the card says.
    ///
    /// # Errors
    /// When the entry cannot be read.
    pub fn of(card: &ModelCard) -> Result<Option<Self>, String> {
        let Some(written) = card.get(ORIGINAL_NAMES) else {
            return Ok(None);
        };
        let read = serde_json::from_str(written);
        read.map(Some)
            .map_err(|e| format!("`{ORIGINAL_NAMES}` of the model's card cannot be read ({e})"))
    }

    /// Adds it to a card, if it names any tensors.
    pub fn note(&self, card: &mut ModelCard) {
        if let (false, Ok(written)) = (self.tensors.is_empty(), serde_json::to_string(self)) {
            card.insert(ORIGINAL_NAMES.to_owned(), written);
        }
    }
}

/// The facts of a model's card that stay true when it is trained on: what its tensors were called in the file that it came in.
pub fn lasting_facts(card: &ModelCard) -> ModelCard {
    let lasting = card.iter().filter(|(name, _)| *name == ORIGINAL_NAMES);
    lasting.map(|(name, fact)| (name.clone(), fact.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_keeps_it() {
        let place = |layout| Place {
            name: "fc.weight".into(),
            shape: vec![10, 4],
            layout,
        };
        let tensors = [
            ("a", Layout::Same),
            ("b", Layout::Kernel),
            ("c", Layout::Matrix([1, 2, 2])),
        ];
        let original = Original {
            format: "pytorch".into(),
            tensors: tensors.map(|(name, layout)| (name.to_owned(), place(layout))).into(),
        };
        let mut card = ModelCard::new();
        assert_eq!(Original::of(&card), Ok(None));
        original.note(&mut card);
        assert_eq!(Original::of(&card), Ok(Some(original)));
        card.insert(ORIGINAL_NAMES.into(), "{".into());
        assert!(Original::of(&card).unwrap_err().contains("cannot be read"));
    }
}
