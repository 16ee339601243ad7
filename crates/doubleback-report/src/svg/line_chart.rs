use std::fmt::Write as _;

use maud::{Markup, html};

use super::axis::Axis;
use super::drawing::Drawing;
use super::frame::{Frame, WIDTH, px};
use super::marker::SLOTS;
use super::rule_label;

const HEIGHT: f64 = 252.0;
const FRAME: Frame = Frame {
    left: 42.0,
    right: WIDTH - 18.0,
    top: 24.0,
    bottom: HEIGHT - 38.0,
};

/// More markers than this on a line would hide it.
const MARKERS: usize = 14;

/// Lines over a common axis.
pub struct LineChart {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What stands before the place on the x axis when values are shown, such as `ε =`.
    pub head: &'static str,
    /// What the chart shows, for those who do not see it.
    pub description: String,
    /// The lines.
    pub lines: Vec<Line>,
    /// Values of the y axis that a line is drawn across at, each with its name.
    pub rules: Vec<(f64, String)>,
}

/// One line.
pub struct Line {
    /// Color and marker.
    pub slot: usize,
    /// Name in the list of values.
    pub name: String,
    /// How it is drawn.
    pub style: Style,
    /// Its points, from left to right.
    pub points: Vec<Point>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Solid with filled markers.
    Ours,
    /// Solid and thick with filled markers: the model that the attack knows.
    WhiteBox,
    /// Dashed with hollow markers: the paper's.
    Published,
}

impl Style {
    fn class(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::WhiteBox => "ours white-box",
            Self::Published => "paper",
        }
    }
}

/// One point of a line; what is not finite is left out.
pub struct Point {
    /// Place on the horizontal axis.
    pub x: f64,
    /// Value.
    pub y: f64,
    /// Confidence interval.
    pub interval: Option<(f64, f64)>,
    /// The place on the x axis and the value, in words.
    pub text: (String, String),
    /// How its marker is drawn.
    pub look: Look,
}

/// How the marker of a point is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// As the line's style says.
    #[default]
    Plain,
    /// Hollow: a point that does not qualify.
    Hollow,
    /// In a ring: the one that is chosen.
    Ringed,
}

/// A point on the page.
struct Placed<'a> {
    x: f64,
    y: f64,
    interval: Option<(f64, f64)>,
    text: &'a (String, String),
    look: Look,
}

impl LineChart {
    /// The chart.
    pub fn draw(self) -> Drawing {
        let places = |line: &Line| {
            line.points
                .iter()
                .filter_map(|point| self.place(point))
                .map(|point| (point.x, point.y))
                .collect()
        };
        let lines: Vec<Vec<(f64, f64)>> = self.lines.iter().map(places).collect();
        let body = html! {
            (FRAME.x_axis(&self.x))
            (FRAME.y_axis(&self.y))
            @for (value, name) in &self.rules { (self.rule(*value, name, &lines)) }
            // What matters most is drawn last, on top.
            @for style in [Style::Published, Style::Ours, Style::WhiteBox] {
                @for line in self.lines.iter().filter(|line| line.style == style) { (self.line(line)) }
            }
        };
        Drawing {
            width: WIDTH,
            height: HEIGHT,
            description: self.description,
            body,
            readable: Some((self.head, FRAME.top, FRAME.bottom)),
        }
    }

    fn rule(&self, value: f64, name: &str, lines: &[Vec<(f64, f64)>]) -> Markup {
        html! {
            @if let Some(fraction) = self.y.fraction(value) {
                path.rule d={ "M" (px(FRAME.left)) " " (px(FRAME.y(fraction))) "H" (px(FRAME.right)) } {}
                @let (x, y) = rule_label::place(name, FRAME.y(fraction), &FRAME, lines);
                text.tick x=(px(x)) y=(px(y)) { (name) }
            }
        }
    }

    fn line(&self, line: &Line) -> Markup {
        let points: Vec<Placed> = line.points.iter().filter_map(|point| self.place(point)).collect();
        let every = points.len().div_ceil(MARKERS).max(1);
        html! {
            @if !points.is_empty() {
                g class={ "series m" (line.slot) " " (line.style.class()) } data-name=(line.name) data-points=(values(&points)) {
                    @if let Some(band) = band(&points) { path.band d=(band) {} }
                    path.line d=(polyline(&points)) {}
                    @for point in points.iter().step_by(every) { (mark(line.slot, point)) }
                }
            }
        }
    }

    fn place<'a>(&self, point: &'a Point) -> Option<Placed<'a>> {
        let y = |value| Some(FRAME.y(self.y.fraction(value)?));
        Some(Placed {
            x: FRAME.x(self.x.fraction(point.x)?),
            y: y(point.y)?,
            interval: point.interval.and_then(|(low, high)| Some((y(low)?, y(high)?))),
            text: &point.text,
            look: point.look,
        })
    }
}

fn mark(slot: usize, point: &Placed) -> Markup {
    let (x, y) = (px(point.x), px(point.y));
    html! {
        @if point.look == Look::Ringed { circle.ring cx=(x) cy=(y) r="8" {} }
        use.mark.hollow[point.look == Look::Hollow] href={ "#k" (slot % SLOTS) } x=(x) y=(y) {}
    }
}

fn polyline(points: &[Placed]) -> String {
    points
        .iter()
        .enumerate()
        .fold(String::new(), |mut path, (index, point)| {
            // Writing to a string cannot fail.
            let _ = write!(
                path,
                "{}{} {}",
                if index == 0 { "M" } else { "L" },
                px(point.x),
                px(point.y)
            );
            path
        })
}

fn band(points: &[Placed]) -> Option<String> {
    let ends: Vec<(f64, f64, f64)> = points
        .iter()
        .filter_map(|point| point.interval.map(|(low, high)| (point.x, low, high)))
        .collect();
    if ends.len() < 2 {
        return None;
    }
    let there = ends.iter().map(|(x, _, high)| format!("{} {}", px(*x), px(*high)));
    let back = ends.iter().rev().map(|(x, low, _)| format!("{} {}", px(*x), px(*low)));
    Some(format!("M{}Z", there.chain(back).collect::<Vec<_>>().join("L")))
}

/// `place|x in words|value in words`, for report.js.
fn values(points: &[Placed]) -> String {
    points
        .iter()
        .map(|point| format!("{}|{}|{}", px(point.x), point.text.0, point.text.1))
        .collect::<Vec<_>>()
        .join(";")
}
