//! Colors of lines: one a slot, for the page (light and dark) and for figures on their own (light).
//!
//! The first ten are of models: Okabe and Ito's, which common color blindness keeps apart, darkened on light and lightened on dark ground
//! until text in them is readable. The others are a ramp, for values that have an order.

use std::fmt::Write as _;

/// The first slot of the ramp.
pub const RAMP: usize = 10;

/// On light and on dark ground.
const COLORS: [(&str, &str); 23] = [
    ("#3d434b", "#c9ced6"),
    ("#a8498f", "#e59fcb"),
    ("#c24b00", "#ff8f52"),
    ("#007a58", "#46cda1"),
    ("#0064ad", "#64b7f7"),
    ("#946000", "#f2bc45"),
    ("#7340c4", "#c4a5ff"),
    ("#6b6b00", "#e6de6a"),
    ("#7d4f3b", "#d6ab93"),
    ("#5b5b8c", "#b7b7ea"),
    ("#d99000", "#ffe08a"),
    ("#d27a00", "#ffd07a"),
    ("#cb6400", "#ffbe70"),
    ("#c44c10", "#ffab6e"),
    ("#ba3626", "#ff9874"),
    ("#ac263c", "#ff8880"),
    ("#9c1b51", "#fb7c92"),
    ("#891864", "#f078a8"),
    ("#751a75", "#e07abf"),
    ("#601f82", "#cb82d6"),
    ("#4a2588", "#b48ee8"),
    ("#342a86", "#9d9df5"),
    ("#1c2c7c", "#88adfb"),
];

/// The slot of the `index`th of `count` values in order: lines of neighboring values have neighboring colors.
pub fn ramp(index: usize, count: usize) -> usize {
    let steps = COLORS.len() - 1 - RAMP;
    RAMP + (index.min(count) * steps) / count.saturating_sub(1).max(1)
}

/// Style sheet of the page: `--c` is the color of `.m0`, `.m1`, …; `.hide-N` hides the lines of a slot.
pub fn page_css() -> String {
    let mut css = String::from(":root{");
    for (slot, (light, dark)) in COLORS.iter().enumerate() {
        // Writing to a string cannot fail, here and below.
        let _ = write!(css, "--m{slot}:light-dark({light},{dark});");
    }
    css.push_str("}\n");
    for slot in 0..COLORS.len() {
        let _ = writeln!(
            css,
            ".m{slot}{{--c:var(--m{slot})}}.hide-{slot} .charts .m{slot}{{display:none}}"
        );
    }
    css
}

/// Style sheet of a figure on its own, without variables, which few programs that draw SVG know.
pub fn file_css() -> String {
    let mut css = String::new();
    for (slot, (color, _)) in COLORS.iter().enumerate() {
        let _ = writeln!(
            css,
            ".m{slot} .line,.m{slot} .whisker,.m{slot} .median{{stroke:{color}}}\
             .m{slot} .mark,.m{slot} .bar,.m{slot} .band,.m{slot} .row-name{{fill:{color}}}\
             .m{slot} .hill{{fill:{color};stroke:{color}}}\
             .m{slot}.paper .mark,.m{slot} .hollow{{fill:#fff;stroke:{color};stroke-width:1.2}}.m{slot} .ring{{stroke:{color}}}"
        );
    }
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_ends_at_its_ends() {
        assert_eq!((ramp(0, 13), ramp(12, 13)), (RAMP, COLORS.len() - 1));
        assert_eq!((ramp(0, 1), ramp(3, 4)), (RAMP, COLORS.len() - 1));
        let all: Vec<usize> = (0..13).map(|index| ramp(index, 13)).collect();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
