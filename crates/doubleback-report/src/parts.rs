//! What pages are made of, for reports of other crates: [`Page`] of [`Part`]s, figures with their [`Content`], charts, tables, and numbers as people read
//! them. They look like this crate's own pages, are one file each, and make no request to anywhere.

pub use crate::page::{Content, Entry, Figure, Group, Page, Part, Table, missing, pairs, saved_as, scrolled, unfolded};
pub use crate::svg::{
    Axis, Drawing, IntervalPoint, IntervalRow, IntervalRows, Line, LineChart, Look, Panel, Point, Row, RowChart, Style,
    swatch,
};

/// Numbers as people read them. What is not finite becomes a dash, never `NaN`.
pub mod format {
    pub use crate::format::*;
}
