//! The report of an audit: one page, and its figures as files. Flags come first. One section a file; all from the results' plain data.

mod answer;
mod attacks;
mod classes;
mod curve;
mod examples;
mod flags;
mod page;
mod reproducibility;
mod view;

pub use page::{audit_html, write_audit};
