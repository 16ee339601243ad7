//! The report of an audit: one page, and its figures as files. Flags come first. One section a file; all from the results' plain data.

mod answer;
mod attacks;
mod card;
mod classes;
mod command;
mod curve;
mod events;
mod examples;
mod flags;
mod page;
mod reproducibility;
mod view;

pub use card::write_card;
pub use events::write_events;
pub use page::{audit_html, write_audit};
