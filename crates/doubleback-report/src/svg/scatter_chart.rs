use maud::{Markup, html};

use super::axis::Axis;
use super::drawing::Drawing;
use super::frame::{Frame, WIDTH, px};
use super::marker::SLOTS;
use super::scatter_labels::places;

const HEIGHT: f64 = 276.0;
const FRAME: Frame = Frame {
    left: 42.0,
    right: WIDTH - 18.0,
    top: 24.0,
    bottom: HEIGHT - 38.0,
};

/// Named points over two axes, each with its intervals.
pub struct ScatterChart {
    pub x: Axis,
    pub y: Axis,
    /// What the chart shows, for those who do not see it.
    pub description: String,
    /// Color and marker.
    pub slot: usize,
    pub dots: Vec<Dot>,
}

/// One point; what is not finite is left out.
pub struct Dot {
    pub name: String,
    pub x: f64,
    pub y: f64,
    pub x_interval: Option<(f64, f64)>,
    pub y_interval: Option<(f64, f64)>,
}

impl ScatterChart {
    /// The chart.
    pub fn draw(self) -> Drawing {
        let zero = |axis: &Axis| axis.fraction(0.0).filter(|_| axis.holds(-1e-9));
        let placed: Vec<(f64, f64, &str)> = self
            .dots
            .iter()
            .filter_map(|dot| Some((self.x(dot.x)?, self.y(dot.y)?, dot.name.as_str())))
            .collect();
        let points: Vec<(f64, f64)> = placed.iter().map(|&(x, y, _)| (x, y)).collect();
        let names: Vec<&str> = placed.iter().map(|&(_, _, name)| name).collect();
        let labels = places(&points, &names, &FRAME);
        let body = html! {
            (FRAME.x_axis(&self.x))
            (FRAME.y_axis(&self.y))
            @if let Some(fraction) = zero(&self.x) {
                path.zero d={ "M" (px(FRAME.x(fraction))) " " (px(FRAME.top)) "V" (px(FRAME.bottom)) } {}
            }
            @if let Some(fraction) = zero(&self.y) {
                path.zero d={ "M" (px(FRAME.left)) " " (px(FRAME.y(fraction))) "H" (px(FRAME.right)) } {}
            }
            g class={ "series ours m" (self.slot) } {
                @for dot in &self.dots { (self.whiskers(dot)) }
                @for (x, y, _) in &placed { use.mark href={ "#k" (self.slot % SLOTS) } x=(px(*x)) y=(px(*y)) {} }
                @for ((at, base), (_, _, name)) in labels.iter().zip(&placed) { text.dot-name x=(px(*at)) y=(px(*base)) { (name) } }
            }
        };
        Drawing {
            width: WIDTH,
            height: HEIGHT,
            description: self.description,
            body,
            readable: None,
        }
    }

    fn x(&self, value: f64) -> Option<f64> {
        self.x.fraction(value).map(|fraction| FRAME.x(fraction))
    }

    fn y(&self, value: f64) -> Option<f64> {
        self.y.fraction(value).map(|fraction| FRAME.y(fraction))
    }

    fn whiskers(&self, dot: &Dot) -> Markup {
        let place = self.x(dot.x).zip(self.y(dot.y));
        let across = dot.x_interval.and_then(|(low, high)| self.x(low).zip(self.x(high)));
        let up = dot.y_interval.and_then(|(low, high)| self.y(low).zip(self.y(high)));
        html! {
            @if let Some((x, y)) = place {
                @if let Some((low, high)) = across { path.whisker.pale d={ "M" (px(low)) " " (px(y)) "H" (px(high)) } {} }
                @if let Some((low, high)) = up { path.whisker.pale d={ "M" (px(x)) " " (px(low)) "V" (px(high)) } {} }
            }
        }
    }
}
