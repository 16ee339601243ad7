use maud::{Markup, html};

use super::axis::Axis;
use super::drawing::Drawing;
use super::frame::{Frame, WIDTH, px};

const ROW: f64 = 30.0;
const TOP: f64 = 6.0;
const LEFT: f64 = 104.0;

/// One value a row, named at the left and written at the right.
pub struct RowChart {
    /// The horizontal axis.
    pub x: Axis,
    /// What the chart shows, for those who do not see it.
    pub description: String,
    /// Bars from zero, or points with intervals.
    pub bars: bool,
    /// From top to bottom.
    pub rows: Vec<Row>,
}

/// One row.
pub struct Row {
    /// Color and marker.
    pub slot: usize,
    /// Name of the row.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Ends of its interval.
    pub interval: Option<(f64, f64)>,
    /// The paper's value.
    pub published: Option<f64>,
    /// The value in words.
    pub text: String,
}

impl RowChart {
    /// The chart.
    pub fn draw(self) -> Drawing {
        let bottom = TOP + ROW * self.rows.len() as f64;
        let frame = Frame {
            left: LEFT,
            right: WIDTH - 62.0,
            top: TOP,
            bottom,
        };
        let body = html! {
            (frame.x_axis(&self.x))
            @if let Some(fraction) = self.x.fraction(0.0).filter(|_| self.x.holds(-1e-9)) {
                path.zero d={ "M" (px(frame.x(fraction))) " " (px(TOP)) "V" (px(bottom)) } {}
            }
            @for (index, row) in self.rows.iter().enumerate() {
                (self.row(row, &frame, TOP + ROW * (index as f64 + 0.5)))
            }
        };
        Drawing {
            width: WIDTH,
            height: bottom + 36.0,
            description: self.description,
            body,
            readable: None,
        }
    }

    fn row(&self, row: &Row, frame: &Frame, y: f64) -> Markup {
        let place = |value| self.x.fraction(value).map(|fraction| frame.x(fraction));
        let zero = place(0.0).unwrap_or(frame.left);
        let ends = row.interval.and_then(|(low, high)| Some((place(low)?, place(high)?)));
        html! {
            text.row-name x=(px(LEFT - 8.0)) y=(px(y + 4.0)) text-anchor="end" { (row.name) }
            @if let Some(x) = place(row.value) {
                g class={ "series ours m" (row.slot) } {
                    @if self.bars {
                        rect.bar x=(px(zero.min(x))) y=(px(y - 8.0)) width=(px((x - zero).abs().max(0.5))) height="16" {}
                    }
                    @if let Some((low, high)) = ends {
                        path.whisker.over-bar[self.bars] d={ "M" (px(low)) " " (px(y)) "H" (px(high)) "M" (px(low)) " " (px(y - 4.0)) "v8M" (px(high)) " " (px(y - 4.0)) "v8" } {}
                    }
                    @if !self.bars { use.mark href={ "#k" (row.slot) } x=(px(x)) y=(px(y)) {} }
                }
            }
            @if let Some(x) = row.published.and_then(place) {
                g class={ "series paper m" (row.slot) } {
                    @if self.bars {
                        path.target d={ "M" (px(x)) " " (px(y - 12.0)) "v24" } {}
                    } @else {
                        use.mark href={ "#k" (row.slot) } x=(px(x)) y=(px(y + 8.0)) {}
                    }
                }
            }
            text.row-value x=(px(WIDTH - 2.0)) y=(px(y + 4.0)) text-anchor="end" { (row.text) }
        }
    }
}
