use std::fmt::Write as _;

use maud::{Markup, html};

use super::{Axis, Frame, WIDTH, px};

const HEIGHT: f64 = 252.0;
const FRAME: Frame = Frame {
    left: 42.0,
    right: WIDTH - 18.0,
    top: 24.0,
    bottom: HEIGHT - 38.0,
};

/// More markers than this on a line would hide it.
const MARKERS: usize = 10;

/// Lines over a common axis.
pub struct LineChart<'a> {
    pub x: Axis,
    pub y: Axis,
    /// What stands before the place on the x axis when values are shown, such as `ε =`.
    pub head: &'a str,
    /// What the chart shows, for those who do not see it.
    pub description: String,
    pub lines: Vec<Line>,
}

/// One line.
pub struct Line {
    /// Color and marker.
    pub slot: usize,
    /// Name in the list of values.
    pub name: String,
    pub style: Style,
    pub points: Vec<Point>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Solid with filled markers.
    Ours,
    /// The same, thicker: the model that the attack knows.
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
    pub x: f64,
    pub y: f64,
    /// Confidence interval.
    pub interval: Option<(f64, f64)>,
    /// The place on the x axis and the value, in words.
    pub text: (String, String),
}

/// A point on the page.
struct Placed<'a> {
    x: f64,
    y: f64,
    interval: Option<(f64, f64)>,
    text: &'a (String, String),
}

impl LineChart<'_> {
    /// The chart; its values can be read by pointer, touch and arrow keys (report.js).
    pub fn render(&self) -> Markup {
        html! {
            svg.chart viewBox={ "0 0 " (px(WIDTH)) " " (px(HEIGHT)) } role="img" aria-label=(self.description)
                data-head=(self.head) data-top=(px(FRAME.top)) data-bottom=(px(FRAME.bottom)) tabindex="0" {
                (FRAME.x_axis(&self.x))
                (FRAME.y_axis(&self.y))
                // What matters most is drawn last, on top.
                @for style in [Style::Published, Style::Ours, Style::WhiteBox] {
                    @for line in self.lines.iter().filter(|line| line.style == style) { (self.line(line)) }
                }
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
                    @for point in points.iter().step_by(every) {
                        use.mark href={ "#k" (line.slot) } x=(px(point.x)) y=(px(point.y)) {}
                    }
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
        })
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
