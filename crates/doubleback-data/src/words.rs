//! Numbers as messages say them.
//!
//! `indicatif::HumanCount` groups digits as well, and would bring a terminal library to crates that have none.
use std::ffi::OsStr;
use std::path::Path;

/// A number to so many digits after the point; zero has no sign, whatever it was rounded from.
///
/// ```
/// use doubleback_data::words::{fixed, signed};
/// assert_eq!(fixed(-0.0004, 3), "0.000");
/// assert_eq!([signed(-0.0004, 3), signed(-0.6, 1)], ["+0.000", "-0.6"]);
/// ```
pub fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(zero) if is_zero(zero) => zero.to_owned(),
        _ => text,
    }
}

/// [`fixed`] with its sign, `+` for zero.
pub fn signed(value: f64, digits: usize) -> String {
    let text = format!("{value:+.digits$}");
    match text.strip_prefix('-') {
        Some(zero) if is_zero(zero) => format!("+{zero}"),
        _ => text,
    }
}

fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// `60,000 x 28 x 28`.
pub fn by(dims: &[usize]) -> String {
    dims.iter().map(|&dim| grouped(dim)).collect::<Vec<_>>().join(" x ")
}

/// `1 is` or `2 are`.
pub fn are(found: usize) -> String {
    if found == 1 {
        "1 is".to_owned()
    } else {
        format!("{} are", grouped(found))
    }
}

/// `1 label` or `60,000 labels`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `1 class` or `120 classes`.
pub fn classes(number: usize) -> String {
    if number == 1 {
        "1 class".to_owned()
    } else {
        format!("{} classes", grouped(number))
    }
}

/// `60000` as `60,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size of a file, `60000` as `60,000`.
pub fn grouped64(number: u64) -> String {
    usize::try_from(number).map_or_else(|_| number.to_string(), grouped)
}

/// A name, with bytes that are not UTF-8 written as `\xe9`.
pub fn escaped(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// A path, with bytes that are not UTF-8 written as `\xe9`.
pub fn shown(path: &Path) -> String {
    escaped(path.as_os_str())
}

/// The first of `names`, and how many more there are: `a, b, c, d, e and 7 more`.
pub fn first_few(names: impl ExactSizeIterator<Item = String>) -> String {
    const FEW: usize = 5;
    let all = names.len();
    // One more is as short as a word for it.
    let named = if all <= FEW + 1 { all } else { FEW };
    let text = names.take(named).collect::<Vec<_>>().join(", ");
    if all > named {
        format!("{text} and {} more", grouped(all - named))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_one_form() {
        for value in [0.0, -0.0, 0.0004, -0.0004, -1e-300] {
            assert_eq!(
                (fixed(value, 3).as_str(), signed(value, 3).as_str()),
                ("0.000", "+0.000")
            );
            assert_eq!((fixed(value, 0).as_str(), signed(value, 0).as_str()), ("0", "+0"));
        }
        assert_eq!([fixed(-0.0006, 3), signed(-0.0006, 3)], ["-0.001", "-0.001"]);
        assert_eq!([fixed(f64::NAN, 1), signed(f64::NEG_INFINITY, 1)], ["NaN", "-inf"]);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let texts = [0, 999, 1_000, 59_999, 1_000_000].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "59,999", "1,000,000"]);
    }

    #[test]
    fn long_lists_are_cut() {
        let names = |count: usize| first_few((0..count).map(|name| name.to_string()));
        assert_eq!(names(6), "0, 1, 2, 3, 4, 5");
        assert_eq!(names(1_007), "0, 1, 2, 3, 4 and 1,002 more");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf_8_can_be_read() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(
            shown(Path::new(OsStr::from_bytes(b"in/caf\xe9/\xc3\xa9"))),
            "in/caf\\xe9/é"
        );
    }
}
