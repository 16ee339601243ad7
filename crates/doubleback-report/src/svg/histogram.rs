use doubleback::evaluate::Distribution;
use maud::{Markup, html};

use super::axis::{Axis, extent};
use super::drawing::Drawing;
use super::frame::{Frame, WIDTH, px};

const ROW: f64 = 66.0;
const HILL: f64 = 40.0;
const TOP: f64 = 4.0;
/// Room at the left for the values at the floor, which have no place on a logarithmic axis.
const FLOOR_WIDTH: f64 = 34.0;

/// The distribution of one model.
pub struct Ridge<'a> {
    /// Color and marker.
    pub slot: usize,
    pub name: String,
    pub distribution: &'a Distribution,
    /// The paper's median; 0 where it is at the floor.
    pub published: Option<f64>,
    /// The median in words.
    pub text: String,
}

/// Histograms below one another on a common logarithmic axis.
pub fn ridges(label: &str, description: String, rows: &[Ridge]) -> Drawing {
    let floor = rows
        .iter()
        .any(|row| row.distribution.floored > 0 || row.published == Some(0.0));
    let bottom = TOP + ROW * rows.len() as f64;
    let left = if floor { FLOOR_WIDTH + 22.0 } else { 14.0 };
    let frame = Frame {
        left,
        right: WIDTH - 14.0,
        top: TOP,
        bottom,
    };
    let axis = axis(label, rows);
    let body = html! {
        (frame.x_axis(&axis))
        @if floor {
            text.tick x="0" y=(px(bottom + 14.0)) { "≤10⁻²⁰" }
        }
        @for (index, row) in rows.iter().enumerate() {
            (ridge(row, &frame, &axis, floor, TOP + ROW * (index as f64 + 1.0)))
        }
    };
    Drawing {
        width: WIDTH,
        height: bottom + 36.0,
        description,
        body,
        readable: None,
    }
}

fn axis(label: &str, rows: &[Ridge]) -> Axis {
    let edges = rows.iter().flat_map(|row| {
        let (low, width) = bins(row.distribution);
        let counts = &row.distribution.log10.counts;
        let filled = |index: Option<usize>, end: f64| index.map(|index| low + width * (index as f64 + end));
        [
            filled(counts.iter().position(|&count| count > 0), 0.0),
            filled(counts.iter().rposition(|&count| count > 0), 1.0),
            row.published.filter(|&value| value > 0.0).map(f64::log10),
        ]
    });
    let (low, high) = extent(edges.flatten()).unwrap_or((-1.0, 1.0));
    Axis::log10(label, low, high)
}

/// Left edge and width of the bins, in powers of ten.
fn bins(distribution: &Distribution) -> (f64, f64) {
    let histogram = &distribution.log10;
    (
        histogram.low,
        (histogram.high - histogram.low) / histogram.counts.len().max(1) as f64,
    )
}

fn ridge(row: &Ridge, frame: &Frame, axis: &Axis, floor: bool, base: f64) -> Markup {
    let share = row.distribution.floored as f64 / row.distribution.count.max(1) as f64;
    let median = row.distribution.quantiles[2];
    let place = |value: f64| {
        axis.fraction(value)
            .filter(|_| value > 1e-20)
            .map(|fraction| frame.x(fraction))
    };
    html! {
        g class={ "series ours m" (row.slot) } {
            text.row-name x=(px(frame.left)) y=(px(base - HILL - 10.0)) { (row.name) }
            text.row-value x=(px(frame.right)) y=(px(base - HILL - 10.0)) text-anchor="end" { (row.text) }
            @if let Some(hill) = hill(row.distribution, frame, axis, base) { path.hill d=(hill) {} }
            @if floor && row.distribution.floored > 0 {
                rect.hill x="4" y=(px(base - HILL * share)) width=(px(FLOOR_WIDTH - 8.0)) height=(px(HILL * share)) {}
                text.tick x=(px(FLOOR_WIDTH / 2.0)) y=(px(base - HILL * share - 4.0)) text-anchor="middle" { (format!("{:.0} %", 100.0 * share)) }
            }
            path.base d={ "M0 " (px(base)) "H" (px(frame.right)) } {}
            @if let Some(x) = place(median) { path.median d={ "M" (px(x)) " " (px(base)) "v" (px(-HILL - 4.0)) } {} }
        }
        @if let Some(published) = row.published {
            g class={ "series paper m" (row.slot) } {
                use.mark href={ "#k" (row.slot) } x=(px(place(published).unwrap_or(FLOOR_WIDTH / 2.0))) y=(px(base)) {}
            }
        }
    }
}

/// The outline of the histogram, scaled to its own peak; `None` when it has none.
fn hill(distribution: &Distribution, frame: &Frame, axis: &Axis, base: f64) -> Option<String> {
    let counts = &distribution.log10.counts;
    let (low, width) = bins(distribution);
    let peak = counts.iter().copied().max().filter(|&peak| peak > 0)? as f64;
    if !(width > 0.0 && width.is_finite() && low.is_finite()) {
        return None;
    }
    let edge = |index: usize| {
        axis.fraction_of_log(low + width * index as f64)
            .map(|fraction| frame.x(fraction))
    };
    let first = counts.iter().position(|&count| count > 0)?;
    let last = counts.iter().rposition(|&count| count > 0)?;
    let mut path = format!("M{} {}", px(edge(first)?), px(base));
    for (index, &count) in counts.iter().enumerate().take(last + 1).skip(first) {
        path.push_str(&format!(
            "V{}H{}",
            px(base - HILL * count as f64 / peak),
            px(edge(index + 1)?)
        ));
    }
    Some(format!("{path}V{}Z", px(base)))
}
