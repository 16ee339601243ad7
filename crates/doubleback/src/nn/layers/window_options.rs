//! Options of sliding windows as they stand in files: what is as usual is not written.

/// No dilation: what files from before there was one mean, and what is not worth a line in a file.
pub(super) fn adjacent() -> [usize; 2] {
    [1, 1]
}

pub(super) fn is_adjacent(dilation: &[usize; 2]) -> bool {
    *dilation == adjacent()
}

/// One group: what is not worth a line in a file either.
pub(super) fn one() -> usize {
    1
}

pub(super) fn is_one(groups: &usize) -> bool {
    *groups == one()
}

/// What is so unless a file says otherwise.
pub(super) fn yes() -> bool {
    true
}

pub(super) fn is_yes(value: &bool) -> bool {
    *value
}

pub(super) fn is_no(value: &bool) -> bool {
    !*value
}

/// Four sides: two numbers (above and below, left and right) where opposite ones are equal, or four (top, left, bottom, right).
pub(super) mod padding {
    use doubleback_ops::Padding2d;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Sides {
        Two([usize; 2]),
        Four([usize; 4]),
    }

    /// The numbers of a file, for messages.
    pub fn numbers(padding: Padding2d) -> Vec<usize> {
        let ([top, left], [bottom, right]) = (padding.before, padding.after);
        match padding.before == padding.after {
            true => vec![top, left],
            false => vec![top, left, bottom, right],
        }
    }

    pub fn is_none(padding: &Padding2d) -> bool {
        *padding == Padding2d::default()
    }

    pub fn serialize<S: Serializer>(padding: &Padding2d, to: S) -> Result<S::Ok, S::Error> {
        let ([top, left], [bottom, right]) = (padding.before, padding.after);
        let sides = match padding.before == padding.after {
            true => Sides::Two(padding.before),
            false => Sides::Four([top, left, bottom, right]),
        };
        sides.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Padding2d, D::Error> {
        Ok(match Sides::deserialize(from)? {
            Sides::Two(sides) => sides.into(),
            Sides::Four(sides) => sides.into(),
        })
    }
}
