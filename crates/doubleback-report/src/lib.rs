//! The self-contained HTML report of a reproduction: one file, no request to anywhere.
//!
//! It is made from the plain data of [`doubleback::evaluate`] and nothing else, so that a run can be
//! drawn again long after. [`Report`] is the way in; [`Published`] holds the numbers of the paper.

mod color;
mod context;
mod error;
mod format;
mod model;
mod page;
mod png_uri;
mod published;
mod report;
mod sections;
mod svg;

pub use error::Error;
pub use published::{PUBLISHED_IMAGES, Published};
pub use report::Report;
