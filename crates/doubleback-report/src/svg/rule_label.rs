//! Where the name of a rule stands, so that it hides no line and no marker.

use super::frame::Frame;

/// Width of a letter of a tick, and what of it is above and below its base line, about.
const LETTER: f64 = 5.8;
const ABOVE: f64 = 9.0;
const BELOW: f64 = 3.0;
/// What markers need around their middle.
const MARKER: f64 = 6.0;
/// Away from the ends of the rule, and above it.
const GAP: f64 = 4.0;

/// Left end and base line of the name of a rule at a height, among lines of points: near an end of the rule, below or above it, where it meets least. Above on the
/// left, where the name of the axis may be, comes last.
pub fn place(name: &str, rule: f64, frame: &Frame, lines: &[Vec<(f64, f64)>]) -> (f64, f64) {
    let width = LETTER * name.chars().count() as f64;
    let (left, right) = (frame.left + GAP, frame.right - GAP - width);
    let (below, above) = (rule + ABOVE + BELOW, rule - GAP);
    let candidates = [(left, below), (right, below), (right, above), (left, above)];
    let met = |&(x, y): &(f64, f64)| {
        let area = [x - MARKER, y - ABOVE - MARKER, x + width + MARKER, y + BELOW + MARKER];
        let outside = y + BELOW > frame.bottom;
        let crossed = lines
            .iter()
            .flat_map(|line| line.windows(2))
            .filter(|ends| crosses(ends[0], ends[1], area));
        let covered = lines.iter().flatten().filter(|&&point| crosses(point, point, area));
        crossed.count() + covered.count() + if outside { 100 } else { 0 }
    };
    // The first of those that meet least.
    let best = candidates.iter().min_by_key(|place| met(place));
    best.copied().unwrap_or((left, below))
}

/// Whether a straight line between two points comes into a rectangle of left, top, right and bottom.
fn crosses(a: (f64, f64), b: (f64, f64), [left, top, right, bottom]: [f64; 4]) -> bool {
    // The part of the way, from 0 to 1, on which one coordinate is between its ends.
    let within = |from: f64, to: f64, low: f64, high: f64| match to - from {
        0.0 if (low..=high).contains(&from) => (0.0, 1.0),
        0.0 => (1.0, 0.0),
        way => {
            let (enter, leave) = ((low - from) / way, (high - from) / way);
            (enter.min(leave), enter.max(leave))
        }
    };
    let (x, y) = (within(a.0, b.0, left, right), within(a.1, b.1, top, bottom));
    x.0.max(y.0).max(0.0) <= x.1.min(y.1).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame {
        left: 40.0,
        right: 340.0,
        top: 20.0,
        bottom: 220.0,
    };

    #[test]
    fn lines_come_into_rectangles() {
        let area = [10.0, 10.0, 20.0, 20.0];
        assert!(crosses((0.0, 0.0), (30.0, 30.0), area) && crosses((15.0, 15.0), (15.0, 15.0), area));
        assert!(crosses((15.0, 0.0), (15.0, 40.0), area) && crosses((12.0, 12.0), (90.0, 90.0), area));
        assert!(!crosses((0.0, 25.0), (25.0, 25.0), area) && !crosses((0.0, 15.0), (9.0, 15.0), area));
        assert!(!crosses((0.0, 22.0), (8.0, 0.0), area) && !crosses((5.0, 5.0), (5.0, 5.0), area));
    }

    /// A falling line begins at the rule, a flat one goes along it, a rising one ends there.
    #[test]
    fn names_stand_where_lines_are_not() {
        let rule = 30.0;
        let line = |ys: [f64; 4]| -> Vec<(f64, f64)> { [40.0, 60.0, 190.0, 340.0].into_iter().zip(ys).collect() };
        let of = |lines: &[Vec<(f64, f64)>]| place("clean", rule, &FRAME, lines);
        let (left, right) = (44.0, 340.0 - 4.0 - 29.0);
        assert_eq!(of(&[]), (left, 42.0));
        assert_eq!(of(&[line([30.0, 50.0, 200.0, 220.0])]), (right, 42.0));
        assert_eq!(of(&[line([220.0, 200.0, 50.0, 30.0])]), (left, 42.0));
        // Along the rule nothing is free: what meets least, and is no axis's.
        let flat = of(&[line([30.0, 30.0, 31.0, 32.0])]);
        assert!(flat.0 == right || flat.1 == 42.0, "{flat:?}");
        // No name is written below the plot.
        let low = place("chance", 215.0, &FRAME, &[line([30.0, 40.0, 50.0, 60.0])]);
        assert!(low.1 < 215.0, "{low:?}");
    }
}
