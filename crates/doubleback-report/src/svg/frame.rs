//! The plot of a chart: where it lies, and its axes.

use maud::{Markup, html};

use super::axis::Axis;

/// Width of every chart.
pub const WIDTH: f64 = 360.0;

/// Where the plot lies in its chart.
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Frame {
    /// Horizontal place of a fraction of the x axis.
    pub fn x(&self, fraction: f64) -> f64 {
        self.left + fraction * (self.right - self.left)
    }

    /// Vertical place of a fraction of the y axis.
    pub fn y(&self, fraction: f64) -> f64 {
        self.bottom - fraction * (self.bottom - self.top)
    }

    /// Grid lines, numbers and name of the x axis.
    pub fn x_axis(&self, axis: &Axis) -> Markup {
        // Names that would run into one another stand in two lines by turns.
        let crowded = axis.is_crowded(self.right - self.left);
        let line = |index: usize| if crowded && index % 2 == 1 { 24.0 } else { 14.0 };
        let label = if crowded { 36.0 } else { 29.0 };
        html! {
            @for (index, (fraction, text)) in axis.ticks().into_iter().enumerate() {
                path.grid d={ "M" (px(self.x(fraction))) " " (px(self.top)) "V" (px(self.bottom)) } {}
                text.tick x=(px(self.x(fraction))) y=(px(self.bottom + line(index))) text-anchor="middle" { (text) }
            }
            text.axis x=(px((self.left + self.right) / 2.0)) y=(px(self.bottom + label)) text-anchor="middle" { (axis.label) }
        }
    }

    /// Grid lines, numbers and name of the y axis; the name stands level above it, where it is read soonest.
    pub fn y_axis(&self, axis: &Axis) -> Markup {
        html! {
            @for (fraction, text) in axis.ticks() {
                path.grid d={ "M" (px(self.left)) " " (px(self.y(fraction))) "H" (px(self.right)) } {}
                text.tick x=(px(self.left - 6.0)) y=(px(self.y(fraction) + 4.0)) text-anchor="end" { (text) }
            }
            text.axis x="2" y=(px(self.top - 9.0)) { (axis.label) }
        }
    }
}

/// A coordinate, to a tenth of a unit.
pub fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
