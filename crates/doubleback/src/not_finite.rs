//! Values that are NaN or infinite where an evaluation needs numbers.

use std::fmt;

/// Values that are NaN or infinite, of which nothing can be said: all comparisons with NaN are false, so such logits would make every image one of
/// class 0, and such gradients an attack that does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFinite {
    /// What the model is called, once that is known.
    pub model: Option<String>,
    /// Whose values they are.
    pub what: Quantity,
    /// The first such image: its place in the batch, or, once the model is known, in the part of the data set. Nothing if the model says such things
    /// only of what an attack made of an image.
    pub image: Option<usize>,
}

/// What has values that are not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The images themselves.
    Images,
    /// The model's answer.
    Logits,
    /// A gradient of the model's logits with respect to the images.
    InputGradient,
}

impl NotFinite {
    /// Of a model that is not known here, for the image at a place of the batch.
    pub(crate) fn new(what: Quantity, image: impl Into<Option<usize>>) -> Self {
        Self {
            model: None,
            what,
            image: image.into(),
        }
    }
}

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = self.model.as_deref().unwrap_or("model");
        let image = match self.image {
            Some(image) => format!("image {image}"),
            None => "what the attack made of an image".to_owned(),
        };
        match self.what {
            Quantity::Images => write!(
                f,
                "{image}: it has values that are not finite (NaN or infinite). Correct it, or leave it out"
            ),
            Quantity::Logits => write!(
                f,
                "{model}: its logits for {image} are not finite (NaN or infinite), so nothing can be said of it. Train the model again with a lower \
                 learning rate, or look for what overflows in it"
            ),
            Quantity::InputGradient => write!(
                f,
                "{model}: its input gradient at {image} is not finite (NaN or infinite), so no attack can follow it. Train the model again with a \
                 lower learning rate, or look for what it divides by zero"
            ),
        }
    }
}

impl std::error::Error for NotFinite {}
