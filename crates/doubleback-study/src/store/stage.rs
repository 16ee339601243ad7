use serde::{Deserialize, Serialize};

/// How far a participant is. Stages follow each other in this order, and nobody goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Has agreed, and reads what to do.
    Instructions,
    /// At the practice image of this number, from 1.
    Practice(u32),
    /// Labels the images.
    Items,
    /// Compares the confusion matrices.
    Comparison,
    /// Has been thanked.
    Done,
}

impl Stage {
    /// Practice images have numbers below this.
    const ITEMS: u32 = 1_000_000;

    /// As the database has it: later stages have larger numbers.
    pub(crate) fn rank(self) -> u32 {
        match self {
            Self::Instructions => 0,
            Self::Practice(number) => number.clamp(1, Self::ITEMS - 1),
            Self::Items => Self::ITEMS,
            Self::Comparison => Self::ITEMS + 1,
            Self::Done => Self::ITEMS + 2,
        }
    }

    /// The stage of a rank; what is above all is [`Done`](Self::Done).
    pub(crate) fn of_rank(rank: u32) -> Self {
        match rank {
            0 => Self::Instructions,
            number if number < Self::ITEMS => Self::Practice(number),
            Self::ITEMS => Self::Items,
            rank if rank == Self::ITEMS + 1 => Self::Comparison,
            _ => Self::Done,
        }
    }

    /// In one word, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Practice(_) => "practice",
            Self::Items => "images",
            Self::Comparison => "comparison",
            Self::Done => "done",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_stages_and_in_their_order() {
        let stages = [
            Stage::Instructions,
            Stage::Practice(1),
            Stage::Practice(2),
            Stage::Items,
            Stage::Comparison,
            Stage::Done,
        ];
        assert!(stages.is_sorted());
        assert!(stages.map(Stage::rank).is_sorted());
        assert_eq!(stages.map(|stage| Stage::of_rank(stage.rank())), stages);
    }
}
