//! The self-contained HTML report of a reproduction (one file, no request to anywhere), and the paper's figures as files.
//!
//! It is made from the plain data of [`doubleback::evaluate`] and nothing else, so that a run can be
//! drawn again long after. [`Report`] and [`write_figures`] are the ways in; [`Published`] holds the numbers of the paper.

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
