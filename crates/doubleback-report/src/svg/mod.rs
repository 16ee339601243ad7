//! Charts as inline SVG whose colors come from the style sheet, so that they follow light, dark and print.
//!
//! A model looks the same in all of them. All are 360 units wide and are shown at about that width, so that their text is readable on a telephone.

mod axis;
mod drawing;
mod frame;
mod histogram;
mod image_grid;
mod interval_rows;
mod labelled_grid;
mod line_chart;
mod marker;
pub mod palette;
mod region_chart;
mod row_chart;
mod rule_label;
mod scatter_chart;
mod scatter_labels;

pub use axis::{Axis, extent};
pub use drawing::{Drawing, Panel};
pub use frame::{WIDTH, px};
pub use histogram::{Ridge, ridges};
pub use image_grid::ImageGrid;
pub use interval_rows::{IntervalPoint, IntervalRow, IntervalRows};
pub use labelled_grid::{Cell, LabelledGrid};
pub use line_chart::{Line, LineChart, Look, Point, Style};
pub use marker::{SLOTS, Slots, badge, marker_defs, marker_symbols, swatch};
pub use palette::ramp;
pub use region_chart::{Region, RegionChart};
pub use row_chart::{Row, RowChart};
pub use scatter_chart::{Dot, ScatterChart};
