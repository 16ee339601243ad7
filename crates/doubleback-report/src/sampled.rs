//! What a page says where a sample of classes stands for all.

use doubleback_experiments::ALL_PAIRS_UP_TO;

use crate::format::count;

/// That so many of so many classes are drawn; nothing where there are few, and none is left out for its number.
pub fn classes_shown(shown: usize, all: usize) -> String {
    if all <= ALL_PAIRS_UP_TO || shown >= all {
        return String::new();
    }
    format!(
        "Of the {} classes {} are shown, drawn by a fixed seed. ",
        count(all),
        count(shown)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sample_is_called_one() {
        assert_eq!(classes_shown(10, 10), "");
        assert_eq!(classes_shown(9, 10), "", "a class without an image");
        assert_eq!(
            classes_shown(20, 1000),
            "Of the 1,000 classes 20 are shown, drawn by a fixed seed. "
        );
    }
}
