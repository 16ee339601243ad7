use maud::{Markup, html};

use super::axis::Axis;
use super::drawing::Drawing;
use super::frame::{Frame, WIDTH, px};

const TOP: f64 = 6.0;
/// Room for the names of rows.
const LEFT: f64 = 134.0;
/// Room for values in words.
const RIGHT: f64 = 58.0;
/// Height of a point, and what a row has around its points.
const POINT: f64 = 13.0;
const AROUND: f64 = 9.0;

/// Means with their intervals: a row each thing that is measured, named at the left, and in it a point each model.
pub struct IntervalRows {
    /// Quantity and unit.
    pub x: Axis,
    /// What the chart shows, for those who do not see it.
    pub description: String,
    /// From top to bottom.
    pub rows: Vec<IntervalRow>,
}

/// One row.
pub struct IntervalRow {
    /// What is measured.
    pub name: String,
    /// Points from top to bottom.
    pub points: Vec<IntervalPoint>,
    /// Its value in words, if there is one point alone.
    pub text: String,
}

/// One mean.
pub struct IntervalPoint {
    /// Color and marker.
    pub slot: usize,
    /// The mean, if there is one.
    pub value: Option<f64>,
    /// Its ends, if there are any.
    pub interval: Option<[f64; 2]>,
}

impl IntervalRows {
    /// The chart.
    pub fn draw(self) -> Drawing {
        let heights: Vec<f64> = self.rows.iter().map(|row| row.height()).collect();
        let bottom = TOP + heights.iter().sum::<f64>();
        let words = self.rows.iter().any(|row| !row.text.is_empty());
        let frame = Frame {
            left: LEFT,
            right: WIDTH - if words { RIGHT } else { 8.0 },
            top: TOP,
            bottom,
        };
        let tops = heights.iter().scan(TOP, |top, height| {
            let own = *top;
            *top += height;
            Some(own)
        });
        let body = html! {
            (frame.x_axis(&self.x))
            @if let Some(fraction) = self.x.fraction(0.0).filter(|_| self.x.holds(0.0)) {
                path.zero d={ "M" (px(frame.x(fraction))) " " (px(TOP)) "V" (px(bottom)) } {}
            }
            @for (row, top) in self.rows.iter().zip(tops) { (self.row(row, &frame, top)) }
        };
        Drawing {
            width: WIDTH,
            height: bottom + 36.0,
            description: self.description,
            body,
            readable: None,
        }
    }

    fn row(&self, row: &IntervalRow, frame: &Frame, top: f64) -> Markup {
        let middle = top + row.height() / 2.0;
        let places = (0..row.points.len())
            .map(|at| top + (row.height() - POINT * row.points.len() as f64) / 2.0 + POINT * (at as f64 + 0.5));
        html! {
            text x=(px(LEFT - 8.0)) y=(px(middle + 4.0)) text-anchor="end" { (row.name) }
            @for (point, y) in row.points.iter().zip(places) { (self.point(point, frame, y)) }
            text.row-value x=(px(WIDTH - 2.0)) y=(px(middle + 4.0)) text-anchor="end" { (row.text) }
        }
    }

    fn point(&self, point: &IntervalPoint, frame: &Frame, y: f64) -> Markup {
        let place = |value| self.x.fraction(value).map(|fraction| frame.x(fraction));
        let ends = point.interval.and_then(|[low, high]| Some((place(low)?, place(high)?)));
        html! {
            @match point.value.and_then(place) {
                Some(x) => {
                    g class={ "series ours m" (point.slot) } {
                        @if let Some((low, high)) = ends {
                            path.whisker d={ "M" (px(low)) " " (px(y)) "H" (px(high)) "M" (px(low)) " " (px(y - 3.0)) "v6M" (px(high)) " " (px(y - 3.0)) "v6" } {}
                        }
                        use.mark href={ "#k" (point.slot) } x=(px(x)) y=(px(y)) {}
                    }
                }
                None => text.tick x=(px(frame.left + 6.0)) y=(px(y + 4.0)) { "not measured" },
            }
        }
    }
}

impl IntervalRow {
    fn height(&self) -> f64 {
        AROUND + POINT * self.points.len().max(1) as f64
    }
}
