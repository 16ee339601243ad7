//! Numbers as people read them. What is not finite becomes a dash, never `NaN`.

use doubleback::data::words;

/// What stands where there is no number.
pub const DASH: &str = "–";

/// `85.2 %` from 0.852.
pub fn percent(share: f64) -> String {
    if share.is_finite() {
        format!("{}\u{a0}%", words::fixed(100.0 * share, 1))
    } else {
        DASH.to_owned()
    }
}

/// `85.2 %` of so many; a dash of none.
pub fn percent_of(part: usize, of: usize) -> String {
    percent(part as f64 / of as f64)
}

/// `95 %` from 0.95: a bar, which has no decimals.
pub fn whole_percent(share: f64) -> String {
    if share.is_finite() {
        format!("{}\u{a0}%", words::fixed(100.0 * share, 0))
    } else {
        DASH.to_owned()
    }
}

/// `85.2` from 0.852, for cells under a heading that gives the unit.
pub fn bare_percent(share: f64) -> String {
    if share.is_finite() {
        words::fixed(100.0 * share, 1)
    } else {
        DASH.to_owned()
    }
}

/// `[83.1, 87.0]`, in percent.
pub fn interval(low: f64, high: f64) -> String {
    if low.is_finite() && high.is_finite() {
        format!(
            "[{},\u{a0}{}]",
            words::fixed(100.0 * low, 1),
            words::fixed(100.0 * high, 1)
        )
    } else {
        String::new()
    }
}

/// `+31.4` or `−2.0` from 0.314 and −0.02: a difference of two shares, in points.
pub fn points(difference: f64) -> String {
    if !difference.is_finite() {
        return DASH.to_owned();
    }
    words::signed(100.0 * difference, 1).replace('-', "−")
}

/// `[+25.0, +36.1]`, in points.
pub fn points_interval(low: f64, high: f64) -> String {
    if low.is_finite() && high.is_finite() {
        format!("[{},\u{a0}{}]", points(low), points(high))
    } else {
        String::new()
    }
}

/// `−0.35` of a number between −1 and 1 or near it, such as a rank correlation, always with its sign.
pub fn signed(value: f64) -> String {
    if !value.is_finite() {
        return DASH.to_owned();
    }
    let text = format!("{value:+.2}");
    if text == "-0.00" {
        "0.00".to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// The shortest decimal of at most six digits after the point: `0.3` for an f32's 0.30000001.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return DASH.to_owned();
    }
    if value != 0.0 && !(1e-4..1e6).contains(&value.abs()) {
        return scientific(value);
    }
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// `3.1 × 10⁻⁸`; plain digits between 0.01 and 9,999.
pub fn scientific(value: f64) -> String {
    if !value.is_finite() {
        return DASH.to_owned();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if (0.01..100.0).contains(&size) {
        return format!("{value:.2}");
    }
    if (100.0..9999.5).contains(&size) {
        return format!("{value:.0}");
    }
    let text = format!("{value:.1e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}\u{a0}×\u{a0}10{}", superscript(exponent)),
        None => text,
    }
}

/// Three digits: `0.0123`, `12.3`, `1.23 × 10⁻⁵`.
pub fn digits(value: f64) -> String {
    if !value.is_finite() {
        return DASH.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let text = format!("{value:.2e}");
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let text = match exponent.parse::<i32>() {
        Ok(exponent @ -3..=2) => format!("{value:.*}", (2 - exponent) as usize),
        Ok(3) => format!("{value:.0}"),
        _ => format!("{mantissa}\u{a0}×\u{a0}10{}", superscript(exponent)),
    };
    text.replace('-', "−")
}

/// `10⁻⁵`.
pub fn power_of_ten(exponent: i32) -> String {
    format!("10{}", superscript(&exponent.to_string()))
}

fn superscript(digits: &str) -> String {
    digits
        .chars()
        .map(|digit| match digit {
            '-' => '⁻',
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            '9' => '⁹',
            other => other,
        })
        .collect()
}

/// `FGSM` for `fgsm`: attacks as the literature writes them.
pub fn attack_name(attack: &str) -> String {
    attack.to_uppercase()
}

/// With a capital letter, to begin a sentence or a heading.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// `10,000`.
pub fn count(value: usize) -> String {
    words::grouped(value)
}

/// `95.8 ms`, `12.3 s`, `3 min 20 s`, `2 h 05 min`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return DASH.to_owned();
    }
    let whole = seconds.round() as u64;
    match seconds {
        s if s < 1.0 => format!("{:.1}\u{a0}ms", 1000.0 * s),
        s if s < 60.0 => format!("{s:.1}\u{a0}s"),
        s if s < 3600.0 => format!("{}\u{a0}min {}\u{a0}s", whole / 60, whole % 60),
        _ => format!("{}\u{a0}h {:02}\u{a0}min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(short(f64::from(0.3_f32)), "0.3");
        assert_eq!(short(0.0), "0");
        assert_eq!(short(-6.25), "−6.25");
        assert_eq!(short(0.0002), "0.0002");
        assert_eq!(short(2e-5), "2.0\u{a0}×\u{a0}10⁻⁵");
        assert_eq!(scientific(3.14e-8), "3.1\u{a0}×\u{a0}10⁻⁸");
        assert_eq!(scientific(24.0), "24.00");
        assert_eq!(
            [0.012_345, -12.345, 999.6, 1234.5].map(digits),
            ["0.0123", "−12.3", "1000", "1234"]
        );
        assert_eq!(
            (digits(-1.234e-5), digits(-0.0)),
            ("−1.23\u{a0}×\u{a0}10⁻⁵".to_owned(), "0".to_owned())
        );
        assert_eq!(points(0.314), "+31.4");
        assert_eq!(points(-0.0001), "+0.0");
        assert_eq!(percent(-0.0001), "0.0\u{a0}%");
        assert_eq!(
            (whole_percent(-0.001), bare_percent(-0.0)),
            ("0\u{a0}%".to_owned(), "0.0".to_owned())
        );
        assert_eq!(interval(-0.0001, 0.5), "[0.0,\u{a0}50.0]");
        assert_eq!(
            (short(-1e-9), scientific(-0.0)),
            ("-1.0\u{a0}×\u{a0}10⁻⁹".to_owned(), "0".to_owned())
        );
        assert_eq!(points_interval(-0.02, 0.1), "[−2.0,\u{a0}+10.0]");
        assert_eq!(signed(-0.351), "−0.35");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(duration(0.0958), "95.8\u{a0}ms");
        assert_eq!(duration(200.0), "3\u{a0}min 20\u{a0}s");
    }

    #[test]
    fn what_is_no_number_is_a_dash() {
        for text in [
            percent(f64::NAN),
            short(f64::INFINITY),
            scientific(f64::NAN),
            duration(f64::NAN),
        ] {
            assert_eq!(text, DASH);
        }
        assert_eq!(interval(f64::NAN, 1.0), "");
    }
}
