use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// One of several parts of an audit: of `of` parts the one of `number`, from 1. It has every `of`-th image, so that each part is a sample of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1.
    pub number: usize,
    /// Parts in all, at least 1.
    pub of: usize,
}

impl Shard {
    /// All images.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// Whether the image at a place is in it.
    pub fn has(self, place: usize) -> bool {
        place % self.of.max(1) + 1 == self.number
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if number >= 1 && number <= of => Ok(Self { number, of }),
            _ => Err(Error::value("shard", "such as 1/4: the first of four parts", text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_is_in_one_part() {
        let parts: Vec<Shard> = (1..=3).map(|number| Shard { number, of: 3 }).collect();
        for place in 0..10 {
            assert_eq!(parts.iter().filter(|part| part.has(place)).count(), 1);
        }
        assert!(Shard::WHOLE.has(7));
        assert_eq!("2/3".parse::<Shard>().unwrap(), parts[1]);
        for wrong in ["0/3", "4/3", "1", "a/b", ""] {
            let message = wrong.parse::<Shard>().unwrap_err().to_string();
            assert!(message.starts_with("shard: "), "{message}");
        }
    }
}
