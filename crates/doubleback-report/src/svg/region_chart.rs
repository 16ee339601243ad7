use maud::{Markup, html};

use super::axis::Axis;
use super::drawing::Drawing;
use super::frame::{Frame, WIDTH, px};
use super::marker::SLOTS;

const ROW: f64 = 26.0;
const TOP: f64 = 26.0;
const LEFT: f64 = 84.0;
const COLUMN: f64 = 22.0;

/// The regions of a Venn diagram as bars: at the left, the sets that each region lies in.
pub struct RegionChart {
    pub x: Axis,
    /// What the chart shows, for those who do not see it.
    pub description: String,
    /// Slots of the sets.
    pub sets: [usize; 3],
    pub regions: Vec<Region>,
}

/// One region.
pub struct Region {
    /// Which sets it lies in.
    pub within: [bool; 3],
    pub share: f64,
    pub interval: (f64, f64),
    /// The paper's share.
    pub published: Option<f64>,
    /// The share in words.
    pub text: String,
}

impl RegionChart {
    /// The chart.
    pub fn draw(self) -> Drawing {
        let bottom = TOP + ROW * self.regions.len() as f64;
        let frame = Frame {
            left: LEFT,
            right: WIDTH - 88.0,
            top: TOP,
            bottom,
        };
        let body = html! {
            (frame.x_axis(&self.x))
            @for (column, slot) in self.sets.iter().enumerate() {
                g class={ "series ours m" (slot) } {
                    use.mark href={ "#k" (slot % SLOTS) } x=(px(center(column))) y=(px(TOP - 12.0)) {}
                }
            }
            @for (index, region) in self.regions.iter().enumerate() {
                (self.region(region, &frame, TOP + ROW * (index as f64 + 0.5)))
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

    fn region(&self, region: &Region, frame: &Frame, y: f64) -> Markup {
        let place = |value| self.x.fraction(value).map(|fraction| frame.x(fraction));
        let ends = place(region.interval.0).zip(place(region.interval.1));
        let inside: Vec<usize> = (0..3).filter(|&set| region.within[set]).collect();
        html! {
            @if let (Some(first), Some(last)) = (inside.first(), inside.last()) {
                path.link d={ "M" (px(center(*first))) " " (px(y)) "H" (px(center(*last))) } {}
            }
            @for (set, within) in region.within.iter().enumerate() {
                circle.member.out[!within] cx=(px(center(set))) cy=(px(y)) r=(if *within { "5" } else { "3.5" }) {}
            }
            @if let Some(x) = place(region.share) {
                rect.share x=(px(frame.left)) y=(px(y - 7.0)) width=(px((x - frame.left).max(0.5))) height="14" {}
            }
            @if let Some((low, high)) = ends {
                path.spread d={ "M" (px(low)) " " (px(y)) "H" (px(high)) } {}
            }
            @if let Some(x) = region.published.and_then(place) {
                path.target d={ "M" (px(x)) " " (px(y - 11.0)) "v22" } {}
            }
            text.row-value x=(px(WIDTH - 2.0)) y=(px(y + 4.0)) text-anchor="end" { (region.text) }
        }
    }
}

fn center(column: usize) -> f64 {
    14.0 + COLUMN * column as f64
}
