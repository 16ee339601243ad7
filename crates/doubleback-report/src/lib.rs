//! Self-contained HTML reports (one file, no request to anywhere), and their figures as files.
//!
//! They are made from plain data and nothing else, so that a run can be drawn again long after, by [`redraw`] from the files in its folder:
//!
//! - a reproduction from [`doubleback_experiments::reproduce`], by [`write_reproduction`]; [`Published`] holds the numbers of the paper;
//! - a diagnosis from [`doubleback_experiments::diagnosis`], by [`write_diagnosis`];
//! - an audit from [`doubleback::audit`], by [`write_audit`];
//! - explanations, image by image, from [`doubleback_experiments::explanations`], by [`write_explanation_page`] (its maps are not kept as files, so it is not drawn again),
//!   and as pictures alone by [`write_explanations`];
//! - a pooling study from [`doubleback_experiments::pooling_study`], by [`write_pooling`].
//!
//! [`parts`] has what pages are made of, for reports of other crates. Inside, `page` and `svg` know nothing of what they show; `reproduction`, `diagnosis`, `pooling`, `audit` and `explanations` have one section or figure a file.

mod audit;
mod diagnosis;
mod eps;
mod error;
mod explanations;
mod format;
mod page;
pub mod parts;
mod pooling;
mod redraw;
mod reproduction;
mod sampled;
mod shell;
mod svg;

pub use audit::{audit_html, write_audit, write_card, write_events};
pub use diagnosis::{diagnosis_html, write_diagnosis};
pub use error::Error;
pub use explanations::{explanation_html, write_explanation_page, write_explanations};
pub use pooling::{pooling_html, write_pooling};
pub use redraw::{Redrawn, RunKind, redraw};
pub use reproduction::{PUBLISHED_IMAGES, Published, reproduction_html, write_reproduction};
