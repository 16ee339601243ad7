//! Self-contained HTML reports (one file, no request to anywhere), and their figures as files.
//!
//! They are made from plain data and nothing else, so that a run can be drawn again long after:
//!
//! - a reproduction from [`doubleback_experiments::reproduce`], by [`Report`] and [`write_figures`]; [`Published`] holds the numbers of the paper;
//! - a diagnosis from [`doubleback_experiments::diagnosis`], by [`write_diagnosis`];
//! - a pooling study from [`doubleback_experiments::pooling_study`], by [`write_pooling`].

mod color;
mod contact_sheet;
mod context;
mod diagnosis;
mod document;
mod error;
mod figures;
mod files;
mod format;
mod legend;
mod model;
mod page;
mod palette;
mod png_uri;
mod pooling;
mod published;
mod report;
mod sections;
mod spread;
mod svg;
mod tables;

pub use diagnosis::{diagnosis_html, write_diagnosis};
pub use error::Error;
pub use files::write_figures;
pub use pooling::{pooling_html, write_pooling};
pub use published::{PUBLISHED_IMAGES, Published};
pub use report::Report;
