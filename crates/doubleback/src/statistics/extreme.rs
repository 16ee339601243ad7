//! The greatest and the least of several, with the one rule for ties that results, texts and choices share: the first of equals.

/// The item whose value is greatest; the first of equals. Items whose value is not a number are passed over.
pub fn greatest_by<T>(items: impl IntoIterator<Item = T>, value: impl Fn(&T) -> f64) -> Option<T> {
    let numbers = items.into_iter().map(|item| (value(&item), item));
    let mut best: Option<(f64, T)> = None;
    for (value, item) in numbers.filter(|(value, _)| !value.is_nan()) {
        if best.as_ref().is_none_or(|(most, _)| value > *most) {
            best = Some((value, item));
        }
    }
    best.map(|(_, item)| item)
}

/// The item whose value is least; otherwise as [`greatest_by`].
pub fn least_by<T>(items: impl IntoIterator<Item = T>, value: impl Fn(&T) -> f64) -> Option<T> {
    greatest_by(items, |item| -value(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_taken() {
        let items = [("a", 1.0), ("b", 3.0), ("c", f64::NAN), ("d", 3.0), ("e", 1.0)];
        let value = |item: &(&str, f64)| item.1;
        assert_eq!(greatest_by(items, value).map(|item| item.0), Some("b"));
        assert_eq!(least_by(items, value).map(|item| item.0), Some("a"));
        assert_eq!(greatest_by([("c", f64::NAN)], value), None);
        assert_eq!(
            greatest_by([-0.0, 0.0], |&value| value).map(f64::is_sign_negative),
            Some(true)
        );
    }
}
