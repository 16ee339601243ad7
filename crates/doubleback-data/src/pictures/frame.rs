use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An image as it is shown: one byte a value in channel, row, column order, 0 for the least pixel value and 255 for the greatest.
/// Base64 in JSON.
///
/// ```
/// use doubleback_data::Frame;
///
/// let frame = Frame::quantized(&[-0.5, 0.0, 0.5], [-0.5, 0.5]);
/// assert_eq!(frame.bytes, [0, 128, 255]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The values.
    pub bytes: Vec<u8>,
}

impl Frame {
    /// Rounds pixels between `low` and `high` to 256 levels.
    pub fn quantized(pixels: &[f32], [low, high]: [f32; 2]) -> Self {
        let bytes = pixels
            .iter()
            .map(|pixel| ((pixel - low) / (high - low) * 255.0).round() as u8)
            .collect();
        Self { bytes }
    }
}

impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.bytes))
    }
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD
            .decode(text)
            .map_err(|e| D::Error::custom(format!("a frame is not base64: {e}")))?;
        Ok(Self { bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_from_json() {
        let frame = Frame {
            bytes: (0..=255).collect(),
        };
        let json = serde_json::to_string(&frame).unwrap();
        assert!(json.starts_with("\"AAECAwQF"), "{json}");
        assert_eq!(serde_json::from_str::<Frame>(&json).unwrap(), frame);
        assert!(serde_json::from_str::<Frame>("\"?\"").is_err());
    }
}
