//! Where the names of points stand, so that they hide neither points nor one another.

use super::frame::Frame;

/// Width of a letter and height of a line, about.
const LETTER: f64 = 6.6;
const LINE: f64 = 11.0;

/// A rectangle by its left, top, right and bottom.
type Area = [f64; 4];

/// Where each name starts, and its base line.
pub fn places(points: &[(f64, f64)], names: &[&str], frame: &Frame) -> Vec<(f64, f64)> {
    let mut taken: Vec<Area> = points
        .iter()
        .map(|&(x, y)| [x - 5.0, y - 5.0, x + 5.0, y + 5.0])
        .collect();
    points
        .iter()
        .zip(names)
        .map(|(&(x, y), name)| {
            let width = LETTER * name.chars().count() as f64;
            let (right, left, middle) = (x + 8.0, x - 8.0 - width, x - width / 2.0);
            let candidates = [
                (right, y - 5.0),
                (left, y - 5.0),
                (right, y + 12.0),
                (left, y + 12.0),
                (middle, y - 12.0),
                (middle, y + 20.0),
                (right, y - 17.0),
                (left, y - 17.0),
                (right, y + 24.0),
                (left, y + 24.0),
            ];
            let area = |(x, y): (f64, f64)| [x, y - LINE, x + width, y + 2.0];
            let hidden = |place: (f64, f64)| -> f64 {
                let own = area(place);
                let outside = (frame.left - own[0]).max(0.0) + (own[2] - frame.right - 16.0).max(0.0);
                taken.iter().map(|other| overlap(own, *other)).sum::<f64>() + 100.0 * outside
            };
            let best = candidates
                .into_iter()
                .min_by(|&a, &b| hidden(a).total_cmp(&hidden(b)))
                .unwrap_or((right, y));
            taken.push(area(best));
            best
        })
        .collect()
}

fn overlap(a: Area, b: Area) -> f64 {
    let wide = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let tall = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    wide * tall
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_near_points_stand_apart() {
        let frame = Frame {
            left: 40.0,
            right: 340.0,
            top: 20.0,
            bottom: 240.0,
        };
        let points = [(100.0, 100.0), (104.0, 102.0), (338.0, 50.0)];
        let names = ["dense1", "pool2", "logits"];
        let places = places(&points, &names, &frame);
        let area = |index: usize| {
            let (x, y): (f64, f64) = places[index];
            [x, y - LINE, x + LETTER * names[index].len() as f64, y + 2.0]
        };
        assert_eq!(overlap(area(0), area(1)), 0.0);
        assert!(area(2)[2] < 340.0, "inside the plot");
    }
}
